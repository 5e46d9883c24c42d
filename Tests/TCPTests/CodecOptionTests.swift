import TCP
import Testing

@Suite struct CodecOptionTests {
    struct Case: CustomTestStringConvertible {
        var name: String
        var order: OptionOrder
        var bytes: [UInt8]
        var options: Options
        var testDescription: String { name }
    }

    private static let stamps = Timestamps(value: 0x0102_0304, echo: 0x0a0b_0c0d)

    /// What stacks really send, byte for byte.
    static let written: [Case] =
        [
            Case(name: "none", order: .linux, bytes: [], options: Options()),
            Case(
                name: "Linux SYN", order: .linux,
                bytes: [
                    2, 4, 0x05, 0xb4,  // MSS 1460
                    4, 2,  // SACK permitted
                    8, 10, 1, 2, 3, 4, 0xa, 0xb, 0xc, 0xd,  // timestamps
                    1, 3, 3, 7,  // NOP, window scale 7
                ],
                options: Options(maximumSegmentSize: 1460, windowScale: 7, sackPermitted: true, timestamps: stamps)),
            Case(
                name: "Linux SYN without timestamps", order: .linux,
                bytes: [2, 4, 0x05, 0xb4, 1, 1, 4, 2, 1, 3, 3, 8],
                options: Options(maximumSegmentSize: 1460, windowScale: 8, sackPermitted: true)),
            Case(
                name: "Linux SYN with timestamps alone", order: .linux,
                bytes: [2, 4, 0x05, 0xb4, 1, 1, 8, 10, 1, 2, 3, 4, 0xa, 0xb, 0xc, 0xd],
                options: Options(maximumSegmentSize: 1460, timestamps: stamps)),
            Case(
                name: "Linux SYN with a cookie", order: .linux,
                bytes: [
                    2, 4, 0x05, 0xb4, 1, 1, 4, 2, 1, 3, 3, 8,
                    34, 10, 0xab, 0xcd, 1, 2, 3, 4, 5, 6, 1, 1,  // fast open, two NOPs
                ],
                options: Options(
                    maximumSegmentSize: 1460, windowScale: 8, sackPermitted: true,
                    others: [34, 10, 0xab, 0xcd, 1, 2, 3, 4, 5, 6])),
            Case(
                name: "FreeBSD SYN", order: .freeBSD,
                bytes: [
                    2, 4, 0x05, 0xb4,  // MSS 1460
                    1, 3, 3, 6,  // NOP, window scale 6
                    4, 2,  // SACK permitted
                    8, 10, 1, 2, 3, 4, 0xa, 0xb, 0xc, 0xd,  // timestamps
                ],
                options: Options(maximumSegmentSize: 1460, windowScale: 6, sackPermitted: true, timestamps: stamps)),
            Case(
                name: "FreeBSD SYN with SACK alone", order: .freeBSD, bytes: [2, 4, 0x05, 0xb4, 4, 2, 0, 0],
                options: Options(maximumSegmentSize: 1460, sackPermitted: true)),
            Case(
                name: "FreeBSD SYN that asks for a cookie", order: .freeBSD,
                bytes: [
                    2, 4, 0x05, 0xb4, 1, 3, 3, 6, 4, 2, 8, 10, 1, 2, 3, 4, 0xa, 0xb, 0xc, 0xd,
                    34, 2, 0, 0,  // fast open, end of list
                ],
                options: Options(
                    maximumSegmentSize: 1460, windowScale: 6, sackPermitted: true, timestamps: stamps, others: [34, 2])),
        ]
        + [OptionOrder.linux, .freeBSD].flatMap { order in
            [
                Case(
                    name: "\(order): data", order: order, bytes: [1, 1, 8, 10, 1, 2, 3, 4, 0xa, 0xb, 0xc, 0xd],
                    options: Options(timestamps: stamps)),
                Case(
                    name: "\(order): one block", order: order,
                    bytes: [1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 9],
                    options: Options(sackBlocks: blocks((1, 9)))),
                Case(
                    name: "\(order): timestamps and three blocks fill 40 bytes", order: order,
                    bytes: [
                        1, 1, 8, 10, 1, 2, 3, 4, 0xa, 0xb, 0xc, 0xd,
                        1, 1, 5, 26, 0xff, 0xff, 0xff, 0xf0, 0, 0, 0, 0x10, 0, 0, 0, 0x20, 0, 0, 0, 0x30, 0, 0, 0, 0x40,
                        0, 0, 0, 0x50,
                    ],
                    options: Options(
                        sackBlocks: blocks((0xffff_fff0, 0x10), (0x20, 0x30), (0x40, 0x50)), timestamps: stamps)),
                Case(
                    name: "\(order): MSS and user timeout", order: order, bytes: [2, 4, 0x02, 0x18, 28, 4, 0x80, 5],
                    options: Options(maximumSegmentSize: 536, userTimeout: 0x8005)),
            ]
        }

