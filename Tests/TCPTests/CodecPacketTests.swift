import TCP
import Testing

@Suite struct CodecPacketTests {
    static let v4 = Endpoints(
        version: .v4, source: Address(v4: 0x0a00_0001), sourcePort: 40_000, destination: Address(v4: 0x0a00_0002),
        destinationPort: 6800)
    static let v6 = Endpoints(
        version: .v6, source: Address(high: 0x2001_0db8_0000_0000, low: 1), sourcePort: 40_000,
        destination: Address(high: 0x2001_0db8_0000_0000, low: 2), destinationPort: 6800)

    /// 10.0.0.1:40000 > 10.0.0.2:6800, five bytes of data.
    static let data: [UInt8] = [
        0x45, 0x02, 0x00, 0x2d,  // version 4, 20 bytes, ECN 2, total length 45
        0x00, 0x00, 0x40, 0x00,  // identification 0, don't fragment
        0x3f, 0x06, 0x27, 0xc7,  // TTL 63, TCP, checksum
        0x0a, 0x00, 0x00, 0x01,  // from
        0x0a, 0x00, 0x00, 0x02,  // to
        0x9c, 0x40, 0x1a, 0x90,  // ports
        0x01, 0x02, 0x03, 0x05,  // sequence
        0x0a, 0x0b, 0x0c, 0x0e,  // acknowledgment
        0x50, 0x18, 0x01, 0xf6,  // 20 bytes, PSH and ACK, window 502
        0x85, 0x0c, 0x00, 0x00,  // checksum, urgent pointer
        0x68, 0x65, 0x6c, 0x6c, 0x6f,
    ]

    /// The same ends over IPv6, FIN and ACK.
    static let fin: [UInt8] = [
        0x60, 0x00, 0x00, 0x00,  // version 6
        0x00, 0x20, 0x06, 0x40,  // payload length 32, TCP, hop limit 64
        0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,  // from
        0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,  // to
        0x9c, 0x40, 0x1a, 0x90,  // ports
        0xff, 0xff, 0xff, 0xff,  // sequence
        0x0a, 0x0b, 0x0c, 0x0e,  // acknowledgment
        0x80, 0x11, 0x01, 0xf6,  // 32 bytes, FIN and ACK, window 502
        0x4c, 0x63, 0x00, 0x00,  // checksum, urgent pointer
        1, 1, 8, 10, 0, 0, 0, 2, 0, 0, 0, 3,  // timestamps
    ]

    private static let ack = SequenceNumber(0x0a0b_0c0e)

    @Test(arguments: [
        (
            data,
            Packet(
                endpoints: v4,
                segment: Segment(
                    sequence: SequenceNumber(0x0102_0305), acknowledgment: ack, control: [.psh, .ack], window: 502,
                    payloadCount: 5), hopLimit: 63, trafficClass: 2)
        ),
        (
            fin,
            Packet(
                endpoints: v6,
                segment: Segment(
                    sequence: SequenceNumber(0xffff_ffff), acknowledgment: ack, control: [.fin, .ack], window: 502,
                    options: Options(timestamps: Timestamps(value: 2, echo: 3))))
        ),
    ])
    func `bytes become a packet and the same bytes again`(_ bytes: [UInt8], _ packet: Packet) throws {
        let header = try bytes.withUnsafeBytes { try IPHeader(parsing: $0.bytes) }
        #expect(try decoded(bytes) == packet)
        #expect(packet.payload(header) == bytes.count - packet.segment.payloadCount..<bytes.count)
        for order in OptionOrder.allCases {
            var written = bytes
            // The payload stands in the buffer already; the rest is junk.
            for index in 0..<packet.headerCount(order) { written[index] = 0xaa }
            let count = try written.withUnsafeMutableBytes { buffer in
                var target = buffer.mutableBytes
                return try packet.encode(into: &target, order: order)
            }
            #expect(count == bytes.count)
            #expect(written == bytes)
        }
    }

    @Test(arguments: [data, fin])
    func `a link may pad, and nothing may be missing`(_ bytes: [UInt8]) throws {
        #expect(try decoded(bytes + [0, 0, 0]) == decoded(bytes))
        for count in 0..<bytes.count {
            #expect(throws: WireError.self, "\(count) bytes") { try decoded(Array(bytes.prefix(count))) }
        }
    }

