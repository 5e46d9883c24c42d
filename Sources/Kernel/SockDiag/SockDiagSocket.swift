internal import CLinux
internal import Glibc

/// A netlink socket for sock_diag dumps, in the namespace of the thread that opens it.
struct SockDiagSocket: ~Copyable {
    private let descriptor: FileDescriptor
    private var sequence: UInt32 = 0

    init() throws(KernelError) {
        let raw = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), NETLINK_SOCK_DIAG)
        guard raw >= 0 else { throw .system("socket(AF_NETLINK, NETLINK_SOCK_DIAG)") }
        descriptor = FileDescriptor(owning: raw)
        var size: Int32 = 1 << 20
        setsockopt(raw, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Asks, and hands out each datagram of the answer until the one that ends the dump.
    mutating func dump(
        _ request: SockDiagRequest, consume: @escaping (UnsafeRawBufferPointer) -> Void
    ) throws(KernelError) {
        sequence += 1
        let message = request.encoded(sequence: sequence)
        guard send(descriptor.raw, message, message.count, 0) == message.count else {
            throw .system("send", request.key)
        }

        // The kernel fills up to 32 KiB a datagram when the reader's buffer is that large.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = recv(descriptor.raw, buffer.baseAddress, buffer.count, Int32(MSG_TRUNC))
            if count < 0 {
                if errno == EINTR { continue }
                throw .system("recv", request.key)
            }
            guard count > 0, count <= buffer.count else {
                throw KernelError(call: "recv", subject: request.key, code: EMSGSIZE)
            }
            let datagram = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            consume(datagram)
            if NetlinkMessages.endsDump(datagram) { return }
        }
    }
}
