import CLinux
import Glibc
import Sockets
import TCP

@testable import Kernel

/// One message of a sock_diag answer, field by field (`struct inet_diag_msg`, `linux/inet_diag.h`).
struct DiagMessage {
    var family = UInt8(AF_INET)
    var state = State.established.rawValue
    var timer: UInt8 = 0
    var retries: UInt8 = 0
    var localPort: UInt16 = 443
    var remotePort: UInt16 = 50_000
    var local: [UInt8] = [10, 0, 0, 5]
    var remote: [UInt8] = [10, 0, 0, 9]
    var interface: UInt32 = 0
    var cookie: UInt64 = 0x1_0000_002a
    var expires: UInt32 = 0
    var receiveQueue: UInt32 = 0
    var sendQueue: UInt32 = 0
    var uid: UInt32 = 33
    var inode: UInt32 = 4711
    var attributes: [UInt8] = []

    var payload: [UInt8] {
        var bytes = Bytes(count: 72)
        bytes.all.replaceSubrange(0..<4, with: [family, state, timer, retries])
        bytes.put(localPort.bigEndian, at: 4)
        bytes.put(remotePort.bigEndian, at: 6)
        bytes.all.replaceSubrange(8..<8 + local.count, with: local)
        bytes.all.replaceSubrange(24..<24 + remote.count, with: remote)
        bytes.put(interface, at: 40)
        bytes.put(UInt32(truncatingIfNeeded: cookie), at: 44)
        bytes.put(UInt32(cookie >> 32), at: 48)
        bytes.put(expires, at: 52)
        bytes.put(receiveQueue, at: 56)
        bytes.put(sendQueue, at: 60)
        bytes.put(uid, at: 64)
        bytes.put(inode, at: 68)
        return bytes.all + attributes
    }

    var bytes: [UInt8] { Self.message(type: UInt16(SOCK_DIAG_BY_FAMILY), payload) }

    /// `struct nlmsghdr`, payload, padding to 4.
    static func message(type: UInt16, flags: UInt16 = UInt16(NLM_F_MULTI), _ payload: [UInt8]) -> [UInt8] {
        var bytes = Bytes()
        bytes.append(UInt32(16 + payload.count))
        bytes.append(type)
        bytes.append(flags)
        bytes.append(UInt32(1))
        bytes.append(UInt32(0))
        return bytes.all + payload + [UInt8](repeating: 0, count: -payload.count & 3)
    }

    /// The end of a dump: an errno, 0 or negative.
    static func end(_ type: Int32, _ code: Int32) -> [UInt8] {
        message(type: UInt16(type), Bytes(of: code).all)
    }

    static func attribute(_ type: Int, _ payload: [UInt8]) -> [UInt8] {
        var bytes = Bytes()
        bytes.append(UInt16(4 + payload.count))
        bytes.append(UInt16(type))
        return bytes.all + payload + [UInt8](repeating: 0, count: -payload.count & 3)
    }

    static func decode(
        _ datagrams: [UInt8]..., transport: SockDiagRequest.Transport = .tcp
    ) -> SockDiagDecoder {
        var decoder = SockDiagDecoder(namespace: 3, transport: transport)
        for datagram in datagrams { datagram.withUnsafeBytes { decoder.consume($0.bytes) } }
        return decoder
    }
}
