import Foundation
import Sockets
import TCP
import Testing

@testable import History

@Suite struct WriterTests {
    let folder: Folder
    let clock = TestClock()

    init() throws { folder = try Folder() }

    @Test("what was written is read as it was given")
    func everything() throws {
        let writer = try Sample.writer(folder, clock)
        var life = Sample.life(0xfedc_ba98_7654_3210, stack: "handle() server.py:41\nmain()")
        life.states[1].entered = nil
        life.hasHoles = true
        life.ending = "reset_by_peer"
        life.error = 104
        let gap = GapRow(from: 5, to: 9, kind: .lostTransitions, count: 12, detail: "ring buffer")
        let action = ActionRow(time: 7, source: "policy leak", run: "1-2", record: .plan, json: #"{"a":1}"#)
        let finding = Sample.finding("a", first: 1, last: 2)
        writer.record(
            Sample.batch {
                $0.processes = [ProcessRow(Sample.app, commandLine: "app --serve", user: "www", unit: "app.service")]
                $0.lives = [life]
                $0.findings = [finding]
                $0.gaps = [gap]
                $0.actions = [action]
                $0.minutes = [Sample.minute(0, 12, opened: 3, closed: 1, dwell: .init(p50: 1, p90: 2, p99: 3))]
            })
        try writer.flush()
        #expect(writer.status.written == 6)
        #expect(writer.status.waiting == 0)

        let reader = try HistoryReader(path: folder.file)
        #expect(try reader.lives(LifeQuery(.cookie(life.cookie), span: Sample.always)) == [life])
        #expect(try reader.findings(Sample.always) == [finding])
        #expect(try reader.gaps(Sample.always) == [gap])
        #expect(try reader.actions(Sample.always) == [action])
        #expect(
            try Program.sqlite(folder.file, "SELECT program, pid, way, place, state, netns, count, p99_us FROM counts")
                == ["app|812|listener|0.0.0.0:8080|close_wait|4026531840|12|3"])
        #expect(
            try Program.sqlite(folder.file, "SELECT pid, start_ticks, command_line, user, unit FROM process")
                == ["812|4711|app --serve|www|app.service"])
        #expect(
            try Program.sqlite(folder.file, "SELECT cookie, states, ending, stack FROM lives")
                == ["fedcba9876543210|syn_rcvd established close_wait|reset_by_peer|handle() server.py:41", "main()"])
    }

    @Test("rows go into the file within a second without being flushed")
    func interval() throws {
        let writer = try Sample.writer(folder, clock) { $0.interval = 0.05 }
        writer.record(Sample.batch { $0.lives = [Sample.life(1)] })
        // A hang fails here; nothing else does.
        for _ in 0..<3000 where writer.status.written == 0 { Thread.sleep(forTimeInterval: 0.01) }
        #expect(writer.status.written == 1)
        #expect(try Program.sqlite(folder.file, "SELECT count(*) FROM life") == ["1"])
    }

    @Test("a minute that was written twice, before and after a restart, is one row")
    func sameMinute() throws {
        for count in [5, 7] as [Int64] {
            let writer = try Sample.writer(folder, clock)
            writer.record(
                Sample.batch {
                    $0.minutes = [
                        Sample.minute(0, count, opened: 2, closed: 1, dwell: .init(p50: 1, p90: 20 - count, p99: 9))
                    ]
                })
            writer.close()
        }
        #expect(
            try Program.sqlite(folder.file, "SELECT count, most, opened, closed, p50_us, p90_us FROM minute")
                == ["7|7|4|2|1|15"])
    }

    @Test("a finding that goes on is one row; one that is over and comes again is another")
    func findings() throws {
        let writer = try Sample.writer(folder, clock)
        for finding in [
            Sample.finding("a", first: 0, last: 0), Sample.finding("a", first: 10, last: 10),
            Sample.finding("b", first: 10, last: 10), Sample.finding("a", first: 20, last: 20, resolved: 30),
            Sample.finding("a", first: 40, last: 40),
        ] {
            writer.record(Sample.batch { $0.findings = [finding] })
            try writer.flush()
        }
        let reader = try HistoryReader(path: folder.file)
        #expect(
            try reader.findings(Sample.always) == [
                Sample.finding("a", first: 0, last: 20, resolved: 30), Sample.finding("b", first: 10, last: 10),
                Sample.finding("a", first: 40, last: 40),
            ])
        let between = HistorySpan(from: TestClock.start + 31, to: TestClock.start + 39)
        #expect(try reader.findings(between).map(\.key) == [])
        let then = HistorySpan(from: TestClock.start + 25, to: TestClock.start + 30)
        #expect(try reader.findings(then).map(\.key) == ["a"])
    }

    @Test("a number that another process has after a boot is another process")
    func boots() throws {
        for boot in ["boot-1", "boot-2"] {
            let writer = try HistoryWriter(
                path: folder.file, host: HostRow(name: "db1", boot: boot, kernel: "6.1.0"), clock: clock.read)
            writer.record(Sample.batch { $0.lives = [Sample.life(1)] })
            writer.close()
        }
        #expect(try Program.sqlite(folder.file, "SELECT count(DISTINCT process) FROM life") == ["2"])
        #expect(try HistoryReader(path: folder.file).summary().hosts == ["db1"])
    }

    @Test("names that a process chose are kept as they are, whatever they hold")
    func hostileNames() throws {
        let writer = try Sample.writer(folder, clock)
        let name = "x'); DROP TABLE life; --\u{1b}[2J"
        writer.record(
            Sample.batch {
                $0.minutes = [Sample.minute(0, 1, process: ProcessIdentity(pid: 1, startTicks: 2, command: name))]
            })
        try writer.flush()
        let lines = try HistoryReader(path: folder.file).counts(CountQuery(span: Sample.always.recent, key: .program))
        #expect(lines.lines.map(\.program) == [name])
    }

    @Test("what was not recorded because nobody ran is known from the last time that was written")
    func previouslySeen() throws {
        let first = try Sample.writer(folder, clock)
        #expect(first.previouslySeen == nil)
        clock.advance(minutes: 3)
        first.record(Sample.batch { $0.lives = [Sample.life(1)] })
        first.close()
        let last = clock.now
        clock.advance(minutes: 60)
        #expect(try Sample.writer(folder, clock).previouslySeen == last)
    }

    @Test("a file that is moved away is begun anew, and nothing goes into the old one")
    func movedAway() throws {
        let writer = try Sample.writer(folder, clock)
        writer.record(Sample.batch { $0.lives = [Sample.life(1)] })
        try writer.flush()
        for end in ["", "-wal", "-shm"] {
            try? FileManager.default.moveItem(atPath: folder.file + end, toPath: folder.path + "/old.db" + end)
        }
        writer.record(Sample.batch { $0.lives = [Sample.life(2), Sample.life(3)] })
        try writer.flush()
        writer.close()
        #expect(try Program.sqlite(folder.file, "SELECT count(*) FROM life") == ["2"])
        #expect(try Program.sqlite(folder.path + "/old.db", "SELECT count(*) FROM life") == ["1"])
    }

    @Test("only the owner and the group may read the file")
    func permissions() throws {
        try Sample.writer(folder, clock).close()
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.file)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o640)
    }
}

extension HistorySpan {
    /// Of a few hours around the tests' time: so many points as `always` would need are not made.
    var recent: HistorySpan {
        HistorySpan(from: TestClock.start - 3_600_000_000, to: TestClock.start + 36_000_000_000)
    }
}
