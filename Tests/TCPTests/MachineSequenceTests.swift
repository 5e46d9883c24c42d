import TCP
import Testing

@Suite struct InitialSequenceNumberTests {
    // The reference's first vectors: key 00…0f, input of 0, 1, 2 … bytes 00, 01, 02 …
    @Test(
        arguments: [
            (0, 0x726f_db47_dd0e_0e31), (1, 0x74f8_39c5_93dc_67fd), (8, 0x93f5_f579_9a93_2462),
            (15, 0xa129_ca61_49be_45e5),
        ] as [(Int, UInt64)])
    func `the hash is SipHash-2-4`(_ count: Int, _ hash: UInt64) {
        let numbers = InitialSequenceNumber(key: (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))
        let bytes = (0..<count).map { UInt8($0) }
        #expect(numbers.hash(of: bytes.span) == hash)
    }

    @Test func `it rises with the clock by one in four microseconds and differs by address and key`() {
        let numbers = InitialSequenceNumber(key: (1, 2))
        let here: [UInt8] = [10, 0, 0, 1, 0, 80]
        let there: [UInt8] = [10, 0, 0, 2, 0, 80]
        let first = numbers.number(for: here.span, at: Instant(microseconds: 0))
        #expect(numbers.number(for: here.span, at: Instant(microseconds: 400)) == first + 100)
        #expect(numbers.number(for: there.span, at: Instant(microseconds: 0)) != first)
        #expect(
            InitialSequenceNumber(key: (1, 3)).number(for: here.span, at: Instant(microseconds: 0)) != first)
    }
}
