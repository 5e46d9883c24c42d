import Lab
import TCP
import Testing

@Suite struct PacketCaptureTests {
    @Test func `a file begins with magic number, version, snap length and LINKTYPE_RAW`() {
        #expect(
            PacketCapture.header == [
                0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 101, 0, 0, 0,
            ])
    }

    @Test func `a record has seconds, microseconds, both lengths and the packet`() {
        let record = PacketCapture.record([0x45, 9, 8], at: Instant(microseconds: 1_700_000_000_000_258))
        #expect(
            record == [
                0x00, 0xf1, 0x53, 0x65, 2, 1, 0, 0,  // 1700000000 s, 258 µs
                3, 0, 0, 0, 3, 0, 0, 0, 0x45, 9, 8,
            ])
    }

    @Test func `a packet that is too long for a record is cut, and its length kept`() {
        let record = PacketCapture.record([UInt8](repeating: 0, count: 70_000), at: Instant(microseconds: 0))
        #expect(record.count == 16 + 65_535)
        #expect(Array(record[8..<16]) == [0xff, 0xff, 0, 0, 0x70, 0x11, 1, 0])
    }

    @Test func `the writer writes the header once, and each packet of both directions at its time`() {
        var bytes: [UInt8] = []
        var writer = PacketCapture.Writer(offset: 5_000_000) { bytes += $0 }
        for direction in Direction.allCases {
            var passed = 0
            writer.take(LinkPacket([0x45], direction), at: Instant(microseconds: 7)) { _ in passed += 1 }
            #expect(passed == 1)
        }
        let record = PacketCapture.record([0x45], at: Instant(microseconds: 5_000_007))
        #expect(bytes == PacketCapture.header + record + record)
    }
}
