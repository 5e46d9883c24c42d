import Sockets
import TCP
import Testing

@testable import Watching

@Suite struct LeakVerdictTests {
    private let second: UInt64 = 1_000_000_000

    /// Accepted by the server, and in CLOSE_WAIT; closed after so long where that is given.
    private func connection(
        _ tracker: Tracker, _ scene: inout Scene, _ cookie: UInt64, frames: [UInt64], closedAfter: UInt64?
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

    @Test(
        "a connection leaks that waits longer than any that its program closed, and the verdict says where it was opened"
    )
    func past() throws {
        var scene = Scene()
        let tracker = Tracker()
        for cookie in 1...50 as ClosedRange<UInt64> {
            connection(tracker, &scene, cookie, frames: [1], closedAfter: 10 * second)
        }
        for cookie in 51...54 as ClosedRange<UInt64> {
            connection(tracker, &scene, cookie, frames: [2], closedAfter: nil)
        }
        connection(tracker, &scene, 55, frames: [3], closedAfter: nil)
        #expect(tracker.leaks(at: scene.now + 9 * second).isEmpty)
        let leaks = tracker.leaks(at: scene.now + 11 * second)
        let leak = try #require(leaks.first)
        #expect(leaks.count == 1)
        #expect(leak.waiting == 5 && leak.overdue == 5)
        #expect(leak.group.command == "server" && leak.group.way == .listener(Scene.namespace, 6800))
        guard case .closedOthers(count: 50, let longest) = leak.basis else {
            return #expect(Bool(false), "\(leak.basis)")
        }
        #expect(longest >= 10_000_000)
        #expect(leak.places.map(\.count) == [4, 1])
        #expect(leak.places.map { $0.stack?.frames } == [[2], [3]])
    }

    @Test("a program that closed none is given a minute")
    func none() {
        var scene = Scene()
        let tracker = Tracker()
        connection(tracker, &scene, 1, frames: [], closedAfter: nil)
        #expect(tracker.leaks(at: scene.now + 59 * second).isEmpty)
        let leaks = tracker.leaks(at: scene.now + 61 * second)
        #expect(leaks.map(\.basis) == [.closedNone])
        #expect(leaks.first?.places == [LeakVerdict.Place(stack: nil, count: 1)])
    }

    @Test("what a process closed by ending is no measure for its successor, nor what was reset or destroyed")
    func successor() throws {
        var scene = Scene()
        let tracker = Tracker()
        for cookie in 1...50 as ClosedRange<UInt64> {
            connection(tracker, &scene, cookie, frames: [1], closedAfter: 100 * second)
        }
        // Its peers reset these, after a thousand seconds.
        for cookie in 101...130 as ClosedRange<UInt64> {
            connection(tracker, &scene, cookie, frames: [1], closedAfter: nil)
        }
        scene.now += 1000 * second
        for cookie in 101...130 as ClosedRange<UInt64> {
            for transition in scene.transitions(cookie, [.closeWait, .closed], error: 32) {
                _ = tracker.consume(transition)
            }
        }
        connection(tracker, &scene, 200, frames: [2], closedAfter: nil)
        #expect(tracker.leaks(at: scene.now + 99 * second).isEmpty)
        #expect(tracker.leaks(at: scene.now + 101 * second).count == 1)
        // The same program, started anew, has no past: a minute.
        for transition in scene.transitions(300, [.listen, .synReceived, .established]) {
            _ = tracker.consume(transition)
        }
        tracker.consume(scene.opening(300, .accept, pid: 900, frames: [2]))
        for transition in scene.transitions(300, [.established, .closeWait]) { _ = tracker.consume(transition) }
        let leak = try #require(tracker.leaks(at: scene.now + 61 * second).first)
        #expect(leak.overdue == 1 && leak.waiting == 2 && leak.places.map(\.count) == [1])
    }
}
