import Lab
import TCP
import Testing

/// What a device lets through, with the times.
private struct Passed: Equatable {
    var numbers: [UInt8] = []
    var times: [Int64] = []
}

extension Device {
    /// Sends packets 0, 1, 2 … so many microseconds apart, lets time pass, and tells what came out.
    fileprivate mutating func send(
        _ count: Int, every interval: Microseconds = 1000, size: Int = 1, _ direction: Direction = .toKernel
    ) -> Passed {
        var passed = Passed()
        func pass(_ packet: LinkPacket, _ now: Instant) {
            passed.numbers.append(packet.bytes[0])
            passed.times.append(now.microseconds)
        }
        for index in 0..<count {
            let now = Instant(microseconds: Int64(index) * interval)
            while let next = nextDeadline, next <= now { advance(to: next) { pass($0, next) } }
            var bytes = [UInt8](repeating: 0, count: size)
            bytes[0] = UInt8(truncatingIfNeeded: index)
            take(LinkPacket(bytes, direction), at: now) { pass($0, now) }
        }
        while let next = nextDeadline { advance(to: next) { pass($0, next) } }
        return passed
    }
}

@Suite struct DeviceTests {
    @Test func `loss loses its share, the same packets with the same seed, and only in its direction`() {
        var (first, again, other) = (Loss(0.3, seed: 7), Loss(0.3, seed: 7), Loss(0.3, seed: 8))
        let passed = first.send(2000)
        #expect((1300...1500).contains(passed.numbers.count))
        #expect(again.send(2000) == passed)
        #expect(other.send(2000) != passed)
        var oneWay = Loss(1, of: [.fromKernel], seed: 7)
        #expect(oneWay.send(10).numbers.count == 10)
        #expect(oneWay.send(10, .fromKernel).numbers.isEmpty)
    }

    @Test(arguments: [(0.0, 100), (1.0, 200)])
    func `duplication sends packets twice, one behind the other`(probability: Double, count: Int) {
        var device = Duplication(probability, seed: 1)
        let passed = device.send(100)
        #expect(passed.numbers.count == count)
        #expect(passed.numbers == passed.numbers.sorted())
    }

    @Test func `delay keeps the order and adds the same time to all`() {
        var device = Delay(2500)
        let passed = device.send(5)
        #expect(passed == Passed(numbers: [0, 1, 2, 3, 4], times: [2500, 3500, 4500, 5500, 6500]))
        #expect(device.nextDeadline == nil)
    }

    @Test func `reordering loses nothing and lets some be overtaken`() {
        var device = Reordering(0.3, by: 2500, seed: 3)
        let passed = device.send(200)
        #expect(passed.numbers.sorted() == (0..<200).map { UInt8($0) })
        #expect(passed.numbers != passed.numbers.sorted())
        // None is kept longer than said.
        for (number, time) in zip(passed.numbers, passed.times) { #expect(time - Int64(number) * 1000 <= 2500) }
    }

    @Test func `a rate limit carries so many bytes a second and drops what its queue cannot hold`() {
        // 1000 bytes take a millisecond.
        var slow = RateLimit(bytesPerSecond: 1_000_000, queueLimit: 3000)
        let passed = slow.send(6, every: 0, size: 1000)
        #expect(passed == Passed(numbers: [0, 1, 2], times: [1000, 2000, 3000]))
        var fast = RateLimit(bytesPerSecond: 1_000_000, queueLimit: 3000)
        #expect(fast.send(6, every: 1000, size: 1000).numbers.count == 6)
    }

    @Test func `the tracer shows everything and changes nothing`() {
        var seen: [UInt8] = []
        var tracer = Tracer { packet, _ in seen.append(packet.bytes[0]) }
        #expect(tracer.send(3).numbers == [0, 1, 2])
        #expect(seen == [0, 1, 2])
    }

    @Test func `devices stack: a packet goes through all of them, in the order of its direction`() {
        var order: [String] = []
        func tracer(_ name: String) -> Tracer { Tracer { _, _ in order.append(name) } }
        var chain = DeviceChain([tracer("first"), Delay(10), tracer("last")])
        #expect(chain.send(1).times == [10])
        #expect(order == ["first", "last"])
        order = []
        #expect(chain.send(1, .fromKernel).times == [10])
        #expect(order == ["last", "first"])
        #expect(chain.nextDeadline == nil)
    }
}

@Suite struct SeededGeneratorTests {
    @Test func `the numbers are SplitMix64's`() {
        // The first three for seed 1234567, from the reference code at prng.di.unimi.it.
        var random = SeededGenerator(seed: 1_234_567)
        #expect(
            (0..<3).map { _ in random.next() } == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            ])
    }
}
