internal import CLinux
internal import Glibc

/// A stream socket under a path (unix(7)), never blocking: who waits, waits until a deadline.
struct UnixSocket: ~Copyable {
    let file: FileDescriptor
    let path: String

    /// Milliseconds on the monotonic clock.
    typealias Deadline = UInt64

    static func deadline(seconds: Double) -> Deadline { HostClock.monotonic / 1_000_000 + UInt64(seconds * 1000) }

    private init(_ file: consuming FileDescriptor, _ path: String) {
        self.file = file
        self.path = path
    }

    private static func make(_ path: String) throws(KernelError) -> FileDescriptor {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let raw = socket(AF_UNIX, type, 0)
        guard raw >= 0 else { throw .system("socket(AF_UNIX)", path) }
        return FileDescriptor(owning: raw)
    }

    static func connected(to path: String) throws(KernelError) -> UnixSocket {
        let file = try make(path)
        guard try withAddress(path, { connect(file.raw, $0, $1) }) == 0 else { throw .system("connect", path) }
        return UnixSocket(file, path)
    }

    /// Bound and listening; the file is its owner's alone. A file that a daemon left behind when it died is replaced; one
    /// that somebody answers on is not.
    static func listening(at path: String) throws(KernelError) -> UnixSocket {
        let file = try make(path)
        // bind(2) gives the file the mode that the socket has (`unix_bind_bsd`, `net/unix/af_unix.c`).
        guard fchmod(file.raw, 0o600) == 0 else { throw .system("fchmod", path) }
        var code = try withAddress(path) { bind(file.raw, $0, $1) }
        if code != 0, errno == EADDRINUSE, try isLeftBehind(path) {
            unlink(path)
            code = try withAddress(path) { bind(file.raw, $0, $1) }
        }
        guard code == 0 else { throw .system("bind", path) }
        guard listen(file.raw, 16) == 0 else { throw .system("listen", path) }
        return UnixSocket(file, path)
    }

    private static func isLeftBehind(_ path: String) throws(KernelError) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return false }
        do throws(KernelError) {
            _ = try connected(to: path)
        } catch {
            return error.code == ECONNREFUSED
        }
        throw KernelError(
            call: "bind", subject: path, code: EADDRINUSE,
            hint: "a linger serve answers there already: stop it, or name another socket")
    }

    /// The next that connects; `nil` where none does.
    borrowing func accepted() -> UnixSocket? {
        let raw = accept(file.raw, nil, nil)
        guard raw >= 0 else { return nil }
        let accepted = FileDescriptor(owning: raw)
        guard fcntl(raw, F_SETFD, FD_CLOEXEC) == 0, fcntl(raw, F_SETFL, O_NONBLOCK) == 0 else { return nil }
        return UnixSocket(accepted, path)
    }

    /// The user on the other end: of a listener, the one that called listen.
    var peer: UInt32? { UInt32(exactly: linger_peer_user(file.raw)) }

    /// The other end is root's or our own user's.
    var isTrusted: Bool { peer.map { $0 == 0 || $0 == geteuid() } ?? false }

    /// Up to `limit` bytes, or up to the end.
    borrowing func read(limit: Int, until deadline: Deadline) throws(KernelError) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: min(limit, 1 << 16))
        while bytes.count < limit {
            let wanted = min(buffer.count, limit - bytes.count)
            let count = buffer.withUnsafeMutableBytes { recv(file.raw, $0.baseAddress, wanted, 0) }
            if count == 0 { break }
            if count > 0 {
                bytes += buffer[..<count]
            } else if errno == EAGAIN {
                try wait(POLLIN, until: deadline)
            } else if errno != EINTR {
                throw .system("recv", path)
            }
        }
        return bytes
    }

    borrowing func write(_ bytes: [UInt8], until deadline: Deadline) throws(KernelError) {
        var start = 0
        while start < bytes.count {
            // The other end may be gone: an error, and no signal.
            let count = bytes[start...].withUnsafeBytes {
                send(file.raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                start += count
            } else if errno == EAGAIN {
                try wait(POLLOUT, until: deadline)
            } else if errno != EINTR {
                throw .system("send", path)
            }
        }
    }

    private borrowing func wait(_ events: Int32, until deadline: Deadline) throws(KernelError) {
        let now = Self.deadline(seconds: 0)
        guard now < deadline else { throw KernelError(call: "poll", subject: path, code: ETIMEDOUT) }
        var waiting = pollfd(fd: file.raw, events: Int16(events), revents: 0)
        _ = poll(&waiting, 1, Int32(clamping: deadline - now))
    }

    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(KernelError) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < room, !path.isEmpty, !path.utf8.contains(0) else {
            throw KernelError(
                call: "socket(AF_UNIX)", subject: path, hint: "the path of a socket has 1 to \(room - 1) bytes")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
