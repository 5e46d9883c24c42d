internal import CLinux
internal import Glibc
package import Sockets

/// Destroys single sockets by their cookie (SOCK_DESTROY, `linux/sock_diag.h`), in the network namespace of the thread
/// that makes this. The peer of a connected one gets RST; a descriptor of it stays open.
package struct SocketDestroyer: ~Copyable {
    private let descriptor: FileDescriptor
    private var sequence: UInt32 = 0

    package init() throws(KernelError) {
        let raw = Glibc.socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), NETLINK_SOCK_DIAG)
        guard raw >= 0 else { throw .system("socket(AF_NETLINK, NETLINK_SOCK_DIAG)") }
        descriptor = FileDescriptor(owning: raw)
    }

    /// The socket with these ends and this cookie, as it is now; `nil` where there is none any more.
    package mutating func find(_ connection: Connection) throws(KernelError) -> Connection? {
        let request = Self.request(
            connection, type: UInt16(SOCK_DIAG_BY_FAMILY), flags: UInt16(NLM_F_REQUEST), sequence: next())
        let (found, code) = try ask(request)
        if code == ENOENT || code == ESTALE { return nil }
        guard let found else { throw KernelError(call: "sock_diag", code: code) }
        return found.cookie == connection.cookie ? found : nil
    }

    /// - Returns: false where there is no such socket any more: another with the same ends has another cookie, and is
    ///   left alone.
    package mutating func destroy(_ connection: Connection) throws(KernelError) -> Bool {
        let request = Self.request(
            connection, type: UInt16(SOCK_DESTROY), flags: UInt16(NLM_F_REQUEST | NLM_F_ACK), sequence: next())
        let (_, code) = try ask(request)
        switch code {
        case 0: return true
        case ENOENT, ESTALE: return false
        case EPERM:
            throw KernelError(
                call: "SOCK_DESTROY", code: code,
                hint: "needs CAP_NET_ADMIN in the network namespace of the socket: run as root")
        case EOPNOTSUPP:
            throw KernelError(
                call: "SOCK_DESTROY", code: code,
                hint: "this kernel was built without CONFIG_INET_DIAG_DESTROY: use shutdown, release or close")
        default: throw KernelError(call: "SOCK_DESTROY", code: code)
        }
    }

    private mutating func next() -> UInt32 {
        sequence += 1
        return sequence
    }

    private func ask(_ request: [UInt8]) throws(KernelError) -> (found: Connection?, code: Int32) {
        guard send(descriptor.raw, request, request.count, 0) == request.count else {
            throw .system("send", "sock_diag")
        }
        return try withUnsafeTemporaryAllocation(byteCount: 8192, alignment: 8) { (buffer) throws(KernelError) in
            var count = recv(descriptor.raw, buffer.baseAddress, buffer.count, Int32(MSG_TRUNC))
            while count < 0 && errno == EINTR {
                count = recv(descriptor.raw, buffer.baseAddress, buffer.count, Int32(MSG_TRUNC))
            }
            guard count >= 0 else { throw .system("recv", "sock_diag") }
            guard count <= buffer.count else { throw KernelError(call: "recv", subject: "sock_diag", code: EMSGSIZE) }
            var decoder = SockDiagDecoder(namespace: 0, transport: .tcp)
            decoder.consume(UnsafeRawBufferPointer(rebasing: buffer[..<count]).bytes)
            return (decoder.connections.first, decoder.outcome.code)
        }
    }

    /// `inet_diag_req_v2` with a whole `inet_diag_sockid`, cookie too (`linux/inet_diag.h`).
    static func request(_ connection: Connection, type: UInt16, flags: UInt16, sequence: UInt32) -> [UInt8] {
        var bytes = SocketLookup.request(local: connection.local, remote: connection.remote, sequence: sequence)
        func put<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
            withUnsafeBytes(of: value) { bytes.replaceSubrange(offset..<offset + $0.count, with: $0) }
        }
        put(type, at: 4)
        put(flags, at: 6)
        // Behind the header of 16 bytes: family, protocol, extensions, padding, states, then ports and addresses.
        put(connection.interface, at: 16 + 8 + 4 + 32)
        put(UInt32(truncatingIfNeeded: connection.cookie), at: 16 + 8 + 4 + 36)
        put(UInt32(truncatingIfNeeded: connection.cookie >> 32), at: 16 + 8 + 4 + 40)
        return bytes
    }
}
