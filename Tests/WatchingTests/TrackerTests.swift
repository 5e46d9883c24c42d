import Sockets
import TCP
import Testing

@testable import Watching

@Suite struct TrackerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        /// As the kernel tells it.
        var path: [State]
        var error: UInt16 = 0
        var flags: Transition.Flags = []
        var states: [State]
        var ending: LifeEnding?
        var closedFirst: Life.Side?
        /// A small socket carries it on in this state.
        var remains: State?
        var testDescription: String { name }
    }

    static let outgoing: [State] = [.closed, .synSent, .established]
    static let incoming: [State] = [.listen, .synReceived, .established]
    static let cases: [Case] = [
        Case(
            name: "closed here first", path: outgoing + [.finWait1, .finWait2, .closed], flags: .finReceived,
            states: [.synSent, .established, .finWait1, .finWait2, .timeWait], ending: .orderly, closedFirst: .here,
            remains: .timeWait),
        Case(
            name: "closed by the peer first", path: incoming + [.closeWait, .lastAck, .closed], flags: .finReceived,
            states: [.synReceived, .established, .closeWait, .lastAck], ending: .orderly, closedFirst: .peer),
        Case(
            name: "closed by both at once", path: outgoing + [.finWait1, .closing, .closed], flags: .finReceived,
            states: [.synSent, .established, .finWait1, .closing, .timeWait], ending: .orderly, closedFirst: .both,
            remains: .timeWait),
        Case(
            name: "opened by both at once",
            path: [.closed, .synSent, .synReceived, .established, .finWait1, .finWait2, .closed], flags: .finReceived,
            states: [.synSent, .synReceived, .established, .finWait1, .finWait2, .timeWait], ending: .orderly,
            closedFirst: .here, remains: .timeWait),
        Case(
            name: "an orphan that waits for the peer's FIN", path: outgoing + [.finWait1, .finWait2, .closed],
            flags: .orphan, states: [.synSent, .established, .finWait1, .finWait2], ending: .orphaned,
            closedFirst: .here, remains: .finWait2),
        Case(
            name: "an orphan that does not wait", path: outgoing + [.finWait1, .finWait2, .closed],
            flags: [.orphan, .noFinWait], states: [.synSent, .established, .finWait1, .finWait2], ending: .resetHere,
            closedFirst: .here),
        Case(
            name: "reset by the peer in FIN_WAIT_2", path: outgoing + [.finWait1, .finWait2, .closed], error: 104,
            states: [.synSent, .established, .finWait1, .finWait2], ending: .resetByPeer, closedFirst: .here),
        Case(
            name: "reset by the peer in ESTABLISHED", path: incoming + [.closed], error: 104,
            states: [.synReceived, .established], ending: .resetByPeer),
        Case(
            name: "reset by the peer in CLOSE_WAIT", path: incoming + [.closeWait, .closed], error: 32,
            flags: .finReceived, states: [.synReceived, .established, .closeWait], ending: .resetByPeer,
            closedFirst: .peer),
        Case(
            name: "closed with SO_LINGER 0", path: outgoing + [.closed], states: [.synSent, .established],
            ending: .resetHere),
        Case(
            name: "closed with unread data after the peer's FIN", path: incoming + [.closeWait, .closed],
            flags: .finReceived, states: [.synReceived, .established, .closeWait], ending: .resetHere,
            closedFirst: .peer),
        Case(
            name: "destroyed from outside in CLOSE_WAIT", path: incoming + [.closeWait, .closed], error: 103,
            flags: .finReceived, states: [.synReceived, .established, .closeWait], ending: .destroyed,
            closedFirst: .peer),
        Case(
            name: "timed out in LAST_ACK", path: incoming + [.closeWait, .lastAck, .closed], error: 110,
            flags: .finReceived, states: [.synReceived, .established, .closeWait, .lastAck], ending: .timedOut,
            closedFirst: .peer),
        Case(name: "refused", path: [.closed, .synSent, .closed], error: 111, states: [.synSent], ending: .refused),
        Case(
            name: "unanswered", path: [.closed, .synSent, .closed], error: 110, states: [.synSent], ending: .timedOut),
        Case(
            name: "unreachable", path: [.closed, .synSent, .closed], error: 113, states: [.synSent],
            ending: .unreachable),
        Case(name: "given up", path: [.closed, .synSent, .closed], states: [.synSent], ending: .abandoned),
        Case(
            name: "a listener that stops", path: [.closed, .listen, .closed], states: [.listen],
            ending: .stoppedListening),
    ]

    @Test("every way of closing makes a life that says so", arguments: cases)
    func endings(one: Case) throws {
        var scene = Scene()
        let tracker = Tracker()
        var steps: [Step] = []
        for transition in scene.transitions(7, one.path, error: one.error, flags: one.flags, acked: 11) {
            steps.append(tracker.consume(transition))
        }
        let life = try #require(steps.last).life
        #expect(life.states == one.states)
        #expect(life.ending == one.ending)
        #expect(life.closedFirst == one.closedFirst)
        #expect(life.bytesAcked == 11)
        #expect(!life.hasHoles && !life.beganBefore)
        #expect(steps.map(\.isFinished) == steps.indices.map { $0 == steps.count - 1 })
        // A millisecond in each state but in the one that a small socket is in.
        let whole = life.isSmall ? life.states.count - 1 : life.states.count
        for index in 0..<whole { #expect(life.dwell(at: index) == Scene.millisecond) }
        #expect(tracker.count == (one.remains == nil ? 0 : 1))
        #expect(tracker.life(of: 7)?.state == one.remains)
        for state in State.allCases { #expect(tracker.count(in: state) == (state == one.remains ? 1 : 0), "\(state)") }
    }

    @Test("a connection without a free port ends as one")
    func noPort() {
        var scene = Scene()
        scene.local.port = 0
        let tracker = Tracker()
        let steps = scene.transitions(1, [.closed, .synSent, .closed]).map { tracker.consume($0) }
        #expect(steps.last?.life.ending == .noPort)
    }

    @Test("TIME_WAIT ends by its timer after 60 seconds, and not before")
    func timeWait() {
        var scene = Scene()
        let tracker = Tracker()
        for transition in scene.transitions(
            7, Self.outgoing + [.finWait1, .finWait2, .closed], flags: .finReceived)
        {
            _ = tracker.consume(transition)
        }
        var ended: [UInt64] = []
        tracker.advance(to: scene.now + 59_999_000_000) { ended.append($0.cookie) }
        #expect(ended.isEmpty && tracker.count(in: .timeWait) == 1)
        tracker.advance(to: scene.now + 60_000_000_000) { ended.append($0.cookie) }
        #expect(ended == [7] && tracker.count == 0 && tracker.count(in: .timeWait) == 0)
    }

    @Test("who accepted it stays with the connection, and goes with it")
    func owner() {
        var scene = Scene()
        let tracker = Tracker()
        for transition in scene.transitions(7, Self.incoming) { _ = tracker.consume(transition) }
        #expect(tracker.consume(scene.opening(7, .accept, frames: [1, 2])))
        let steps = scene.transitions(7, [.established, .closeWait, .lastAck, .closed], flags: .finReceived)
            .map { tracker.consume($0) }
        for step in steps {
            #expect(step.owner?.pid == 812)
            #expect(step.stack?.frames == [1, 2])
            #expect(step.life.descriptor == 5)
        }
        #expect(tracker.owners.count == 0 && tracker.stacks.count == 0)
    }

    @Test("a transition that was lost leaves a hole, and no wrong time")
    func hole() throws {
        var scene = Scene()
        let tracker = Tracker()
        for transition in scene.transitions(7, Self.incoming) { _ = tracker.consume(transition) }
        // ESTABLISHED to CLOSE_WAIT is lost.
        let step = try #require(scene.transitions(7, [.closeWait, .lastAck]).map { tracker.consume($0) }.last)
        #expect(step.life.hasHoles)
        #expect(step.life.states == [.synReceived, .established, .closeWait, .lastAck])
        #expect(step.dwell == nil)
        #expect(step.life.dwell(at: 1) == nil && step.life.dwell(at: 2) == nil)
        #expect(tracker.count(in: .lastAck) == 1 && tracker.count(in: .established) == 0)
    }

    @Test("a socket that connects again begins a new life under its cookie")
    func again() {
        var scene = Scene()
        let tracker = Tracker()
        for path in [Self.outgoing + [.closed], Self.outgoing] {
            for transition in scene.transitions(7, path) { _ = tracker.consume(transition) }
        }
        #expect(tracker.life(of: 7)?.states == [.synSent, .established])
        #expect(tracker.count == 1)
    }

    @Test("an end that was lost does not leave two lives of one cookie")
    func lostEnd() {
        var scene = Scene()
        let tracker = Tracker()
        for _ in 0..<2 { for transition in scene.transitions(7, Self.outgoing) { _ = tracker.consume(transition) } }
        #expect(tracker.count == 1 && tracker.count(in: .established) == 1)
    }

    @Test("finished connections are filed by program and listener or destination")
    func dwells() throws {
        var scene = Scene()
        let tracker = Tracker()
        for cookie in 1...10 as ClosedRange<UInt64> {
            for transition in scene.transitions(cookie, Self.incoming) { _ = tracker.consume(transition) }
            tracker.consume(scene.opening(cookie, .accept))
            for transition in scene.transitions(
                cookie, [.established, .closeWait, .lastAck, .closed], flags: .finReceived)
            {
                _ = tracker.consume(transition)
            }
        }
        let group = DwellGroup(command: "server", way: .listener(Scene.namespace, 6800))
        let closeWait = try #require(tracker.dwells.histogram(of: group, in: .closeWait))
        #expect(closeWait.count == 10)
        #expect(closeWait.least == 1000 && closeWait.most == 1000)
        #expect(tracker.dwells.histogram(of: group, in: .timeWait) == nil)
    }
}
