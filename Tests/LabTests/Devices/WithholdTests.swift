import Lab
import TCP
import Testing

@Suite struct WithholdTests {
    /// A whole life: what each end sends, in order.
    private static let life: [(name: String, direction: Direction, segment: Segment)] = [
        ("syn", .toKernel, segment(100, [.syn])),
        ("syn-ack", .fromKernel, segment(300, 101, [.syn, .ack])),
        ("third", .toKernel, segment(101, 301, [.ack])),
        ("data", .toKernel, segment(101, 301, [.ack, .psh], data: 10)),
        ("ack of data", .fromKernel, segment(301, 111, [.ack])),
        ("fin", .fromKernel, segment(301, 111, [.fin, .ack])),
        ("ack of fin", .toKernel, segment(111, 302, [.ack])),
        ("fin back", .toKernel, segment(111, 302, [.fin, .ack])),
        ("last ack", .fromKernel, segment(302, 112, [.ack])),
        ("reset", .toKernel, segment(112, 302, [.rst, .ack])),
    ]

    private static func segment(
        _ sequence: UInt32, _ acknowledgment: UInt32 = 0, _ control: Control, data: Int = 0
    ) -> Segment {
        Segment(
            sequence: SequenceNumber(sequence), acknowledgment: SequenceNumber(acknowledgment), control: control,
            window: 1000, payloadCount: data)
    }

    private static func segment(_ sequence: UInt32, _ control: Control) -> Segment { segment(sequence, 0, control) }

    private static let toKernel = Endpoints(
        version: .v4, source: Address(v4: 2), sourcePort: 40_000, destination: Address(v4: 1), destinationPort: 8080)

    private static func packet(_ segment: Segment, _ direction: Direction) -> Packet {
        Packet(endpoints: direction == .toKernel ? toKernel : toKernel.reversed, segment: segment)
    }

    static let cases: [(what: Withheld, direction: Direction, dropped: [String])] = [
        (.everything, .fromKernel, ["syn-ack", "ack of data", "fin", "last ack"]),
        (.syn, .toKernel, ["syn"]), (.syn, .fromKernel, []),
        (.synAck, .fromKernel, ["syn-ack"]),
        (.afterSyn, .toKernel, ["third", "data", "ack of fin", "fin back", "reset"]),
        (.fin, .fromKernel, ["fin"]), (.fin, .toKernel, ["fin back"]),
        (.ackOfFin, .toKernel, ["ack of fin"]), (.ackOfFin, .fromKernel, ["last ack"]),
        (.bareAck, .toKernel, ["third", "ack of fin"]),
        (.data, .toKernel, ["data"]),
        (.reset, .toKernel, ["reset"]),
    ]

    @Test(arguments: cases.indices)
    func `drops what matches in its direction, and nothing else`(index: Int) {
        let wanted = Self.cases[index]
        var device = Withhold(wanted.what, wanted.direction)
        let dropped = Self.life.filter { device.drops(Self.packet($0.segment, $0.direction), $0.direction) }
        #expect(dropped.map(\.name) == wanted.dropped)
    }

    @Test func `drops no more than it was told`() {
        var device = Withhold(.bareAck, .toKernel, count: 1)
        let dropped = Self.life.filter { device.drops(Self.packet($0.segment, $0.direction), $0.direction) }
        #expect(dropped.map(\.name) == ["third"])
    }

    @Test func `as a device it reads packets, and what is none passes`() throws {
        var device = Withhold(.syn, .toKernel)
        var storage = [UInt8](repeating: 0, count: 200)
        let packet = Self.packet(Self.life[0].segment, .toKernel)
        let count = try storage.withUnsafeMutableBytes { buffer in
            var bytes = buffer.mutableBytes
            return try packet.encode(into: &bytes, order: .linux)
        }
        var passed: [LinkPacket] = []
        device.take(LinkPacket(Array(storage[..<count]), .toKernel), at: Instant(microseconds: 0)) { passed.append($0) }
        #expect(passed.isEmpty)
        device.take(LinkPacket([1, 2, 3], .toKernel), at: Instant(microseconds: 0)) { passed.append($0) }
        #expect(passed.count == 1)
    }
}
