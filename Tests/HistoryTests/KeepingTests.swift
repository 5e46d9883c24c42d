import Foundation
import Sockets
import Synchronization
import TCP
import Testing

@testable import History

@Suite struct KeepingTests {
    let folder: Folder
    let clock = TestClock()

    init() throws { folder = try Folder() }

    @Test("minutes become ten minutes, and those hours of the program; sums stay, quantiles become bounds")
    func ageing() throws {
        let writer = try Sample.writer(folder, clock)
        let other = Sample.minute(0, 0).process.map { process in
            var process = process
            process.pid = 813
            return process
        }
        // The hour that begins at the start: one process all the time, another for a minute.
        writer.record(
            Sample.batch {
                $0.minutes =
                    (0..<60).map {
                        Sample.minute($0, $0, opened: 2, closed: 1, dwell: .init(p50: 5, p90: 50 + $0, p99: 900 - $0))
                    } + [Sample.minute(31, 100, process: other, opened: 100)]
            })
        try writer.flush()

        // The first ten minutes are two days old; nothing else is.
        clock.advance(minutes: 2 * 1440 + 10)
        try writer.flush()
        #expect(try Program.sqlite(folder.file, "SELECT count(*), min(minute) FROM minute") == ["51|\(minute(10))"])
        #expect(
            try Program.sqlite(
                folder.file, "SELECT minute, count, most, opened, closed, p50_us, p90_us, p99_us FROM ten_minutes")
                == ["\(minute(0))|9|9|20|10|5|59|900"])

