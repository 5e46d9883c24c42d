import TCP
import Testing

/// RFC 9293, sections 3.6, 3.10.4, 3.10.5 and 3.10.7.4.
@Suite struct MachineClosingTests {
    private let now = MachineFixture.start

    private func segment(
        _ control: Control, _ sequence: UInt32, ack: UInt32 = 0, count: Int = 0, window: UInt16 = 20_000
    ) -> Segment {
        MachineFixture.segment(control, sequence, ack: ack, count: count, window: window)
    }

    @Test func `closing actively goes over FIN_WAIT_1 and FIN_WAIT_2 to TIME_WAIT`() {
        var machine = MachineFixture.machine(in: .established)
        #expect(
            machine.shutdownSend(at: now)
                == [.send(segment([.fin, .ack], 101, ack: 301, window: 10_000)), .arm(.retransmission)])
        #expect(machine.state == .finWait1)
        #expect(machine.arrive(segment(.ack, 301, ack: 102), at: now) == [.cancel(.retransmission)])
        #expect(machine.state == .finWait2)
        #expect(
            machine.arrive(segment([.fin, .ack], 301, ack: 102), at: now) == [
                .notify(.peerClosed), .send(segment(.ack, 102, ack: 302, window: 9_999)), .arm(.timeWait),
            ])
        #expect(machine.state == .timeWait)
        #expect(machine.deadline == now + 240_000_000)
        #expect(machine.expire(at: now + 240_000_000) == [.notify(.closed(.orderly))])
        #expect(machine.state == .closed)
    }

    @Test func `FIN and ACK of our FIN in one segment lead straight to TIME_WAIT`() {
        var machine = MachineFixture.machine(in: .finWait1)
        let actions = machine.arrive(segment([.fin, .ack], 301, ack: 102), at: now)
        #expect(
            actions == [
                .notify(.peerClosed), .send(segment(.ack, 102, ack: 302, window: 9_999)), .cancel(.retransmission),
                .arm(.timeWait),
            ])
        #expect(machine.state == .timeWait)
    }

    @Test func `closing passively goes over CLOSE_WAIT and LAST_ACK`() {
        var machine = MachineFixture.machine(in: .established)
        #expect(
            machine.arrive(segment([.fin, .ack], 301, ack: 101), at: now)
                == [.notify(.peerClosed), .send(segment(.ack, 101, ack: 302, window: 9_999))])
        #expect(machine.state == .closeWait)
        #expect(
            machine.shutdownSend(at: now)
                == [.send(segment([.fin, .ack], 101, ack: 302, window: 9_999)), .arm(.retransmission)])
        #expect(machine.state == .lastAck)
        #expect(
            machine.arrive(segment(.ack, 302, ack: 102), at: now)
                == [.cancel(.retransmission), .notify(.closed(.orderly))])
        #expect(machine.state == .closed)
    }

    @Test(
        arguments: [(.rfc, .ack), (.linux, .ack), (.freeBSD, [.fin, .ack])] as [(Configuration.Profile, Control)])
    func `two FINs that cross make CLOSING`(_ profile: Configuration.Profile, _ answer: Control) {
        var machine = MachineFixture.machine(in: .finWait1, MachineFixture.plain(profile))
        let actions = machine.arrive(segment([.fin, .ack], 301, ack: 101), at: now)
        #expect(actions.segments.map(\.control) == [answer])
        #expect(actions.segments[0].acknowledgment == SequenceNumber(302))
        #expect(machine.state == .closing)
        let last = machine.arrive(segment(.ack, 302, ack: 102), at: now)
        #expect(last == [.cancel(.retransmission), .arm(.timeWait)])
        #expect(machine.state == .timeWait)
    }

    @Test(arguments: Configuration.Profile.allCases)
    func `two that close at the same moment both wait two lifetimes`(_ profile: Configuration.Profile) {
        let wire = MachineWire(client: Configuration(profile), server: Configuration(profile))
        wire.open()
        wire.call(.client) { $0.close(at: $1) }
        wire.call(.server) { $0.close(at: $1) }
        while wire.state(.client) == .finWait1 { #expect(wire.step()) }
        #expect(wire.state(.client) == .closing)
        wire.settle()
        #expect(wire.state(.client) == .timeWait)
        #expect(wire.state(.server) == .timeWait)
    }

    @Test(arguments: Configuration.Profile.allCases)
    func `half a connection goes on carrying data`(_ profile: Configuration.Profile) {
        let wire = MachineWire(client: Configuration(profile), server: Configuration(profile))
        wire.open()
        wire.call(.client) { $0.shutdownSend(at: $1) }
        wire.settle()
        wire.call(.server) { $0.send(40_000, at: $1) }
        wire.run(for: 5_000_000)
        #expect(wire.readable[.client] == 40_000)
        #expect(wire.state(.client) == .finWait2)
        #expect(wire.state(.server) == .closeWait)
        #expect(wire.call(.client) { $0.send(1, at: $1) } == [.fail(.closing)])
    }

    @Test func `a FIN waits for the data before it, and goes with the last of it`() {
        var configuration = MachineFixture.plain()
        configuration.initialWindowSegments = 2
        var machine = MachineFixture.machine(in: .established, configuration)
        let sent = machine.send(2_500, at: now)
        #expect(sent.segments.map(\.payloadCount) == [2_000])
        #expect(machine.shutdownSend(at: now).isEmpty)
        #expect(machine.state == .finWait1)
        let rest = machine.arrive(segment(.ack, 301, ack: 2_101), at: now)
        #expect(rest.segments == [segment([.fin, .ack, .psh], 2_101, ack: 301, count: 500, window: 10_000)])
        #expect(machine.arrive(segment(.ack, 301, ack: 2_601), at: now).ending == nil)
        #expect(machine.state == .finWait1)
        _ = machine.arrive(segment(.ack, 301, ack: 2_602), at: now)
        #expect(machine.state == .finWait2)
    }

    @Test func `a FIN that overtook its data waits for it`() {
        var machine = MachineFixture.machine(in: .established)
        let early = machine.arrive(segment([.fin, .ack], 401, ack: 101, count: 50), at: now)
        #expect(early.stored == SequenceRange(start: SequenceNumber(401), count: 50))
        #expect(early.readable == 0)
        #expect(machine.state == .established)
        let late = machine.arrive(segment(.ack, 301, ack: 101, count: 100), at: now)
        #expect(late.readable == 150)
        #expect(late.flags.contains(.peerClosed))
        #expect(late.segments.map(\.acknowledgment) == [SequenceNumber(452)])
        #expect(machine.state == .closeWait)
    }

    @Test func `a lost FIN is repeated until it is acknowledged`() {
        var machine = MachineFixture.machine(in: .finWait1)
        let again = machine.expire(at: machine.deadline!)
        #expect(again.segments == [segment([.fin, .ack], 101, ack: 301, window: 10_000)])
        #expect(again.armed.contains(MachineTimers(.retransmission)))
        #expect(machine.state == .finWait1)
    }

    @Test(arguments: [State.closeWait, .closing, .lastAck, .timeWait])
    func `a FIN that comes again is acknowledged again`(_ state: State) {
        var machine = MachineFixture.machine(in: state)
        let later = now + 100_000_000
        let nextSequence = machine.status.sendNext.rawValue
        let actions = machine.arrive(segment([.fin, .ack], 301, ack: 101), at: later)
        #expect(actions.segments == [segment(.ack, nextSequence, ack: 302, window: 9_999)])
        #expect(machine.state == state)
        // In TIME_WAIT the two lifetimes begin again.
        #expect(machine.deadline(of: .timeWait) == (state == .timeWait ? later + 240_000_000 : nil))
    }

    @Test(arguments: State.allCases)
    func `CLOSE in each state`(_ state: State) {
        var machine = MachineFixture.machine(in: state)
        let actions = machine.shutdownSend(at: now)
        switch state {
        case .closed: #expect(actions == [.fail(.noConnection)])
        case .listen: #expect(actions == [.notify(.closed(.orderly))])
        case .synSent: #expect(actions == [.cancel(.retransmission), .notify(.closed(.orderly))])
        case .synReceived, .established, .closeWait: #expect(actions.segments.map(\.control) == [[.fin, .ack]])
        case .finWait1, .finWait2, .closing, .lastAck, .timeWait: #expect(actions == [.fail(.closing)])
        }
        let after: State =
            switch state {
            case .closed, .listen, .synSent: .closed
            case .synReceived, .established: .finWait1
            case .closeWait: .lastAck
            default: state
            }
        #expect(machine.state == after)
    }

    @Test(arguments: State.allCases)
    func `ABORT in each state`(_ state: State) {
        var machine = MachineFixture.machine(in: state)
        let next = machine.status.sendNext.rawValue
        let actions = machine.abort(at: now)
        switch state {
        case .closed:
            #expect(actions == [.fail(.noConnection)])
        case .listen, .synSent, .closing, .lastAck, .timeWait:
            #expect(actions.segments.isEmpty)
            #expect(actions.ending == .aborted)
        case .synReceived, .established, .finWait1, .finWait2, .closeWait:
            #expect(actions.segments == [segment(.rst, next, window: 0)])
            #expect(actions.ending == .aborted)
        }
        #expect(machine.state == .closed)
        #expect(machine.deadline == nil)
    }

    @Test(arguments: State.allCases)
    func `SEND and RECEIVE in each state`(_ state: State) {
        var machine = MachineFixture.machine(in: state)
        let sent = machine.send(10, at: now)
        switch state {
        case .closed: #expect(sent == [.fail(.noConnection)])
        case .listen, .established, .closeWait: #expect(sent.segmentCount == 1)
        case .synSent, .synReceived: #expect(sent.isEmpty)
        case .finWait1, .finWait2, .closing, .lastAck, .timeWait: #expect(sent == [.fail(.closing)])
        }
        #expect(machine.receive(1, at: now) == [.fail(state == .closed ? .noConnection : .badCount)])
    }

    @Test(arguments: [State.established, .finWait1, .finWait2, .closeWait])
    func `closing with data unread resets`(_ state: State) {
        var machine = MachineFixture.machine(in: state == .closeWait ? .established : state)
        let ack = machine.status.sendNext.rawValue
        _ = machine.arrive(segment([.ack, .psh], 301, ack: ack, count: 10), at: now)
        if state == .closeWait { _ = machine.arrive(segment([.fin, .ack], 311, ack: ack), at: now) }
        let actions = machine.close(at: now)
        #expect(actions.segments == [segment(.rst, ack, window: 0)])
        #expect(actions.ending == .aborted)
        #expect(machine.state == .closed)
    }

    @Test func `data after close is answered by a reset, data after shutdown is taken`() {
        var closed = MachineFixture.machine(in: .established)
        _ = closed.close(at: now)
        let late = closed.arrive(segment(.ack, 301, ack: 102, count: 10), at: now)
        #expect(late.segments.map(\.control) == [.rst])
        #expect(late.ending == .aborted)
        #expect(closed.state == .closed)

        var shut = MachineFixture.machine(in: .finWait1)
        #expect(shut.arrive(segment(.ack, 301, ack: 102, count: 10), at: now).readable == 10)
        #expect(shut.state == .finWait2)
    }

    @Test func `FIN_WAIT_2 of an orphan runs out, of a held one it does not`() {
        var configuration = MachineFixture.plain()
        configuration.finWait2Timeout = 60_000_000
        var held = MachineFixture.machine(in: .finWait2, configuration)
        #expect(held.deadline == nil)
        #expect(held.close(at: now) == [.arm(.finWait2)])
        #expect(held.expire(at: now + 60_000_000) == [.notify(.closed(.abandoned))])
        #expect(held.state == .closed)

        var orphan = MachineFixture.machine(in: .established, configuration)
        _ = orphan.close(at: now)
        #expect(orphan.arrive(segment(.ack, 301, ack: 102), at: now) == [.cancel(.retransmission), .arm(.finWait2)])
        // The peer's FIN is still welcome.
        #expect(orphan.arrive(segment([.fin, .ack], 301, ack: 102), at: now).armed == MachineTimers(.timeWait))
        #expect(orphan.state == .timeWait)
        #expect(orphan.deadline(of: .finWait2) == nil)
    }

    @Test(arguments: [State.established, .finWait1, .finWait2, .closeWait, .closing, .lastAck])
    func `a RST with the exact number ends it, one in the window is challenged, one outside ignored`(_ state: State) {
        let probe = MachineFixture.machine(in: state).status
        let next = probe.receiveNext.rawValue
        let edge = next + UInt32(probe.receiveWindow)
        for (sequence, ends, answers) in [
            (next, true, false), (next + 1, false, true), (edge - 1, false, true), (edge, false, false),
            (next - 1, false, false),
        ] {
            var machine = MachineFixture.machine(in: state)
            let actions = machine.arrive(segment(.rst, sequence), at: now)
            #expect((actions.ending == .reset) == ends)
            #expect((actions.segmentCount == 1) == answers)
            #expect(machine.state == (ends ? .closed : state))
            #expect(!ends || machine.deadline == nil)
        }
        // Without RFC 5961 any in the window will do.
        var configuration = MachineFixture.plain()
        configuration.challenges = .off
        var plain = MachineFixture.machine(in: state, configuration)
        #expect(plain.arrive(segment(.rst, edge - 1), at: now).ending == .reset)
    }

    @Test(arguments: [State.established, .finWait1, .finWait2, .closeWait, .closing, .lastAck])
    func `a SYN in the window is challenged, or without RFC 5961 answered by a reset`(_ state: State) {
        let status = MachineFixture.machine(in: state).status
        let next = status.receiveNext.rawValue
        var machine = MachineFixture.machine(in: state)
        let challenge = machine.arrive(segment(.syn, next), at: now)
        #expect(challenge.segments.map(\.control) == [.ack])
        #expect(challenge.segments[0].sequence == status.sendNext)
        #expect(machine.state == state)

        var configuration = MachineFixture.plain()
        configuration.challenges = .off
        var plain = MachineFixture.machine(in: state, configuration)
        let reset = plain.arrive(segment(.syn, next), at: now)
        #expect(reset.segments.map(\.control) == [[.rst, .ack]])
        #expect(reset.ending == .reset)
        #expect(plain.state == .closed)
    }

    @Test func `challenge ACKs are limited a second`() {
        var configuration = MachineFixture.plain()
        configuration.challengesPerSecond = 3
        var machine = MachineFixture.machine(in: .established, configuration)
        let answered = (0..<10).map { _ in machine.arrive(segment(.syn, 301), at: now).segmentCount }
        #expect(answered == [1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
        #expect(machine.arrive(segment(.syn, 301), at: now + 1_000_000).segmentCount == 1)
        #expect(machine.state == .established)
    }

    @Test func `TIME_WAIT outlives a RST where RFC 1337 is followed`() {
        for protects in [true, false] {
            var configuration = MachineFixture.plain()
            configuration.protectsTimeWait = protects
            var machine = MachineFixture.machine(in: .timeWait, configuration)
            let actions = machine.arrive(segment(.rst, 302), at: now)
            #expect(actions.segments.isEmpty)
            #expect(machine.state == (protects ? .timeWait : .closed))
        }
    }

    /// RFC 9293, section 3.6.1, MAY-2, and RFC 6191, section 2.
    @Test(
        arguments: [
            (nil, 301, nil, false), (nil, 302, nil, true), (nil, 5_000, nil, true),
            (10, 200, 11, true), (10, 5_000, 9, false), (10, 5_000, 10, true), (10, 200, 10, false),
        ] as [(UInt32?, UInt32, UInt32?, Bool)])
    func `a newer SYN ends TIME_WAIT`(_ last: UInt32?, _ sequence: UInt32, _ stamp: UInt32?, _ opens: Bool) {
        var configuration = MachineFixture.plain()
        configuration.offersTimestamps = true
        configuration.reopensFromTimeWait = true
        var options = Options(maximumSegmentSize: 1_000)
        if let last { options.timestamps = Timestamps(value: last, echo: 0) }
        var machine = MachineFixture.machine(in: .timeWait, configuration, options: options)
        var syn = segment(.syn, sequence)
        if let stamp { syn.options.timestamps = Timestamps(value: stamp, echo: 0) }
        let actions = machine.arrive(syn, at: now)
        if opens {
            #expect(
                actions == [
                    .cancel(.timeWait), .notify(.reopen(after: SequenceNumber(102))), .notify(.closed(.orderly)),
                ])
        } else {
            #expect(actions.segments.map(\.control) == [.ack])
        }
        #expect(machine.state == (opens ? .closed : .timeWait))
    }

    @Test func `without a listener no SYN ends TIME_WAIT`() {
        var machine = MachineFixture.machine(in: .timeWait)
        #expect(machine.arrive(segment(.syn, 5_000), at: now).segments.map(\.control) == [.ack])
        #expect(machine.state == .timeWait)
    }
}
