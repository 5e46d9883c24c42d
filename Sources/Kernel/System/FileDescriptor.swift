internal import CLinux
internal import Glibc

/// An open descriptor that closes itself. One owner; borrow it to use it.
struct FileDescriptor: ~Copyable {
    let raw: Int32

    init(owning raw: Int32) { self.raw = raw }

    /// open(2), read only, close-on-exec.
    init(opening path: String, flags: Int32 = O_RDONLY) throws(KernelError) {
        let raw = open(path, flags | O_CLOEXEC)
        guard raw >= 0 else { throw .system("open", path) }
        self.raw = raw
    }

    deinit { close(raw) }

    /// read(2) until something comes; 0 is the end.
    borrowing func read(into buffer: UnsafeMutableRawBufferPointer, subject: String) throws(KernelError) -> Int {
        while true {
            let count = Glibc.read(raw, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            guard errno == EINTR else { throw .system("read", subject) }
        }
    }
}
