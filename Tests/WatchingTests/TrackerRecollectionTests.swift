import Sockets
import TCP
import Testing

@testable import Watching

@Suite("what a tracker remembers for a doctor")
struct TrackerRecollectionTests {
    private let second: UInt64 = 1_000_000_000

    /// Accepted by the server, in CLOSE_WAIT, and closed after a while where that is given.
    private func accept(
        _ tracker: Tracker, _ scene: inout Scene, _ cookie: UInt64, frames: [UInt64] = [1],
        closedAfter: UInt64? = nil
    ) {
        for transition in scene.transitions(cookie, [.listen, .synReceived, .established]) {
            _ = tracker.consume(transition)
        }
        tracker.consume(scene.opening(cookie, .accept, frames: frames))
        for transition in scene.transitions(cookie, [.established, .closeWait]) { _ = tracker.consume(transition) }
        guard let closedAfter else { return }
        scene.now += closedAfter
        for transition in scene.transitions(cookie, [.closeWait, .lastAck, .closed], flags: .finReceived) {
            _ = tracker.consume(transition)
        }
    }

    private func recollect(_ tracker: Tracker, at now: UInt64, _ log: CountLog = CountLog()) -> Recollection {
        tracker.recollection(at: now, since: 1, counts: log) { stack in
            Recollection.Stack(place: "place \(stack.frames[0])", frames: stack.frames.map { "\($0)" })
        }
    }

    @Test("since when, by whom, where, and what its program did with others")
    func all() throws {
        var scene = Scene()
        let tracker = Tracker()
        for cookie in 1...25 as ClosedRange<UInt64> { accept(tracker, &scene, cookie, closedAfter: 2 * second) }
        accept(tracker, &scene, 40, frames: [9])
        let entered = scene.now
        let young = recollect(tracker, at: scene.now + 4 * second)
        #expect(young.connections.map(\.isOverdue) == [false])
        let found = recollect(tracker, at: scene.now + 6 * second)
        let memory = try #require(found.connections.first)
        #expect(found.connections.count == 1)
        #expect(memory.cookie == 40 && memory.state == .closeWait)
        #expect(memory.entered == entered && memory.isExact && memory.isOverdue)
        #expect(memory.opener.map { found.processes[$0].pid } == 812)
        #expect(memory.stack.map { found.stacks[$0].place } == "place 9")
        let program = try #require(memory.program.map { found.programs[$0] })
        #expect(program.command == "server" && program.listener == 6800 && program.namespace == Scene.namespace)
        #expect(program.closed == 25 && program.slowest >= 2_000_000 && program.slowest < 2_100_000)
        #expect(try Recollection(decoding: found.encoded()) == found)
    }

    @Test("of one that is older than the watch the time is a bound, and listeners and TIME_WAIT are left out")
    func older() {
        let scene = Scene()
        let tracker = Tracker()
        tracker.beginLook()
        tracker.reconcile(
            scene.snapshot([
                scene.connection(3, .established), scene.connection(4, .listen),
                scene.connection(5, .timeWait, timer: Timer(kind: .timeWait, retries: 0, expires: 100)),
            ]), began: 5 * second, ended: 6 * second)
        let found = recollect(tracker, at: 9 * second)
        #expect(found.connections.map(\.cookie) == [3])
        #expect(found.connections.map(\.entered) == [6 * second] && found.connections.map(\.isExact) == [false])
    }

    @Test("counts are taken every ten seconds, by process and by namespace, for a quarter of an hour")
    func counts() throws {
        var scene = Scene()
        let tracker = Tracker()
        var log = CountLog()
        for turn in 0..<200 as Range<UInt64> {
            if turn % 2 == 0 { accept(tracker, &scene, turn + 1) }
            log.note(tracker, at: (turn + 100) * 5 * second)
        }
        let counts = recollect(tracker, at: 2000 * second, log).counts
        #expect(counts.times.count == 91)
        #expect(zip(counts.times, counts.times.dropFirst()).allSatisfy { $1 - $0 == 10 * second })
        let process = try #require(counts.series.first { $0.subject == .process(0) && $0.state == .closeWait })
        #expect(process.values == (10...100).map { UInt32($0) })
        #expect(counts.series.contains { $0.subject == .namespace(Scene.namespace) && $0.state == nil })
    }
}