    @Test(arguments: [data, fin])
    func `one wrong bit anywhere that a checksum covers is seen`(_ bytes: [UInt8]) throws {
        let packet = try decoded(bytes)
        // IPv6 has no checksum of its own: these bytes are not covered.
        let free = packet.endpoints.version == .v6 ? Set(0..<4).union([7]) : []
        for bit in 0..<bytes.count * 8 where !free.contains(bit / 8) {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: WireError.self, "bit \(bit)") { try decoded(changed) }
        }
    }

    struct Broken: CustomTestStringConvertible {
        var testDescription: String
        var bytes: [UInt8]
        var error: WireError

        init(_ description: String, _ original: [UInt8], _ changes: [(Int, UInt8)], _ error: WireError) {
            testDescription = description
            bytes = original
            for (offset, value) in changes { bytes[offset] = value }
            self.error = error
        }
    }

    static let broken: [Broken] = [
        Broken("version 5", data, [(0, 0x55)], WireError(.ipVersion, .unexpected(5))),
        Broken("short IPv4 header", data, [(0, 0x44)], WireError(.ipHeaderLength, .unexpected(16))),
        Broken(
            "total length below the header", data, [(3, 19)], WireError(.totalLength, .tooShort(needed: 20, found: 19))),
        Broken(
            "total length past the end", data, [(3, 46)], WireError(.totalLength, .tooShort(needed: 46, found: 45))),
        Broken(
            "IPv4 checksum", data, [(8, 0x40)],
            WireError(.headerChecksum, .mismatch(computed: 0x26c7, found: 0x27c7))),
        Broken(
            "first fragment", data, [(6, 0x20), (10, 0x47)], WireError(.fragment, .unexpected(0))),
        Broken(
            "a later fragment", data, [(6, 0), (7, 2), (10, 0x67), (11, 0xc5)], WireError(.fragment, .unexpected(16))),
        Broken("UDP", data, [(9, 17), (11, 0xbc)], WireError(.ipProtocol, .unexpected(17))),
        Broken("TCP header of 16 bytes", data, [(32, 0x40)], WireError(.dataOffset, .unexpected(16))),
        Broken(
            "TCP header past the end", data, [(32, 0x70)], WireError(.dataOffset, .tooShort(needed: 28, found: 25))),
        Broken(
            "TCP checksum", data, [(44, 0x70)], WireError(.tcpChecksum, .mismatch(computed: 0x840c, found: 0x850c))),
        Broken(
            "IPv6 payload past the end", fin, [(5, 33)],
            WireError(.payloadLength, .tooShort(needed: 73, found: 72))),
        Broken(
            "a hop-by-hop header that is too long", fin, [(6, 0), (41, 9)],
            WireError(.extensionHeader, .tooShort(needed: 80, found: 32))),
        Broken(
            "a routing header with a way to go", fin, [(6, 43), (41, 0), (43, 1)], WireError(.routing, .unexpected(1))),
        Broken("an IPv6 fragment", fin, [(6, 44), (42, 0), (43, 1)], WireError(.fragment, .unexpected(0))),
        Broken("a fragment's later part", fin, [(6, 44), (42, 0), (43, 8)], WireError(.fragment, .unexpected(8))),
        Broken("nothing after the header", fin, [(6, 59)], WireError(.ipProtocol, .unexpected(59))),
    ]

    @Test(arguments: broken)
    func `what is no packet is refused by the field that is wrong`(_ example: Broken) {
        #expect(throws: example.error) { try decoded(example.bytes) }
    }

    @Test func `extension headers are passed over`() throws {
        let tcp = Array(Self.fin[40...])
        let extensions: [UInt8] = [
            60, 0, 5, 2, 0, 0, 1, 0,  // hop-by-hop: router alert; destination options next
            43, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // destination options; routing next
            44, 0, 0, 0, 0, 0, 0, 0,  // routing, no segments left; fragment next
            6, 0, 0, 0, 1, 2, 3, 4,  // a fragment that is the whole; TCP next
        ]
        var bytes = Array(Self.fin[..<40]) + extensions + tcp
        bytes[5] = UInt8(extensions.count + tcp.count)
        bytes[6] = 0
        #expect(try decoded(bytes) == decoded(Self.fin))
    }

    @Test(arguments: [v4, v6], OptionOrder.allCases)
    func `a buffer that is too small is refused`(_ endpoints: Endpoints, _ order: OptionOrder) throws {
        let segment = Segment(
            sequence: SequenceNumber(1), control: [.syn], options: Options(maximumSegmentSize: 1460, windowScale: 3),
            payloadCount: 3)
        let packet = Packet(endpoints: endpoints, segment: segment)
        let needed = packet.headerCount(order) + 3
        for count in 0...needed {
            var bytes = [UInt8](repeating: 0, count: count)
            let written = bytes.withUnsafeMutableBytes { buffer in
                var target = buffer.mutableBytes
                return try? packet.encode(into: &target, order: order)
            }
            #expect(written == (count < needed ? nil : needed))
        }
    }

    @Test func `a payload longer than a packet can say is refused`() {
        let segment = Segment(sequence: SequenceNumber(1), control: .ack, payloadCount: 65_516)
        #expect(throws: WireError(.payload, .tooLong(limit: 65_515, found: 65_536))) {
            try encoded(Packet(endpoints: Self.v4, segment: segment), order: .linux)
        }
        #expect(throws: WireError(.payload, .tooLong(limit: 65_535, found: 65_536))) {
            try encoded(Packet(endpoints: Self.v6, segment: segment), order: .linux)
        }
    }

    @Test func `what is written reads the same, whatever it is`() throws {
        var random = SeededRandom(seed: 9293)
        for _ in 0..<2_000 {
            let packet = Packet.random(using: &random)
            for order in OptionOrder.allCases where packet.segment.options.count(order) <= Options.limit {
                #expect(try decoded(try encoded(packet, order: order)) == packet)
            }
        }
    }
}