        clock.advance(minutes: 120)
        try writer.flush()
        #expect(try Program.sqlite(folder.file, "SELECT count(*) FROM minute") == ["0"])
        #expect(
            try Program.sqlite(
                folder.file, "SELECT pid, count, most, opened FROM counts WHERE minute = \(minute(30)) ORDER BY pid")
                == ["812|39|39|20", "813|0|100|100"])

        clock.advance(minutes: 14 * 1440)
        try writer.flush()
        #expect(try Program.sqlite(folder.file, "SELECT count(*) FROM ten_minutes") == ["0"])
        #expect(
            try Program.sqlite(
                folder.file, "SELECT minute, program, pid, count, most, opened, closed, p90_us, p99_us FROM counts")
                == ["\(minute(0))|app|None|59|139|220|60|109|900"])

        clock.advance(minutes: 366 * 1440)
        try writer.flush()
        #expect(try Program.sqlite(folder.file, "SELECT count(*) FROM counts") == ["0"])
        #expect(try Program.sqlite(folder.file, "SELECT count(*) FROM series") == ["0"])
        #expect(try Program.sqlite(folder.file, "SELECT count(*) FROM process") == ["0"])
        #expect(try HistoryReader(path: folder.file).gaps(Sample.always) == [])
    }

    @Test("rows of each kind are deleted at their age, with the names that only they used, and no others")
    func retention() throws {
        let writer = try Sample.writer(folder, clock)
        writer.record(
            Sample.batch {
                $0.lives = [Sample.life(1, stack: "old"), Sample.life(2, second: 86_400, stack: "new")]
                $0.findings = [
                    Sample.finding("old", first: 0, last: 1), Sample.finding("new", first: 0, last: 86_400_000_000),
                ]
                $0.gaps = [GapRow(from: 0, to: clock.now, kind: .locked)]
                $0.actions = [ActionRow(time: clock.now, source: "clear", run: "1", record: .end, json: "{}")]
            })
        try writer.flush()
        clock.advance(minutes: 30 * 1440 + 720)
        try writer.flush()
        let reader = try HistoryReader(path: folder.file)
        #expect(try reader.lives(LifeQuery(.all, span: Sample.always)).map(\.stack) == ["new"])
        #expect(try Program.sqlite(folder.file, "SELECT value FROM text WHERE value IN ('old', 'new')") == ["new"])
        #expect(try Program.sqlite(folder.file, "SELECT count(*) FROM process") == ["1"])
        clock.advance(minutes: 335 * 1440)
        try writer.flush()
        #expect(try reader.findings(Sample.always).map(\.key) == ["new"])
        #expect(try reader.gaps(Sample.always) == [])
        #expect(try reader.actions(Sample.always) == [])
    }

    @Test("a clock that is set right soon after the start has not deleted anything")
    func clockSetRight() throws {
        let writer = try Sample.writer(folder, clock)
        writer.record(Sample.batch { $0.lives = [Sample.life(1)] })
        writer.close()
        clock.advance(minutes: 40 * 365 * 1440)
        let wrong = try Sample.writer(folder, clock)
        clock.advance(minutes: 9)
        try wrong.flush()
        clock.advance(minutes: -40 * 365 * 1440)
        try wrong.flush()
        #expect(try HistoryReader(path: folder.file).summary().lives == 1)
    }

    @Test("the file with its log never exceeds the bound: the oldest go, a gap tells of them, names stay right")
    func bound() throws {
        let bound: Int64 = 4_000_000
        let writer = try Sample.writer(folder, clock) { $0.maximumBytes = bound }
        let most = Mutex(Int64(0))
        let isDone = Mutex(false)
        let watching = Thread { [folder] in
            while !isDone.withLock(\.self) {
                let size = folder.byteCount
                most.withLock { $0 = max($0, size) }
                Thread.sleep(forTimeInterval: 0.002)
            }
        }
        watching.start()
        let (rounds, perRound) = (24, 1000)
        for round in 0..<rounds {
            writer.record(
                Sample.batch { batch in
                    batch.lives = (0..<perRound).map { number in
                        Sample.life(UInt64(round * perRound + number), second: Int64(round), stack: "frame \(number)")
                    }
                    batch.minutes = (0..<perRound).map { number in
                        Sample.minute(Int64(round), 1, way: .destination("10.0.0.1:\(number)"))
                    }
                    if round == 0 {
                        batch.actions = [
                            ActionRow(time: clock.now, source: "clear", run: "1", record: .end, json: "{}")
                        ]
                    }
                })
            try writer.flush()
            most.withLock { $0 = max($0, folder.byteCount) }
            clock.advance(minutes: 1)
        }
        isDone.withLock { $0 = true }
        #expect(most.withLock(\.self) <= bound)
        // The bound is used, not just kept.
        #expect(most.withLock(\.self) > bound / 2)

        let reader = try HistoryReader(path: folder.file)
        let lives = try Program.sqlite(folder.file, "SELECT count(*), min(cookie), max(cookie) FROM life")
        let numbers = try #require(lives.first).split(separator: "|").compactMap { Int64($0) }
        let all = Int64(rounds * perRound)
        #expect(numbers[2] == all - 1)
        #expect(numbers[1] == all - numbers[0], "the newest are kept, without a hole")
        #expect(numbers[0] > 3000)
        let gaps = try reader.gaps(Sample.always)
        #expect(Set(gaps.map(\.kind)) == [.sizeBound])
        #expect(gaps.filter { $0.detail == "life" }.reduce(0) { $0 + $1.count } == all - numbers[0])
        let kept = try Program.sqlite(folder.file, "SELECT count(*) FROM minute").compactMap { Int64($0) }
        #expect(kept.first.map { $0 > 3000 } == true)
        #expect(gaps.filter { $0.detail == "counts" }.reduce(0) { $0 + $1.count } == all - (kept.first ?? 0))
        #expect(gaps.count < 20)
        #expect(try reader.actions(Sample.always).count == 1)
        #expect(
            try Program.sqlite(
                folder.file, "SELECT count(*) FROM lives WHERE stack IS NULL OR states IS NULL OR program IS NULL")
                == ["0"])
        #expect(
            try Program.sqlite(folder.file, "SELECT (SELECT count(*) FROM counts) = (SELECT count(*) FROM minute)") == [
                "1"
            ])
        #expect(try Program.sqlite(folder.file, "PRAGMA integrity_check") == ["ok"])
    }

    @Test("a reader that never ends its transaction cannot make the log grow beyond the bound")
    func longReader() throws {
        let bound: Int64 = 4_000_000
        let writer = try Sample.writer(folder, clock) {
            $0.maximumBytes = bound
            $0.mostWaiting = 5000
        }
        writer.record(Sample.batch { $0.lives = [Sample.life(1)] })
        try writer.flush()
        let reader = try Program.holding(folder.file, ["BEGIN", "SELECT count(*) FROM life"])
        var next: UInt64 = 2
        func give() {
            writer.record(Sample.batch { $0.lives = (0..<1000).map { Sample.life(next + UInt64($0), second: 1) } })
            next += 1000
        }
        for _ in 0..<12 {
            give()
            try? writer.flush()
            #expect(folder.byteCount <= bound)
        }
        #expect(writer.status.state == .locked)
        #expect(writer.status.dropped > 0)
        reader.end()
        give()
        try writer.flush()
        #expect(writer.status.state == .writing)
        #expect(folder.byteCount <= bound)
        let gaps = try HistoryReader(path: folder.file).gaps(Sample.always).filter { $0.kind == .locked }
        #expect(gaps.map(\.count).reduce(0, +) == writer.status.dropped)
    }

    @Test("a bound that was made smaller is kept once the file was written to again")
    func smallerBound() throws {
        let large = try Sample.writer(folder, clock)
        large.record(
            Sample.batch { $0.lives = (0..<36_000).map { Sample.life(UInt64($0), second: Int64($0 / 100)) } })
        large.close()
        #expect(folder.byteCount > 4_500_000)
        let small = try Sample.writer(folder, clock) { $0.maximumBytes = 4_000_000 }
        small.record(Sample.batch { $0.lives = [Sample.life(99_999, second: 10_000)] })
        try small.flush()
        #expect(folder.byteCount <= 4_000_000)
        #expect(try Program.sqlite(folder.file, "SELECT max(cookie) FROM life") == ["99999"])
    }

    private func minute(_ number: Int64) -> Int64 { TestClock.startMinute + number }
}
