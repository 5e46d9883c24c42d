internal import Glibc
internal import Synchronization

/// Answers on a unix socket what the daemon remembers: one question and one answer a connection, one after another, on a
/// thread of its own. Whoever is slow is left after two seconds.
package final class RecollectionServer: Sendable {
    package static let standardPath = "/run/linger/linger.sock"
    static let question = Array("LNGRASK1".utf8)
    private static let patience = 2.0

    package let path: String
    private let stopping: WakeUp
    /// `nil` once it is stopped.
    private let thread: Mutex<Worker<Void>?>
    private let inode: UInt64

    /// Makes the folder where it is missing, and the socket, which only root and this user can connect to.
    /// - Parameter answer: the encoded recollection, made on demand on the server's thread; `nil` while there is none.
    /// - Throws: also where another daemon answers under the path.
    package init(path: String, answer: @escaping @Sendable () -> [UInt8]?) throws(KernelError) {
        var end = path.startIndex
        while let slash = path[end...].firstIndex(of: "/") {
            if slash != path.startIndex { mkdir(String(path[..<slash]), 0o755) }
            end = path.index(after: slash)
        }
        let listener = Listener(try UnixSocket.listening(at: path))
        var status = stat()
        inode = lstat(path, &status) == 0 ? UInt64(status.st_ino) : 0
        let stopping = try WakeUp()
        self.stopping = stopping
        self.path = path
        thread = Mutex(
            try Worker {
                while Self.waitForQuestion(listener.socket, stopping) {
                    while let connection = listener.socket.accepted() { Self.serve(connection, answer) }
                }
            })
    }

    /// Ends the thread and takes the socket's file away.
    package func stop() {
        let isFirst = thread.withLock { thread in
            guard let running = thread else { return false }
            stopping.wake()
            try? running.join()
            thread = nil
            return true
        }
        guard isFirst else { return }
        var status = stat()
        // Not that of another which took the place meanwhile.
        if lstat(path, &status) == 0, UInt64(status.st_ino) == inode { unlink(path) }
    }

    private static func waitForQuestion(_ socket: borrowing UnixSocket, _ stopping: WakeUp) -> Bool {
        var waiting = [
            pollfd(fd: socket.file.raw, events: Int16(POLLIN), revents: 0),
            pollfd(fd: stopping.reader.raw, events: Int16(POLLIN), revents: 0),
        ]
        _ = poll(&waiting, 2, -1)
        return waiting[1].revents == 0
    }

    private static func serve(_ connection: borrowing UnixSocket, _ answer: () -> [UInt8]?) {
        // A client that is not served reads the end, and says so: there is nobody else to tell.
        guard connection.isTrusted,
            let asked = try? connection.read(
                limit: question.count, until: UnixSocket.deadline(seconds: patience)),
            asked == question, let bytes = answer()
        else { return }
        try? connection.write(bytes, until: UnixSocket.deadline(seconds: patience))
    }

    /// A box for what cannot be copied into a closure.
    private final class Listener: Sendable {
        let socket: UnixSocket
        init(_ socket: consuming UnixSocket) { self.socket = socket }
    }
}

/// Wakes a thread that waits in poll(2).
private final class WakeUp: Sendable {
    let reader: FileDescriptor
    private let writer: FileDescriptor

    init() throws(KernelError) {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw .system("socketpair") }
        reader = FileDescriptor(owning: ends[0])
        writer = FileDescriptor(owning: ends[1])
    }

    func wake() { _ = Glibc.write(writer.raw, "x", 1) }
}