    static func blocks(_ pairs: (UInt32, UInt32)...) -> SACKBlocks {
        var blocks = SACKBlocks()
        for (start, end) in pairs {
            blocks.append(SequenceRange(start: SequenceNumber(start), end: SequenceNumber(end)))
        }
        return blocks
    }

    static func parse(_ bytes: [UInt8]) -> Options { Options(parsing: bytes.span.bytes) }

    @Test(arguments: written)
    func `bytes become options and the same bytes again`(_ example: Case) throws {
        #expect(Self.parse(example.bytes) == example.options)
        #expect(example.options.count(example.order) == example.bytes.count)
        let segment = Segment(sequence: SequenceNumber(1), control: .ack, options: example.options)
        let packet = Packet(endpoints: CodecPacketTests.v4, segment: segment)
        #expect(Array(try encoded(packet, order: example.order).dropFirst(40)) == example.bytes)
    }

    @Test(
        arguments: [
            ("an unknown option", [253, 4, 7, 7, 4, 2], Options(sackPermitted: true, others: [253, 4, 7, 7]), false),
            ("MSS of three bytes", [2, 3, 5, 1], Options(others: [2, 3, 5]), false),
            ("a SACK block cut in half", [5, 6, 0, 0, 0, 1, 1, 1], Options(others: [5, 6, 0, 0, 0, 1]), false),
            (
                "length 0", [4, 2, 9, 0, 2, 4, 5, 0xb4], Options(sackPermitted: true, others: [9, 0, 2, 4, 5, 0xb4]),
                true
            ),
            ("length 1", [4, 2, 9, 1], Options(sackPermitted: true, others: [9, 1]), true),
            ("past the end", [4, 2, 8, 10], Options(sackPermitted: true, others: [8, 10]), true),
            ("a kind without a length", [1, 1, 1, 3], Options(others: [3]), true),
            ("nothing after end of list", [0, 2, 4, 5], Options(), false),
            ("twice", [2, 4, 1, 0, 2, 4, 2, 0], Options(maximumSegmentSize: 512), false),
        ] as [(String, [UInt8], Options, Bool)])
    func `what cannot be read is kept, and what stands before it counts`(
        _ name: String, _ bytes: [UInt8], _ options: Options, _ isMalformed: Bool
    ) throws {
        let parsed = Self.parse(bytes)
        #expect(parsed == options)
        #expect(parsed.isMalformed == isMalformed)
        for order in OptionOrder.allCases {
            let segment = Segment(sequence: SequenceNumber(1), control: .ack, options: parsed)
            let packet = Packet(endpoints: CodecPacketTests.v6, segment: segment)
            #expect(try decoded(try encoded(packet, order: order)).segment.options == parsed, "\(order)")
        }
    }

    @Test(
        arguments: [([34, 2], []), ([253, 2, 34, 6, 1, 2, 3, 4], [1, 2, 3, 4]), ([253, 2], nil), ([34, 9], nil)]
            as [([UInt8], [UInt8]?)])
    func `a reader sees the fast open cookie`(_ others: [UInt8], _ cookie: [UInt8]?) {
        #expect(Options(others: others).fastOpenCookie == cookie)
    }

    @Test func `options that do not fit 40 bytes are refused`() {
        let options = Options(
            sackBlocks: Self.blocks((1, 2), (3, 4), (5, 6), (7, 8)), timestamps: Timestamps(value: 1, echo: 2))
        let packet = Packet(
            endpoints: CodecPacketTests.v4,
            segment: Segment(sequence: SequenceNumber(1), control: .ack, options: options))
        for order in OptionOrder.allCases {
            #expect(throws: WireError(.options, .tooLong(limit: 40, found: 48))) { try encoded(packet, order: order) }
        }
    }
}

/// With a payload of 0, 1, 2 …
func encoded(_ packet: Packet, order: OptionOrder) throws(WireError) -> [UInt8] {
    let payload = (0..<packet.segment.payloadCount).map { UInt8(truncatingIfNeeded: $0) }
    var bytes = [UInt8](repeating: 0xee, count: 120 + payload.count)
    let count = try encode(packet, payload, into: &bytes, order)
    #expect(bytes[count...].allSatisfy { $0 == 0xee }, "written past the end")
    return Array(bytes.prefix(count))
}

private func encode(
    _ packet: Packet, _ payload: [UInt8], into bytes: inout [UInt8], _ order: OptionOrder
) throws(WireError) -> Int {
    var span = bytes.mutableSpan
    var target = span.mutableBytes
    return try packet.encode(into: &target, payload: payload.span.bytes, order: order)
}

func decoded(_ bytes: [UInt8]) throws(WireError) -> Packet { try Packet(parsing: bytes.span.bytes) }