extension Packet {
    /// Anything that a packet can say.
    static func random(using random: inout SeededRandom) -> Packet {
        var options = Options()
        if Bool.random(using: &random) { options.maximumSegmentSize = .random(in: 0...(.max), using: &random) }
        if Bool.random(using: &random) { options.windowScale = .random(in: 0...(.max), using: &random) }
        options.sackPermitted = Bool.random(using: &random)
        if Bool.random(using: &random) {
            options.timestamps = Timestamps(
                value: .random(in: 0...(.max), using: &random), echo: .random(in: 0...(.max), using: &random))
        }
        if Int.random(in: 0..<4, using: &random) == 0 { options.userTimeout = .random(in: 0...(.max), using: &random) }
        for _ in 0..<Int.random(in: 0...4, using: &random) where Bool.random(using: &random) {
            options.sackBlocks.append(
                SequenceRange(
                    start: SequenceNumber(.random(in: 0...(.max), using: &random)),
                    end: SequenceNumber(.random(in: 0...(.max), using: &random))))
        }
        if Int.random(in: 0..<4, using: &random) == 0 {
            let value = (0..<Int.random(in: 0..<9, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
            }
            options.others = [[34, 29, 254].randomElement(using: &random) ?? 34, UInt8(value.count + 2)] + value
        }
        let segment = Segment(
            sequence: SequenceNumber(.random(in: 0...(.max), using: &random)),
            acknowledgment: SequenceNumber(.random(in: 0...(.max), using: &random)),
            control: Control(rawValue: .random(in: 0...255, using: &random)),
            window: .random(in: 0...(.max), using: &random), urgentPointer: .random(in: 0...(.max), using: &random),
            options: options, payloadCount: Int.random(in: 0..<64, using: &random))
        var endpoints = Bool.random(using: &random) ? CodecPacketTests.v4 : CodecPacketTests.v6
        endpoints.sourcePort = .random(in: 0...(.max), using: &random)
        if endpoints.version == .v4 {
            endpoints.source = Address(v4: .random(in: 0...(.max), using: &random))
        } else {
            endpoints.destination = Address(
                high: .random(in: 0...(.max), using: &random), low: .random(in: 0...(.max), using: &random))
        }
        return Packet(
            endpoints: Bool.random(using: &random) ? endpoints : endpoints.reversed, segment: segment,
            hopLimit: .random(in: 0...255, using: &random), trafficClass: .random(in: 0...255, using: &random))
    }
}
