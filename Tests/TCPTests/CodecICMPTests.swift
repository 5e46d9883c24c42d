import TCP
import Testing

@Suite struct CodecICMPTests {
    private static let router = Address(v4: 0x0a00_00fe)
    private static let routerV6 = Address(high: 0x2001_0db8_0000_0000, low: 0xfe)

    /// 10.0.0.254 to 10.0.0.1: the way takes 1400 bytes; the header and eight bytes of `CodecPacketTests.data`.
    static let tooBig: [UInt8] = [
        0x45, 0x00, 0x00, 0x38, 0x00, 0x00, 0x40, 0x00, 0x40, 0x01, 0x25, 0xc7,  // IPv4, ICMP
        0x0a, 0x00, 0x00, 0xfe, 0x0a, 0x00, 0x00, 0x01,
        0x03, 0x04, 0x3c, 0xac,  // destination unreachable, fragmentation needed, checksum
        0x00, 0x00, 0x05, 0x78,  // MTU 1400
        0x45, 0x02, 0x00, 0x2d, 0x00, 0x00, 0x40, 0x00, 0x3f, 0x06, 0x27, 0xc7,  // the quoted header
        0x0a, 0x00, 0x00, 0x01, 0x0a, 0x00, 0x00, 0x02,
        0x9c, 0x40, 0x1a, 0x90, 0x01, 0x02, 0x03, 0x05,  // ports, sequence
    ]

    private static func decoded(_ bytes: [UInt8]) throws -> ICMPError {
        try bytes.withUnsafeBytes { try ICMPError(try IPHeader(parsing: $0.bytes), parsing: $0.bytes) }
    }

    /// A message around the beginning of a packet; `CodecPacketTests` shows that the packets are right.
    private static func message(_ type: UInt8, _ code: UInt8, _ rest: UInt32, quoting packet: [UInt8]) -> [UInt8] {
        let isV4 = packet[0] >> 4 == 4
        var body: [UInt8] = [type, code, 0, 0]
        for shift in [24, 16, 8, 0] { body.append(UInt8(truncatingIfNeeded: rest >> UInt32(shift))) }
        body += packet
        let addresses: [UInt8]
        var header: [UInt8]
        if isV4 {
            addresses = [10, 0, 0, 254, 10, 0, 0, 1]
            header = [0x45, 0, 0, UInt8(20 + body.count), 0, 0, 0x40, 0, 64, 1, 0, 0] + addresses
            set(checksum(header), at: 10, in: &header)
            set(checksum(body), at: 2, in: &body)
        } else {
            addresses = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfe] + packet[8..<24]
            header = [0x60, 0, 0, 0, 0, UInt8(body.count), 58, 64] + addresses
            set(checksum(addresses + [0, 0, 0, UInt8(body.count), 0, 0, 0, 58] + body), at: 2, in: &body)
        }
        return header + body
    }

    /// RFC 1071 word by word, as it stands there.
    private static func checksum(_ bytes: [UInt8]) -> UInt16 {
        var sum: UInt32 = 0
        for index in stride(from: 0, to: bytes.count, by: 2) {
            sum += UInt32(bytes[index]) << 8 | (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
        }
        while sum > 0xffff { sum = (sum & 0xffff) + sum >> 16 }
        return ~UInt16(sum)
    }

    private static func set(_ value: UInt16, at offset: Int, in bytes: inout [UInt8]) {
        bytes[offset] = UInt8(value >> 8)
        bytes[offset + 1] = UInt8(value & 0xff)
    }

    @Test func `the quoted segment is found`() throws {
        let error = try Self.decoded(Self.tooBig)
        #expect(error.type == 3)
        #expect(error.code == 4)
        #expect(error.kind == .packetTooBig(mtu: 1400))
        #expect(error.reporter == Self.router)
        #expect(error.endpoints == CodecPacketTests.v4)
        #expect(error.sequence == SequenceNumber(0x0102_0305))
        #expect(Self.message(3, 4, 1400, quoting: Array(CodecPacketTests.data.prefix(28))) == Self.tooBig)
    }

    @Test(
        arguments: [
            (3, 0, 0, .soft), (3, 1, 0, .soft), (3, 2, 0, .hard), (3, 3, 0, .hard), (3, 4, 0, .packetTooBig(mtu: nil)),
            (3, 4, 576, .packetTooBig(mtu: 576)), (3, 5, 0, .soft), (3, 13, 0, .soft), (4, 0, 0, .sourceQuench),
            (11, 0, 0, .soft), (12, 0, 0, .soft),
        ] as [(UInt8, UInt8, UInt32, ICMPError.Kind)])
    func `each ICMP error has its meaning`(_ type: UInt8, _ code: UInt8, _ rest: UInt32, _ kind: ICMPError.Kind) throws
    {
        let error = try Self.decoded(Self.message(type, code, rest, quoting: CodecPacketTests.data))
        #expect(error.kind == kind)
        #expect(error.endpoints == CodecPacketTests.v4)
    }

    @Test(
        arguments: [
            (1, 0, 0, .soft), (1, 1, 0, .hard), (1, 3, 0, .soft), (1, 4, 0, .hard),
            (2, 0, 1280, .packetTooBig(mtu: 1280)),
            (3, 0, 0, .soft), (4, 0, 0, .soft), (4, 1, 0, .hard), (4, 2, 0, .soft),
        ] as [(UInt8, UInt8, UInt32, ICMPError.Kind)])
    func `each ICMPv6 error has its meaning`(
        _ type: UInt8, _ code: UInt8, _ rest: UInt32, _ kind: ICMPError.Kind
    ) throws {
        let error = try Self.decoded(Self.message(type, code, rest, quoting: CodecPacketTests.fin))
        #expect(error.kind == kind)
        #expect(error.endpoints == CodecPacketTests.v6)
        #expect(error.sequence == SequenceNumber(0xffff_ffff))
        #expect(error.reporter == Self.routerV6)
    }

    @Test func `what is no error about a segment is refused`() throws {
        let data = CodecPacketTests.data
        #expect(throws: WireError(.icmpType, .unexpected(8))) {
            try Self.decoded(Self.message(8, 0, 0, quoting: data))
        }
        #expect(throws: WireError(.quotedPacket, .tooShort(needed: 8, found: 7))) {
            try Self.decoded(Self.message(3, 3, 0, quoting: Array(data.prefix(27))))
        }
        var udp = data
        udp[9] = 17
        #expect(throws: WireError(.quotedPacket, .unexpected(17))) {
            try Self.decoded(Self.message(3, 3, 0, quoting: udp))
        }
        var wrong = Self.tooBig
        wrong[27] = 0
        #expect(throws: WireError(.icmpChecksum, .mismatch(computed: 0x3d24, found: 0x3cac))) {
            try Self.decoded(wrong)
        }
        #expect(throws: WireError(.ipProtocol, .unexpected(6))) { try Self.decoded(data) }
        #expect(throws: WireError(.ipProtocol, .unexpected(1))) { try TCPTests.decoded(Self.tooBig) }
    }

    @Test func `a quoted packet may be cut short and changed on its way`() throws {
        var quoted = Array(CodecPacketTests.data.prefix(28))
        quoted[8] = 1  // TTL
        quoted[6] = 0x20  // the first of several fragments
        let error = try Self.decoded(Self.message(11, 0, 0, quoting: quoted))
        #expect(error.endpoints == CodecPacketTests.v4)
    }
}
