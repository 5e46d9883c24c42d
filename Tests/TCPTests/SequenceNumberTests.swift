import TCP
import Testing

@Suite struct SequenceNumberTests {
    @Test(
        arguments: [
            (0, 0, 0), (1, 0, 1), (0, 1, -1), (0, 0xFFFF_FFFF, 1), (0xFFFF_FFFF, 0, -1), (0x7FFF_FFFF, 0, 0x7FFF_FFFF),
            (0x10, 0xFFFF_FFF0, 0x20), (0xFFFF_FFF0, 0x10, -0x20),
        ] as [(UInt32, UInt32, Int)])
    func `the distance goes the shorter way around`(_ later: UInt32, _ earlier: UInt32, _ distance: Int) {
        let (later, earlier) = (SequenceNumber(later), SequenceNumber(earlier))
        #expect(later - earlier == distance)
        #expect((earlier < later) == (distance > 0))
        #expect((earlier <= later) == (distance >= 0))
        #expect((earlier > later) == (distance < 0))
        #expect((earlier >= later) == (distance <= 0))
        #expect(earlier + distance == later)
    }
}
