import History
import Testing

@testable import Commands

@Suite struct TimeWatchTests {
    private static let second: UInt64 = 1_000_000_000

    private func reading(_ seconds: UInt64, asleep: UInt64 = 0, wallAhead: Int64 = 1_000_000) -> TimeWatch.Reading {
        TimeWatch.Reading(
            monotonic: seconds * Self.second, sinceBoot: (seconds + asleep) * Self.second,
            offset: wallAhead * Int64(Self.second))
    }

    @Test func `turns that follow each other are no gap`() {
        var watch = TimeWatch(reading(100))
        #expect(watch.note(woke: 101 * Self.second, reading(101)).isEmpty)
        #expect(watch.note(woke: 102 * Self.second, reading(103)).isEmpty)
        // Work may take long; it is the wait that tells.
        #expect(watch.note(woke: 104 * Self.second, reading(120)).isEmpty)
    }

    @Test func `a daemon that was stopped says from when to when`() {
        var watch = TimeWatch(reading(100))
        let gaps = watch.note(woke: 104 * Self.second, reading(104))
        #expect(gaps.map(\.kind) == [.suspended])
        #expect(gaps.first?.from == 1_000_100_000_000 && gaps.first?.to == 1_000_104_000_000)
        #expect(watch.note(woke: 105 * Self.second, reading(105)).isEmpty)
    }

    @Test func `a host that slept is no clock that was set`() {
        var watch = TimeWatch(reading(100))
        let gaps = watch.note(woke: 100 * Self.second, reading(100, asleep: 60, wallAhead: 1_000_060))
        #expect(gaps.map(\.kind) == [.suspended])
        #expect(gaps.first?.detail == "the host slept")
    }

    @Test("a clock that was set is a gap, forwards and back", arguments: [3600, -3600] as [Int64])
    func step(seconds: Int64) throws {
        var watch = TimeWatch(reading(100))
        let gaps = watch.note(woke: 101 * Self.second, reading(101, wallAhead: 1_000_000 + seconds))
        let gap = try #require(gaps.first)
        #expect(gaps.count == 1 && gap.kind == .clockStep && gap.from <= gap.to)
        #expect(gap.detail == "by \(Double(seconds)) s")
        #expect(watch.note(woke: 102 * Self.second, reading(102, wallAhead: 1_000_000 + seconds)).isEmpty)
    }
}
