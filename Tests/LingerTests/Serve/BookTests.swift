import Diagnosis
import History
import Sockets
import TCP
import Testing
import Watching

@testable import Commands

/// The pure parts of the daemon: minutes, lives, findings, labels.
@Suite struct BookTests {
    private static let namespace: UInt32 = 4_026_531_840
    private static let second: UInt64 = 1_000_000_000
    private static let server = ProcessIdentity(pid: 812, startTicks: 7, command: "server")

    private func transition(
        _ cookie: UInt64, _ old: State, _ new: State, at time: UInt64, error: UInt16 = 0
    ) -> Transition {
        Transition(
            time: time, cookie: cookie, namespace: Self.namespace, old: old, new: new,
            local: Endpoint(address: IPAddress(v4: 0x7f00_0001), port: 6800),
            remote: old == .closed && new == .listen
                ? Endpoint(address: IPAddress(v4: 0), port: 0)
                : Endpoint(address: IPAddress(v4: 0x7f00_0002), port: 40_000),
            error: error)
    }

    /// A listener, and connections that came in and went on to CLOSE_WAIT, a second in each state; `closed` of them closed.
    private func world(connections: UInt64, closed: UInt64, error: UInt16 = 0) -> (Tracker, [LiveTracker.News]) {
        let tracker = Tracker()
        var news: [LiveTracker.News] = []
        func happen(_ transition: Transition) { news.append(.transition(tracker.consume(transition))) }
        func open(_ cookie: UInt64, _ way: Opening.Way, at time: UInt64) {
            let opening = Opening(
                time: time, cookie: cookie, namespace: Self.namespace, way: way, process: Self.server, descriptor: 5)
            tracker.consume(opening)
            news.append(.opening(opening))
        }
        open(1, .listen, at: 1)
        happen(transition(1, .closed, .listen, at: 1))
        for cookie in 2..<(2 + connections) {
            happen(transition(cookie, .listen, .synReceived, at: Self.second))
            happen(transition(cookie, .synReceived, .established, at: 2 * Self.second))
            open(cookie, .accept, at: 2 * Self.second)
            happen(transition(cookie, .established, .closeWait, at: 3 * Self.second))
            guard cookie < 2 + closed else { continue }
            happen(transition(cookie, .closeWait, .lastAck, at: 4 * Self.second))
            happen(transition(cookie, .lastAck, .closed, at: 5 * Self.second, error: error))
        }
        return (tracker, news)
    }

    private func record(_ tracker: Tracker, _ news: [LiveTracker.News], at now: UInt64) -> (Recorder, HistoryBatch) {
        var recorder = Recorder()
        for one in news { recorder.take(one, tracker, offset: 0) { _ in "" } }
        let batch = recorder.closeMinute(29_000_000, at: now, tracker, offset: 0) { _ in "" }
        return (recorder, batch)
    }

    @Test func `a minute tells who had how many in which state, and how long those that left stayed`() throws {
        let (tracker, news) = world(connections: 5, closed: 3)
        let (recorder, batch) = record(tracker, news, at: 6 * Self.second)
        #expect(recorder.opened == 5 && recorder.ended == [.orderly: 3])
        let rows = Dictionary(grouping: batch.minutes, by: \.state)
        let waiting = try #require(rows[.closeWait]?.first)
        #expect(rows[.closeWait]?.count == 1)
        #expect(waiting.process == Self.server && waiting.way == .listener("*:6800"))
        #expect(waiting.count == 2 && waiting.opened == 5 && waiting.closed == 3)
        let dwell = try #require(waiting.dwell)
        #expect((1_000_000...1_031_250).contains(dwell.p50) && dwell.p99 >= dwell.p50)
        let accepted = try #require(rows[.established]?.first)
        #expect(accepted.count == 0 && accepted.opened == 5 && accepted.closed == 5)
        #expect(rows[.listen] == nil)
        #expect(batch.lives.isEmpty)
    }

    @Test func `the next minute begins with what is there, and with nothing that happened before`() throws {
        let (tracker, news) = world(connections: 5, closed: 3)
        var (recorder, _) = record(tracker, news, at: 6 * Self.second)
        let next = recorder.closeMinute(29_000_001, at: 7 * Self.second, tracker, offset: 0) { _ in "" }
        #expect(next.minutes.map(\.state) == [.closeWait])
        let row = try #require(next.minutes.first)
        #expect(row.count == 2 && row.opened == 0 && row.closed == 0 && row.dwell == nil)
    }

    @Test func `what ends badly is kept in full, and no more of it than fits`() throws {
        let count = UInt64(Recorder.mostLives) + 7
        let (tracker, news) = world(connections: count, closed: count, error: 104)
        let (recorder, batch) = record(tracker, news, at: 6 * Self.second)
        #expect(recorder.ended == [.resetByPeer: count])
        #expect(batch.lives.count == Recorder.mostLives)
        let life = try #require(batch.lives.first)
        #expect(life.reason == "reset_by_peer" && life.process == Self.server && life.error == 104)
        #expect(life.states.map(\.state) == [.synReceived, .established, .closeWait, .lastAck])
        #expect(life.ended == 5_000_000 && life.closedFirst == "peer")
        #expect(batch.gaps.map(\.kind) == [.overrun] && batch.gaps.first?.count == 7)
    }

