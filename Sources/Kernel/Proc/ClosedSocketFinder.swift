internal import CLinux
internal import Glibc
internal import Sockets

/// Tells, of socket descriptors that no dump explains, which are TCP sockets in CLOSED. The iterator says so by itself;
/// this is the way without it.
struct ClosedSocketFinder {
    let inputs: Inputs

    struct Closed: Sendable, Hashable {
        var pid: Int32
        var descriptor: Int32
        var inode: UInt32
        var cookie: UInt64?
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
        guard fstat(socket.raw, &status) == 0, status.st_ino == UInt64(candidate.inode),
            linger_tcp_state(socket.raw) == 7
        else { return nil }
        return "\(candidate.pid) \(candidate.descriptor) \(candidate.inode) \(linger_socket_cookie(socket.raw)) \(linger_local_port(socket.raw))"
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
