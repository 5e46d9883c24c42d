import Testing

/// A TCP segment over IPv4 between 192.0.2.1:50000 and the host's 192.168.0.1:8080, made and read by its bytes: the tests
/// share no code with what they test.
struct TestPacket: Equatable {
    static let fin: UInt8 = 1
    static let syn: UInt8 = 2
    static let rst: UInt8 = 4
    static let psh: UInt8 = 8
    static let ack: UInt8 = 16

    var flags: UInt8
    var sequence: UInt32
    var acknowledgment: UInt32 = 0
    var window: UInt16 = 32_767
    var payload: [UInt8] = []
    var port: UInt16 = 50_000

    private static let peer: [UInt8] = [192, 0, 2, 1]
    private static let host: [UInt8] = [192, 168, 0, 1]

    /// As it comes to the host, without options.
    var bytes: [UInt8] {
        var tcp: [UInt8] = big(port) + big(UInt16(8080)) + big(sequence) + big(acknowledgment)
        tcp += [0x50, flags] + big(window) + [0, 0, 0, 0] + payload
        let sum = Self.checksum(Self.peer + Self.host + [0, 6] + big(UInt16(tcp.count)) + tcp)
        tcp.replaceSubrange(16..<18, with: big(sum))
        var header: [UInt8] =
            [0x45, 0] + big(UInt16(20 + tcp.count)) + [0, 0, 0, 0, 64, 6, 0, 0] + Self.peer + Self.host
        header.replaceSubrange(10..<12, with: big(Self.checksum(header)))
        return header + tcp
    }

    private func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }
    private func big(_ value: UInt32) -> [UInt8] { big(UInt16(value >> 16)) + big(UInt16(value & 0xffff)) }

    private static func checksum(_ bytes: [UInt8]) -> UInt16 {
        var sum: UInt32 = 0
        for index in stride(from: 0, to: bytes.count, by: 2) {
            sum += UInt32(bytes[index]) << 8 | UInt32(index + 1 < bytes.count ? bytes[index + 1] : 0)
        }
        while sum >> 16 != 0 { sum = sum & 0xffff + sum >> 16 }
        return ~UInt16(sum)
    }

    init(
        _ flags: UInt8, _ sequence: UInt32, acknowledging acknowledgment: UInt32 = 0, payload: [UInt8] = [],
        port: UInt16 = 50_000
    ) {
        self.flags = flags
        self.sequence = sequence
        self.acknowledgment = acknowledgment
        self.payload = payload
        self.port = port
    }

    /// What the host sent, or `nil` when it is no such packet or a checksum is wrong.
    init?(sentByHost packet: [UInt8]) {
        guard packet.count >= 40, packet[0] == 0x45, packet[9] == 6, Array(packet[12..<16]) == Self.host,
            Array(packet[16..<20]) == Self.peer, Self.checksum(Array(packet[..<20])) == 0
        else { return nil }
        let tcp = Array(packet[20...])
        let length = [UInt8(tcp.count >> 8), UInt8(tcp.count & 0xff)]
        guard Self.checksum(Self.host + Self.peer + [0, 6] + length + tcp) == 0 else { return nil }
        func big(_ offset: Int, _ count: Int) -> UInt32 {
            tcp[offset..<offset + count].reduce(0) { $0 << 8 | UInt32($1) }
        }
        self.init(
            tcp[13], big(4, 4), acknowledging: big(8, 4), payload: Array(tcp[(Int(tcp[12] >> 4) * 4)...]),
            port: UInt16(big(2, 2)))
        window = UInt16(big(14, 2))
    }
}

extension Adapter {
    func send(_ packet: TestPacket) { #expect(send(packet.bytes) == 0) }
    func next() -> TestPacket? { TestPacket(sentByHost: receive().packet) }
}