    @Test func `a leaked connection is written once, while it lives`() throws {
        let (tracker, news) = world(connections: 3, closed: 0)
        var (recorder, early) = record(tracker, news, at: 10 * Self.second)
        #expect(early.lives.isEmpty)
        let late = recorder.closeMinute(29_000_001, at: 120 * Self.second, tracker, offset: 0) { _ in "" }
        #expect(late.lives.map(\.reason) == ["leak", "leak", "leak"])
        #expect(late.lives.allSatisfy { $0.ending == nil && $0.states.last?.state == .closeWait })
        let later = recorder.closeMinute(29_000_002, at: 180 * Self.second, tracker, offset: 0) { _ in "" }
        #expect(later.lives.isEmpty)
    }

    @Test func `a number of a process that is given again is another process`() {
        let tracker = Tracker()
        var recorder = Recorder()
        for (cookie, ticks) in [(2, 7), (3, 900)] as [(UInt64, UInt64)] {
            let opening = Opening(
                time: 1, cookie: cookie, namespace: Self.namespace, way: .connect,
                process: ProcessIdentity(pid: 812, startTicks: ticks, command: "server"))
            tracker.consume(opening)
            recorder.take(
                .transition(tracker.consume(transition(cookie, .closed, .synSent, at: 2))), tracker, offset: 0
            ) { _ in "" }
        }
        let rows = recorder.closeMinute(29_000_000, at: 3, tracker, offset: 0) { _ in "" }.minutes
        #expect(Set(rows.compactMap { $0.process?.startTicks }) == [7, 900])
        #expect(rows.allSatisfy { $0.count == 1 })
    }

    @Test func `a finding keeps the time that it came, and gets one when it goes`() throws {
        let snapshot = SampleHost.snapshot()
        func finding(_ kind: Finding.Kind, _ severity: Finding.Severity) -> Finding {
            Finding(
                kind: kind, severity: severity, subject: Subject(processes: [0], namespace: 0), facts: [], cause: "",
                remedies: [])
        }
        var book = FindingBook()
        let first = book.note([finding(.closeWaitLeak, .warning)], in: snapshot, at: 1000)
        #expect(first.map(\.firstSeen) == [1000] && first.map(\.resolvedAt) == [nil])
        let second = book.note(
            [finding(.closeWaitLeak, .critical), finding(.descriptorsLow, .warning)], in: snapshot, at: 2000)
        let leak = try #require(second.first { $0.kind == "close_wait_leak" })
        #expect(leak.firstSeen == 1000 && leak.lastSeen == 2000 && leak.severity == "critical")
        #expect(leak.json.hasPrefix("{\"kind\":\"close_wait_leak\""))
        let third = book.note([finding(.descriptorsLow, .warning)], in: snapshot, at: 3000)
        let over = try #require(third.first { $0.kind == "close_wait_leak" })
        #expect(over.resolvedAt == 3000 && over.lastSeen == 2000)
        #expect(book.note([], in: snapshot, at: 4000).map(\.kind) == ["descriptors_low"])
        #expect(book.present.isEmpty)
    }

    private static let leak = Finding(
        kind: .closeWaitLeak, severity: .warning, subject: Subject(processes: [0]), facts: [], cause: "", remedies: [])

    @Test func `what a look could not see is not over`() {
        var snapshot = SampleHost.snapshot()
        let finding = Self.leak
        var book = FindingBook()
        _ = book.note([finding], in: snapshot, at: 1000)
        #expect(book.note([], in: snapshot, at: 2000, isHindered: true).isEmpty)
        #expect(book.note([finding], in: snapshot, at: 3000).map(\.firstSeen) == [1000])

        var sightline = Sightline()
        let always = Gap(kind: .namespace, subject: "elsewhere", reason: "Operation not permitted")
        snapshot.gaps = [always]
        #expect(sightline.hindrance(of: snapshot) == nil)
        let name = snapshot.namespaces[0].name ?? "\(snapshot.namespaces[0].inode)"
        let new = Gap(kind: .namespace, subject: name, reason: "Too many open files")
        for (gap, hinders) in [
            (new, true), (Gap(kind: .namespace, subject: "new one"), false), (Gap(kind: .records, subject: name), true),
            (Gap(kind: .file, subject: "/proc/812/fd"), true), (Gap(kind: .outOfSight), false),
            (Gap(kind: .file, subject: "/proc", isPartial: false), false),
        ] {
            snapshot.gaps = [always, gap]
            #expect((sightline.hindrance(of: snapshot) == gap) == hinders, "\(gap)")
        }
        snapshot.gaps = [always]
        #expect(sightline.hindrance(of: snapshot) == nil)
    }

    @Test func `findings of the daemon that ran before are known`() {
        let snapshot = SampleHost.snapshot()
        let finding = Self.leak
        var before = FindingBook()
        let rows = before.note([finding], in: snapshot, at: 1000)
        var book = FindingBook(open: rows)
        #expect(book.note([finding], in: snapshot, at: 9000).map(\.firstSeen) == [1000])
        #expect(book.note([], in: snapshot, at: 10_000).map(\.resolvedAt) == [10_000])
    }

    @Test func `labels stay bounded, whatever programs call themselves`() {
        var labels = ProgramLabels(most: 2)
        #expect(labels.lasting("a") == "a" && labels.lasting("b") == "b" && labels.lasting("c") == "other")
        #expect(labels.lasting("a") == "a" && labels.lasting(nil) == "unknown")
        let largest = labels.largest(["x": [1, 0], "y": [5, 0], "other": [2, 1], "z": [0, 4], "unknown": [0, 1]])
        // A program that is called so shares the label.
        #expect(largest == ["y": [5, 0], "z": [0, 4], "other": [3, 1], "unknown": [0, 1]])
        #expect(labels.largest(["x": [1]]) == ["x": [1]])
    }
}
