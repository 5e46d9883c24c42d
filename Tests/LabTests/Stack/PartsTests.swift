import TCP
import Testing

@testable import Lab

@Suite struct ByteRingTests {
    @Test func `bytes written behind a gap are read at their place, across the end of the ring`() {
        var ring = ByteRing()
        var model: [UInt8] = []
        var generator = SplitMix(state: 1)
        for _ in 0..<2000 {
            let count = Int(generator.next() % 300)
            let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            // Later bytes first, as from the network.
            let half = count / 2
            bytes[half...].withUnsafeBytes { ring.write($0, at: model.count + half) }
            bytes[..<half].withUnsafeBytes { ring.write($0, at: model.count) }
            model += bytes
            let take = min(Int(generator.next() % 400), model.count)
            var read = [UInt8](repeating: 0, count: take)
            read.withUnsafeMutableBytes { ring.read(at: 0, into: $0) }
            #expect(read == Array(model[..<take]))
            ring.drop(take)
            model.removeFirst(take)
        }
        #expect(ring.capacity.nonzeroBitCount == 1)
        ring.reset()
        #expect(ring.capacity == 0)
    }
}

@Suite struct DeadlineHeapTests {
    @Test func `the earliest is first whatever was set, moved and taken out before`() {
        var heap = DeadlineHeap()
        var model: [Int: Instant] = [:]
        var generator = SplitMix(state: 2)
        for _ in 0..<5000 {
            let slot = Int(generator.next() % 64)
            if generator.next() % 4 == 0 {
                heap.set(nil, slot: slot)
                model[slot] = nil
            } else {
                let deadline = Instant(microseconds: Int64(generator.next() % 1000))
                heap.set(deadline, slot: slot)
                model[slot] = deadline
            }
            let first = model.min { ($0.value, $0.key) < ($1.value, $1.key) }
            #expect(heap.first?.slot == first?.key)
            #expect(heap.first?.deadline == first?.value)
            #expect(heap.count == model.count)
            #expect(heap[slot] == model[slot])
        }
    }
}

/// Repeatable numbers.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
