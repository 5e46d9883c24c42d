internal import CLinux
internal import Glibc
package import Sockets

/// Asks for one socket by its addresses (sock_diag(7), a request without `NLM_F_DUMP`), in the network namespace of the
/// thread that makes this. It costs microseconds however many sockets there are, for the kernel looks into one bucket.
package struct SocketLookup: ~Copyable {
    private let descriptor: FileDescriptor
    private var sequence: UInt32 = 0

    package init() throws(KernelError) {
        let raw = Glibc.socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), NETLINK_SOCK_DIAG)
        guard raw >= 0 else { throw .system("socket(AF_NETLINK, NETLINK_SOCK_DIAG)") }
        descriptor = FileDescriptor(owning: raw)
    }

    /// The TCP socket with these two ends, in any state, a small one (TIME_WAIT, a request) too. Where there is none, the
    /// listener that a SYN between them would reach; `nil` where there is none of that either.
    ///
    /// Its `namespace` is 0 and says nothing.
    package mutating func socket(local: Endpoint, remote: Endpoint) throws(KernelError) -> Connection? {
        sequence += 1
        let message = Self.request(local: local, remote: remote, sequence: sequence)
        guard send(descriptor.raw, message, message.count, 0) == message.count else {
            throw .system("send", "sock_diag")
        }
        // One message: header, inet_diag_msg and attributes stay far below this.
        return try withUnsafeTemporaryAllocation(byteCount: 8192, alignment: 8) { (buffer) throws(KernelError) in
            var count = recv(descriptor.raw, buffer.baseAddress, buffer.count, Int32(MSG_TRUNC))
            while count < 0 && errno == EINTR {
                count = recv(descriptor.raw, buffer.baseAddress, buffer.count, Int32(MSG_TRUNC))
            }
            guard count >= 0 else { throw .system("recv", "sock_diag") }
            guard count <= buffer.count else { throw KernelError(call: "recv", subject: "sock_diag", code: EMSGSIZE) }
            var decoder = SockDiagDecoder(namespace: 0, transport: .tcp)
            decoder.consume(UnsafeRawBufferPointer(rebasing: buffer[..<count]).bytes)
            if let connection = decoder.connections.first { return connection }
            let code = decoder.outcome.code
            if code == ENOENT { return nil }
            throw KernelError(
                call: "sock_diag", code: code, hint: code == 0 ? "the answer could not be understood" : "")
        }
    }

    /// `inet_diag_req_v2` with a whole `inet_diag_sockid` (`linux/inet_diag.h`).
    static func request(local: Endpoint, remote: Endpoint, sequence: UInt32) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(72)
        func put<Value: FixedWidthInteger>(_ value: Value) {
            withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
        }
        func put(_ address: IPAddress) {
            switch address.family {
            case .ipv4:
                put(UInt32(truncatingIfNeeded: address.low).bigEndian)
                bytes.append(contentsOf: repeatElement(0, count: 12))
            case .ipv6:
                put(address.high.bigEndian)
                put(address.low.bigEndian)
            }
        }
        put(UInt32(16 + 56))
        put(UInt16(SOCK_DIAG_BY_FAMILY))
        put(UInt16(NLM_F_REQUEST))
        put(sequence)
        put(UInt32(0))
        bytes.append(UInt8(local.address.family == .ipv4 ? AF_INET : AF_INET6))
        bytes.append(UInt8(IPPROTO_TCP))
        // No extension: the state, the queues and the cookie are in the message itself.
        bytes.append(0)
        bytes.append(0)
        put(UInt32.max)
        put(local.port.bigEndian)
        put(remote.port.bigEndian)
        put(local.address)
        put(remote.address)
        // Any interface, any cookie (INET_DIAG_NOCOOKIE).
        put(UInt32(0))
        put(UInt64.max)
        return bytes
    }
}
