import Testing

@testable import Diagnosis

@Suite("how fast something grows, and how surely")
struct GrowthTests {
    /// How many of so many runs hold.
    private func share(_ runs: Int = 250, _ holds: (inout SeededNumbers) -> Bool) -> Double {
        var random = SeededNumbers(seed: 20)
        return Double((0..<runs).count { _ in holds(&random) }) / Double(runs)
    }

    /// Counts every ten seconds over ten minutes.
    private func counts(_ step: (_ second: Int) -> Double) -> (times: [Double], values: [Double]) {
        var (times, values, now) = ([0.0], [500.0], 500.0)
        for second in 1...600 {
            now += step(second)
            guard second % 10 == 0 else { continue }
            times.append(Double(second))
            values.append(now)
        }
        return (times, values)
    }

    @Test(
        "the interval of the rate covers the true one in nine of ten runs, however busy what comes and goes",
        arguments: [(2.0, 0.0), (3, 2.5), (0.2, 0.1), (8, 8)])
    func rate(coming: Double, going: Double) {
        let covered = share { random in
            let seen = counts { _ in Double(random.poisson(coming)) - Double(random.poisson(going)) }
            guard let growth = Growth(times: seen.times, values: seen.values) else { return false }
            return (growth.low...growth.high).contains(coming - going)
        }
        #expect((0.85...0.95).contains(covered), "\(covered)")
    }

    @Test("what comes in bursts, and a line under noise, are covered as often at least")
    func otherNoise() {
        // A job a minute, at any second of it, that opens 0 to 40.
        let bursts = share { random in
            let places = (0..<10).map { $0 * 60 + Int.random(in: 1...60, using: &random) }
            let seen = counts { places.contains($0) ? Double.random(in: 0...40, using: &random) : 0 }
            guard let growth = Growth(times: seen.times, values: seen.values) else { return false }
            return (growth.low...growth.high).contains(200.0 / 600)
        }
        #expect(bursts >= 0.84, "\(bursts)")
        let noisy = share { random in
            let line = counts { _ in 0.5 }
            let values = line.values.map { $0 + Double.random(in: -30...30, using: &random) }
            guard let growth = Growth(times: line.times, values: values) else { return false }
            return (growth.low...growth.high).contains(0.5)
        }
        #expect(noisy >= 0.88, "\(noisy)")
    }

    @Test("the interval of the time covers the moment when the limit is really reached", arguments: [60.0, 600, 3000])
    func time(left: Double) {
        let covered = share(200) { random in
            let seen = counts { _ in Double(random.poisson(3)) - Double(random.poisson(1)) }
            guard let growth = Growth(times: seen.times, values: seen.values),
                let time = growth.time(until: left)
            else { return false }
            var (more, seconds) = (0.0, 0.0)
            while more < left, seconds < 100_000 {
                more += Double(random.poisson(3)) - Double(random.poisson(1))
                seconds += 1
            }
            return time.earliest <= seconds && seconds <= time.latest ?? .infinity
        }
        #expect((0.84...0.97).contains(covered), "\(covered)")
    }

    @Test("two looks know little, and say how little", arguments: [(200.0, 190.0), (5, 0), (0.5, 0.2)])
    func twoLooks(coming: Double, going: Double) {
        let covered = share(2000) { random in
            let (came, went) = (random.poisson(coming), random.poisson(going))
            let growth = Growth(net: Double(came - went), moved: Double(came + went), seconds: 1)
            return (growth.low...growth.high).contains(coming - going)
        }
        #expect(covered >= 0.88, "\(covered)")
        // Ten more than before, of twenty thousand that moved: that may be nothing.
        let busy = Growth(net: 10, moved: 20_000, seconds: 1)
        #expect(busy.low < 0 && busy.time(until: 1000)?.latest == nil)
        let quiet = Growth(net: 10, moved: 10, seconds: 1)
        #expect(quiet.low > 0 && quiet.time(until: 1000).map { $0.latest ?? 0 > 100 && $0.earliest < 100 } == true)
    }

    @Test("what grows steadily is known well")
    func steady() throws {
        let seen = counts { _ in 1 }
        let growth = try #require(Growth(times: seen.times, values: seen.values))
        #expect(growth.perSecond == 1 && growth.seconds == 600 && growth.method == .record)
        #expect(growth.low > 0.99 && growth.high < 1.01)
        let time = try #require(growth.time(until: 600))
        #expect(time.middle == 600 && time.earliest > 590 && time.latest ?? 0 < 610)
    }

    @Test("too few counts are no growth; what was not there yet is not counted; times may be uneven")
    func edges() throws {
        let times = (0...60).map { Double($0 * 10) }
        #expect(Growth(times: Array(times.prefix(4)), values: [1, 2, 3, 4]) == nil)
        #expect(Growth(times: Array(times.prefix(5)), values: [1, 2, 3, 4, 5]) != nil)
        #expect(Growth(times: [0, 1, 2, 3, 4], values: [1, 2, 3, 4, 5]) == nil)
        #expect(Growth(times: [], values: []) == nil && Growth(times: [1], values: []) == nil)
        let late = try #require(
            Growth(times: times, values: times.map { $0 < 300 ? 0 : 10 + ($0 - 300) / 10 }))
        #expect(late.seconds == 300 && abs(late.perSecond - 0.1) < 0.001)
        // The daemon was stopped for a while.
        let uneven = times.map { $0 < 300 ? $0 : $0 + 200 }
        let growth = try #require(Growth(times: uneven, values: uneven.map { 100 + $0 / 5 }))
        #expect(abs(growth.perSecond - 0.2) < 0.001)
    }

    @Test("what does not grow, or is reached, has no time")
    func noTime() {
        #expect(Growth(net: 0, seconds: 1).time(until: 10) == nil)
        #expect(Growth(net: -5, seconds: 1).time(until: 10) == nil)
        #expect(Growth(net: 5, seconds: 1).time(until: 0) == nil)
        let full = Forecast(resource: .files, used: 10, limit: 10, growth: Growth(net: 5, seconds: 1))
        #expect(full.secondsLeft == 0 && full.interval == nil)
        let huge = Forecast(resource: .files, used: 0, limit: .max, growth: Growth(net: 1, seconds: 1e-9))
        #expect(huge.interval != nil)
    }
}

/// The same numbers in every run (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// How many independent events come where so many are expected (Knuth).
    mutating func poisson(_ mean: Double) -> Int {
        // A large one is the sum of smaller ones.
        if mean > 16 { return poisson(mean / 2) + poisson(mean / 2) }
        guard mean > 0 else { return 0 }
        var (count, product) = (0, Double.random(in: 0..<1, using: &self))
        let end = Self.exponential(-mean)
        while product > end {
            count += 1
            product *= Double.random(in: 0..<1, using: &self)
        }
        return count
    }

    /// e to the power of a number, by its series on a sixteenth of it.
    private static func exponential(_ power: Double) -> Double {
        var (term, sum) = (1.0, 1.0)
        for index in 1...20 {
            term *= power / 16 / Double(index)
            sum += term
        }
        for _ in 0..<4 { sum *= sum }
        return sum
    }
}
