internal import CLinux
internal import Glibc
internal import Sockets
internal import TCP

/// Tells, of socket descriptors that no dump explains, which are TCP sockets in CLOSED. The iterator says so by itself;
/// this is the way without it.
struct ClosedSocketFinder {
    let inputs: Inputs

    struct Closed: Sendable, Hashable {
        var pid: Int32
        var descriptor: Int32
        var inode: UInt32
        var cookie: UInt64?
        /// Of one that was bound and never connected.
        var port: UInt16?
    }

    /// - Parameter candidates: descriptors whose inode no connection has.
    func find(_ candidates: [SocketDescriptor]) throws(KernelError) -> [Closed] {
        let bytes = try inputs.bytes("closed_sockets") { () throws(KernelError) in
            Array(candidates.compactMap(Self.probe).joined(separator: "\n").utf8)
        }
        return ProcText(bytes).lines.compactMap { line in
            let words = ProcText(line).words
            guard words.count == 5, let pid: Int32 = ProcText.integer(words[0]),
                let descriptor: Int32 = ProcText.integer(words[1]), let inode: UInt32 = ProcText.integer(words[2])
            else { return nil }
            let port: UInt16? = ProcText.integer(words[4])
            return Closed(
                pid: pid, descriptor: descriptor, inode: inode, cookie: ProcText.integer(words[3]),
                port: port == 0 ? nil : port)
        }
    }

    /// `pid descriptor inode cookie port` of a TCP socket in CLOSED; nil for everything else.
    private static func probe(_ candidate: SocketDescriptor) -> String? {
        let path = "/proc/\(candidate.pid)/fd/\(candidate.descriptor)"
        guard isTCP(path) else { return nil }
        // The state is asked of the socket itself, through a copy of the descriptor that lives for these calls only.
        let process = linger_pidfd_open(candidate.pid)
        guard process >= 0 else { return nil }
        let pidfd = FileDescriptor(owning: process)
        let copy = linger_pidfd_getfd(pidfd.raw, candidate.descriptor)
        guard copy >= 0 else { return nil }
        let socket = FileDescriptor(owning: copy)
        var status = stat()
        guard fstat(socket.raw, &status) == 0, status.st_ino == UInt64(candidate.inode), let info = tcpInfo(socket.raw),
            info.span.bytes.load(0, as: UInt8.self) == State.closed.rawValue
        else { return nil }
        // `tcpi_segs_out` and `tcpi_segs_in`: one that has sent or received was connected, and what port it keeps is not its
        // own doing. One that was accepted and reset at once has only received.
        let segments = info.span.bytes.load(136, as: UInt64.self) ?? 0
        let port = segments != 0 ? 0 : linger_local_port(socket.raw)
        return "\(candidate.pid) \(candidate.descriptor) \(candidate.inode) \(linger_socket_cookie(socket.raw)) \(port)"
    }

    /// `struct tcp_info`, as long as the kernel's is (tcp(7)); nil for what is no TCP socket.
    private static func tcpInfo(_ socket: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 512)
        var size = socklen_t(bytes.count)
        guard getsockopt(socket, Int32(IPPROTO_TCP), TCP_INFO, &bytes, &size) == 0 else { return nil }
        return Array(bytes.prefix(Int(size)))
    }

    /// The socket's protocol by name, from sockfs (`TCP`, `TCPv6`, `UNIX` …).
    private static func isTCP(_ path: String) -> Bool {
        var name = [CChar](repeating: 0, count: 32)
        let count = linger_socket_protocol(path, &name, UInt(name.count))
        guard count > 0 else { return false }
        let text = String(decoding: name.prefix(while: { $0 != 0 }).map(UInt8.init(bitPattern:)), as: UTF8.self)
        return text == "TCP" || text == "TCPv6"
    }
}

extension ClosedSocketFinder.Closed {
    /// One that the iterator showed as closed.
    init(_ found: SocketDescriptor) {
        self.init(
            pid: found.pid, descriptor: found.descriptor, inode: found.inode, cookie: found.cookie,
            port: found.port == 0 ? nil : found.port)
    }
}
