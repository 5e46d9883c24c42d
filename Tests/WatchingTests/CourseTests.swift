import Sockets
import TCP
import Testing

@testable import Watching

/// A whole connection at once, or transition by transition: it must come to the same.
@Suite struct CourseTests {
    /// As the kernel tells it; the last state is CLOSED.
    private func course(
        _ scene: inout Scene, _ cookie: UInt64, _ path: [State], error: UInt16 = 0, flags: Transition.Flags = [],
        opening: Opening? = nil
    ) -> Course {
        let transitions = scene.transitions(cookie, path, error: error, flags: flags, acked: 11)
        var course = Course(
            cookie: cookie, namespace: Scene.namespace, local: scene.local, remote: scene.remote,
            first: transitions[0].new, at: transitions[0].time)
        for one in transitions.dropLast().dropFirst() {
            course.enter(one.new, later: UInt32(one.time - transitions[0].time))
        }
        course.opener = opening.map {
            var command = SIMD16<UInt8>.zero
            for (place, byte) in $0.process.command.utf8.enumerated() { command[place] = byte }
            return Course.Opener(
                pid: $0.process.pid, startTicks: $0.process.startTicks, command: command, way: $0.way,
                descriptor: $0.descriptor)
        }
        course.end = transitions.last.map {
            Course.End(
                time: $0.time, old: $0.old, bytesAcked: $0.bytesAcked, bytesReceived: $0.bytesReceived,
                retransmissions: $0.retransmissions, error: error, flags: flags)
        }
        return course
    }

    @Test(
        "as a whole and one by one, a connection ends alike",
        arguments: TrackerTests.cases.filter { $0.path[1] != .listen })
    func same(one: TrackerTests.Case) throws {
        var scene = Scene()
        let opening = scene.opening(7, one.path[0] == .closed ? .connect : .accept)
        let course = course(&scene, 7, one.path, error: one.error, flags: one.flags, opening: opening)
        let (whole, single) = (Tracker(), Tracker())
        let isTaken = whole.consume(course)
        // Only what ended in good order is ordinary.
        #expect(isTaken == (one.ending == .orderly || one.ending == .orphaned))
        for event in isTaken ? [] : course.events { whole.consume(event) }
        for event in course.events { single.consume(event) }
        #expect(whole.takeTally().connections == (isTaken ? 1 : 0))
        #expect(whole.count == single.count)
        for state in State.allCases { #expect(whole.count(in: state) == single.count(in: state), "\(state)") }
        let (left, right) = (whole.life(of: 7), single.life(of: 7))
        #expect(left?.states == right?.states && left?.states.last == one.remains)
        #expect(left?.ended == right?.ended && left?.ending == right?.ending && left?.isSmall == right?.isSmall)
        #expect(left?.bytesAcked == right?.bytesAcked && left?.hasTraffic == right?.hasTraffic)
        #expect(left.flatMap(whole.owner) == right.flatMap(single.owner))
        #expect(left?.descriptor == right?.descriptor)
        let command = "server"
        let incoming = one.path[0] == .listen
        let group = DwellGroup(
            command: command, way: incoming ? .listener(Scene.namespace, 6800) : .destination(scene.remote))
        for state in State.allCases {
            let (left, right) = (
                whole.dwells.histogram(of: group, in: state), single.dwells.histogram(of: group, in: state)
            )
            #expect(left == right, "\(state)")
        }
        #expect(
            whole.dwells.histogram(of: group, in: one.states[0])?.count == 1
                || one.states.count == 1 && one.remains != nil)
        let key = ClosedPasts.Key(owner: opening.process, way: group.way)
        #expect(whole.pasts[key]?.closed == single.pasts[key]?.closed)
        // Its small socket's time ends alike.
        for tracker in [whole, single] {
            var over: [UInt64] = []
            tracker.advance(to: scene.now + 60_000_000_000) { over.append($0.cookie) }
            #expect(over == (one.remains == nil ? [] : [7]) && tracker.count == 0 && tracker.owners.count == 0)
        }
    }

    @Test("courses of one program and way are counted together, with the stays in each state")
    func together() throws {
        var scene = Scene()
        let tracker = Tracker()
        for cookie in 1...5 as ClosedRange<UInt64> {
            let opening = scene.opening(cookie, .accept)
            let course = course(
                &scene, cookie, TrackerTests.incoming + [.closeWait, .lastAck, .closed], flags: .finReceived,
                opening: opening)
            #expect(tracker.consume(course))
        }
        let tally = tracker.takeTally()
        #expect(tally.connections == 5 && tally.groups.count == 1)
        let count = try #require(tally.groups.first)
        #expect(count.orderly == 5 && count.orphaned == 0 && count.process?.command == "server")
        for state in [State.synReceived, .established, .closeWait, .lastAck] {
            #expect(count[state].entered == 5 && count[state].left == 5)
            #expect(count[state].dwell.count == 5 && count[state].dwell.most == 1000)
        }
        #expect(count[.timeWait].entered == 0 && count[.finWait1].entered == 0)
        #expect(tracker.count == 0)
        // Taken once.
        #expect(tracker.takeTally().isEmpty)
    }

    @Test("one that goes on is told step by step, and its later transitions follow")
    func goesOn() throws {
        var scene = Scene()
        let tracker = Tracker()
        var young = Course(
            cookie: 7, namespace: Scene.namespace, local: scene.local, remote: scene.remote, first: .synReceived, at: 10
        )
        young.enter(.established, later: 2)
        #expect(!tracker.consume(young))
        for event in young.events { tracker.consume(event) }
        let life = try #require(tracker.life(of: 7))
        #expect(life.states == [.synReceived, .established] && !life.beganBefore && !life.hasHoles)
        #expect(life.entered(at: 0) == 10 && life.entered(at: 1) == 12)
        // What it carried is not known until something tells of it.
        #expect(!life.hasTraffic)
        let step = tracker.consume(scene.transitions(7, [.established, .closeWait], acked: 9)[0])
        #expect(step.life.hasTraffic && step.life.bytesAcked == 9 && !step.life.hasHoles && tracker.skips == 0)
    }

    @Test("one that a look has added meanwhile is not taken as a whole, and begins when it began")
    func knownByLook() throws {
        var scene = Scene()
        let tracker = Tracker()
        tracker.beginLook()
        tracker.reconcile(scene.snapshot([scene.connection(7, .established)]), began: scene.now, ended: scene.now)
        let course = course(
            &scene, 7, TrackerTests.incoming + [.closeWait, .lastAck, .closed], flags: .finReceived)
        #expect(!tracker.consume(course))
        for event in course.events { tracker.consume(event) }
        #expect(tracker.count == 0 && tracker.skips == 0)
    }

    @Test("one that was over while a look went on is not added by it")
    func overDuringLook() {
        var scene = Scene()
        let tracker = Tracker()
        tracker.beginLook()
        let began = scene.now
        let course = course(
            &scene, 7, TrackerTests.incoming + [.closeWait, .lastAck, .closed], flags: .finReceived)
        #expect(tracker.consume(course))
        tracker.reconcile(scene.snapshot([scene.connection(7, .lastAck)]), began: began, ended: scene.now)
        #expect(tracker.count == 0)
    }
}

extension Tracker {
    fileprivate func consume(_ event: StreamEvent) {
        switch event {
        case .transition(let transition): _ = consume(transition)
        case .opening(let opening): _ = consume(opening)
        case .course: Issue.record("a course in a course")
        }
    }
}
