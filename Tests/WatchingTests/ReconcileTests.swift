import Sockets
import TCP
import Testing

@testable import Watching

@Suite struct ReconcileTests {
    private let incoming: [State] = [.listen, .synReceived, .established]

    @Test("what was there before is added, with its holder, and its end is seen")
    func before() throws {
        var scene = Scene()
        let tracker = Tracker()
        tracker.beginLook()
        let held = scene.connection(3, .closeWait, holding: .held(start: 0, count: 1))
        let result = tracker.reconcile(
            scene.snapshot([held]), began: scene.now, ended: scene.now + 5)
        #expect(result == Reconciliation(added: 1))
        let life = try #require(tracker.life(of: 3))
        #expect(life.beganBefore && life.state == .closeWait && life.descriptor == 9)
        #expect(tracker.owner(of: life)?.pid == 99)
        let steps = scene.transitions(3, [.closeWait, .lastAck, .closed], flags: .finReceived)
            .map { tracker.consume($0) }
        #expect(steps.first?.dwell?.isExact == false)
        #expect(steps.last?.life.ending == .orderly && tracker.count == 0)
    }

    @Test("what closed while the look went on is not added: no ghosts")
    func ghost() {
        var scene = Scene()
        let tracker = Tracker()
        tracker.beginLook()
        let began = scene.now
        // It was there before, the look saw it, and it closed before the look was done.
        for transition in scene.transitions(3, [.established, .closed], error: 104) { _ = tracker.consume(transition) }
        let result = tracker.reconcile(
            scene.snapshot([scene.connection(3, .established)]), began: began, ended: scene.now)
        #expect(result == Reconciliation())
        #expect(tracker.count == 0)
    }

    @Test("what opened behind the look's back is kept: no holes")
    func hole() {
        var scene = Scene()
        let tracker = Tracker()
        tracker.beginLook()
        let began = scene.now
        for transition in scene.transitions(3, incoming) { _ = tracker.consume(transition) }
        let result = tracker.reconcile(scene.snapshot([]), began: began, ended: scene.now)
        #expect(result == Reconciliation())
        #expect(tracker.life(of: 3)?.state == .established)
    }

    @Test("a transition during the look is newer than what the look saw")
    func newer() {
        var scene = Scene()
        let tracker = Tracker()
        for transition in scene.transitions(3, incoming) { _ = tracker.consume(transition) }
        tracker.beginLook()
        let began = scene.now + 1
        for transition in scene.transitions(3, [.established, .closeWait]) { _ = tracker.consume(transition) }
        let result = tracker.reconcile(
            scene.snapshot([scene.connection(3, .established)]), began: began, ended: scene.now)
        #expect(result == Reconciliation())
        #expect(tracker.life(of: 3)?.state == .closeWait)
        #expect(tracker.life(of: 3)?.hasHoles == false)
    }

    @Test("a look ends what is gone and corrects what the stream lost")
    func lost() {
        var scene = Scene()
        let tracker = Tracker()
        for cookie in [3, 4] as [UInt64] {
            for transition in scene.transitions(cookie, incoming) { _ = tracker.consume(transition) }
        }
        tracker.beginLook()
        var ended: [(UInt64, LifeEnding?)] = []
        let result = tracker.reconcile(
            scene.snapshot([scene.connection(4, .closeWait)]), began: scene.now + 1, ended: scene.now + 2
        ) { ended.append(($0.cookie, $0.ending)) }
        #expect(result == Reconciliation(ended: 1, changed: 1))
        #expect(ended.count == 1 && ended.first?.0 == 3 && ended.first?.1 == .unseen)
        #expect(tracker.life(of: 4)?.state == .closeWait && tracker.life(of: 4)?.hasHoles == true)
        #expect(tracker.count(in: .closeWait) == 1 && tracker.count(in: .established) == 0)
    }

    @Test("a look at a part of the host ends nothing")
    func part() {
        var scene = Scene()
        let tracker = Tracker()
        for transition in scene.transitions(3, incoming) { _ = tracker.consume(transition) }
        tracker.beginLook()
        var part = scene.snapshot([])
        part.gaps = [Gap(kind: .interruptedDump, subject: String(Scene.namespace))]
        tracker.reconcile(part, began: scene.now + 1, ended: scene.now + 2)
        #expect(tracker.count == 1)
    }

    @Test("an orphan in FIN_WAIT_2 whose peer closed unseen is in TIME_WAIT for as long as its new timer says")
    func orphan() {
        var scene = Scene()
        let tracker = Tracker()
        for transition in scene.transitions(
            3, [.closed, .synSent, .established, .finWait1, .finWait2, .closed], flags: .orphan)
        {
            _ = tracker.consume(transition)
        }
        #expect(tracker.count(in: .finWait2) == 1)
        let second: UInt64 = 1_000_000_000
        let looked = scene.now + 30 * second
        tracker.beginLook()
        let small = scene.connection(
            3, .timeWait, timer: Timer(kind: .timeWait, retries: 0, expires: 50_000), holding: .timeWait)
        tracker.reconcile(scene.snapshot([small]), began: looked, ended: looked)
        #expect(tracker.count(in: .timeWait) == 1 && tracker.count(in: .finWait2) == 0)
        // The timer of FIN_WAIT_2 is superseded.
        tracker.advance(to: scene.now + 61 * second) { _ in Issue.record("ended too early") }
        var ended = 0
        tracker.advance(to: looked + 50 * second) { _ in ended += 1 }
        #expect(ended == 1 && tracker.count == 0)
    }

    @Test("who accepts during the look a connection that is older is not forgotten")
    func earlyOpening() {
        let scene = Scene()
        let tracker = Tracker()
        tracker.beginLook()
        #expect(!tracker.consume(scene.opening(3, .accept)))
        tracker.reconcile(
            scene.snapshot([scene.connection(3, .established, holding: .unaccepted)]), began: scene.now,
            ended: scene.now)
        #expect(tracker.life(of: 3).flatMap { tracker.owner(of: $0) }?.pid == 812)
    }

    @Test("requests in the SYN queue and closed sockets are no lives", arguments: [State.synReceived, .closed])
    func noLives(state: State) {
        let scene = Scene()
        let tracker = Tracker()
        tracker.beginLook()
        let holding: Holding = state == .synReceived ? .request : .unseen
        tracker.reconcile(
            scene.snapshot([scene.connection(3, state, holding: holding)]), began: 1, ended: 2)
        #expect(tracker.count == 0)
    }
}
