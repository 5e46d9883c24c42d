import Foundation

/// Lets one process write a history at a time: what two write would be counted twice. Held as long as the value lives,
/// and gone with its process, however that ends. Those that only read don't take it.
///
/// flock(2), on a file of its own: that of the database may not be opened beside SQLite, whose locks the kernel drops
/// when any descriptor of it is closed (fcntl(2), https://www.sqlite.org/howtocorrupt.html 2.2). The file stays: else
/// one process could hold it without a name while another makes a new one.
final class HistoryLock: Sendable {
    private let descriptor: Int32

    init(_ file: HistoryFile) throws(HistoryError) {
        let path = file.path + ".lock"
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard opened >= 0 else { throw HistoryError(code: errno, path: path) }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(opened)
            if code == EWOULDBLOCK { throw HistoryError.inUse(path: file.path) }
            throw HistoryError(code: code, path: path)
        }
        descriptor = opened
    }

    deinit {
        // A child that is between its fork and its exec has the descriptor too, and would hold the lock on.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
