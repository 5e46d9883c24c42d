import TCP
import Testing

/// RFC 9293, sections 3.5, 3.10.1, 3.10.7.1 to 3.10.7.3.
@Suite struct MachineOpeningTests {
    private let now = MachineFixture.start

    private func segment(
        _ control: Control, _ sequence: UInt32, ack: UInt32 = 0, count: Int = 0, window: UInt16 = 20_000,
        options: Options = Options()
    ) -> Segment {
        MachineFixture.segment(control, sequence, ack: ack, count: count, window: window, options: options)
    }

    private let ours = Options(maximumSegmentSize: 1_460)

    @Test(arguments: State.allCases)
    func `the fixture brings a machine into each state`(_ state: State) {
        #expect(MachineFixture.machine(in: state).state == state)
    }

    @Test func `an active open sends a SYN and waits for the answer`() {
        var machine = ConnectionMachine(MachineFixture.plain())
        let actions = machine.openActively(initialSequence: SequenceNumber(100), at: now)
        #expect(actions == [.send(segment(.syn, 100, window: 10_000, options: ours)), .arm(.retransmission)])
        #expect(machine.state == .synSent)
        #expect(machine.deadline(of: .retransmission) == now + 1_000_000)
    }

    @Test func `a passive open sends nothing`() {
        var machine = ConnectionMachine(MachineFixture.plain())
        #expect(machine.openPassively(initialSequence: SequenceNumber(100)).isEmpty)
        #expect(machine.state == .listen)
        #expect(machine.deadline == nil)
    }

    @Test(arguments: State.allCases.filter { $0 != .closed })
    func `a second open is refused, but LISTEN may become active`(_ state: State) {
        var machine = MachineFixture.machine(in: state)
        #expect(machine.openPassively(initialSequence: SequenceNumber(7)) == [.fail(.alreadyExists)])
        let active = machine.openActively(initialSequence: SequenceNumber(7), at: now)
        #expect((active.failure == nil) == (state == .listen))
        #expect(machine.state == (state == .listen ? .synSent : state))
    }

    @Test func `a SYN in LISTEN is answered by SYN and ACK`() {
        var machine = MachineFixture.machine(in: .listen)
        let actions = machine.arrive(segment(.syn, 300), at: now)
        #expect(
            actions == [
                .send(segment([.syn, .ack], 100, ack: 301, window: 10_000, options: ours)), .arm(.retransmission),
            ])
        #expect(machine.state == .synReceived)
    }

    @Test func `the third segment establishes`() {
        var machine = MachineFixture.machine(in: .synReceived)
        let actions = machine.arrive(segment(.ack, 301, ack: 101), at: now)
        #expect(actions == [.notify(.established), .cancel(.retransmission)])
        #expect(machine.state == .established)
    }

    @Test func `the SYN and ACK establish and are acknowledged`() {
        var machine = MachineFixture.machine(in: .synSent)
        let actions = machine.arrive(segment([.syn, .ack], 300, ack: 101), at: now)
        #expect(
            actions == [
                .notify(.established), .send(segment(.ack, 101, ack: 301, window: 10_000)), .cancel(.retransmission),
            ])
        #expect(machine.state == .established)
    }

    /// 3.10.7.2, in its order.
    @Test(
        arguments: [
            (.rst, 300, 0, nil, nil), ([.rst, .ack], 300, 101, nil, nil),
            (.ack, 300, 777, .rst, 777), ([.syn, .ack], 300, 777, .rst, 777), ([.fin, .ack], 300, 777, .rst, 777),
            (.fin, 300, 0, nil, nil), ([], 300, 0, nil, nil), (.urg, 300, 0, nil, nil),
        ] as [(Control, UInt32, UInt32, Control?, UInt32?)])
    func `LISTEN ignores a RST, resets an ACK, drops the rest`(
        _ control: Control, _ sequence: UInt32, _ ack: UInt32, _ answer: Control?, _ answerSequence: UInt32?
    ) {
        var machine = MachineFixture.machine(in: .listen)
        let actions = machine.arrive(segment(control, sequence, ack: ack), at: now)
        #expect(actions.segments.map(\.control) == (answer.map { [$0] } ?? []))
        #expect(actions.segments.map(\.sequence.rawValue) == (answerSequence.map { [$0] } ?? []))
        #expect(machine.state == .listen)
    }

    /// 3.10.7.1, and the same by the static function for a segment of no connection.
    @Test(
        arguments: [
            (.rst, 300, 0, 0, nil), ([.rst, .ack], 300, 9, 3, nil),
            (.ack, 300, 777, 3, Segment(sequence: SequenceNumber(777), control: .rst)),
            (
                .syn, 300, 0, 0,
                Segment(sequence: SequenceNumber(0), acknowledgment: SequenceNumber(301), control: [.rst, .ack])
            ),
            (
                [.syn, .fin], 300, 0, 5,
                Segment(sequence: SequenceNumber(0), acknowledgment: SequenceNumber(307), control: [.rst, .ack])
            ),
        ] as [(Control, UInt32, UInt32, Int, Segment?)])
    func `CLOSED answers all but a RST by a RST`(
        _ control: Control, _ sequence: UInt32, _ ack: UInt32, _ count: Int, _ answer: Segment?
    ) {
        let arrived = segment(control, sequence, ack: ack, count: count)
        var machine = ConnectionMachine()
        #expect(machine.arrive(arrived, at: now).segments == (answer.map { [$0] } ?? []))
        #expect(machine.state == .closed)
        #expect(ConnectionMachine.reset(answering: arrived) == answer)
    }

    /// 3.10.7.3, in its order; 100 is ISS, 101 SND.NXT.
    @Test(
        arguments: [
            // First, the ACK.
            (.ack, 100, .rst, 100, .synSent), (.ack, 102, .rst, 102, .synSent), (.ack, 101, nil, 0, .synSent),
            ([.syn, .ack], 100, .rst, 100, .synSent), ([.syn, .ack], 102, .rst, 102, .synSent),
            ([.fin, .ack], 102, .rst, 102, .synSent),
            // Second, the RST.
            ([.rst, .ack], 100, nil, 0, .synSent), ([.rst, .ack], 102, nil, 0, .synSent), (.rst, 0, nil, 0, .synSent),
            ([.rst, .ack], 101, nil, 0, .closed),
            // Fourth, the SYN.
            (.syn, 0, [.syn, .ack], 100, .synReceived), ([.syn, .ack], 101, .ack, 101, .established),
            // Fifth.
            (.fin, 0, nil, 0, .synSent), ([], 0, nil, 0, .synSent), ([.fin, .ack], 101, nil, 0, .synSent),
        ] as [(Control, UInt32, Control?, UInt32, State)])
    func `SYN_SENT takes what answers its SYN`(
        _ control: Control, _ ack: UInt32, _ answer: Control?, _ sequence: UInt32, _ state: State
    ) {
        var machine = MachineFixture.machine(in: .synSent)
        let actions = machine.arrive(segment(control, 300, ack: ack), at: now)
        #expect(actions.segments.map(\.control) == (answer.map { [$0] } ?? []))
        #expect(actions.segments.allSatisfy { $0.sequence == SequenceNumber(sequence) })
        #expect(machine.state == state)
        #expect((actions.ending == .refused) == (state == .closed))
    }

    @Test func `a refused active open ends and no timer runs on`() {
        var machine = MachineFixture.machine(in: .synSent)
        let actions = machine.arrive(segment([.rst, .ack], 0, ack: 101), at: now)
        #expect(actions == [.cancel(.retransmission), .notify(.closed(.refused))])
        #expect(machine.deadline == nil)
    }

    @Test(arguments: Configuration.Profile.allCases)
    func `two that open towards each other both get there`(_ profile: Configuration.Profile) {
        let wire = MachineWire(client: Configuration(profile), server: Configuration(profile))
        wire.call(.client) { $0.openActively(initialSequence: SequenceNumber(100), at: $1) }
        wire.call(.server) { $0.openActively(initialSequence: SequenceNumber(300), at: $1) }
        while wire.state(.client) == .synSent || wire.state(.server) == .synSent { #expect(wire.step()) }
        #expect(wire.state(.client) == .synReceived)
        wire.settle()
        #expect(wire.state(.client) == .established)
        #expect(wire.state(.server) == .established)
        #expect(wire.sent.prefix(4).map(\.segment.control) == [.syn, .syn, [.syn, .ack], [.syn, .ack]])
    }

    @Test(arguments: Configuration.Profile.allCases)
    func `a SYN lost, an answer lost, a third segment lost: all are repaired`(_ profile: Configuration.Profile) {
        for lost in 0..<3 {
            let wire = MachineWire(client: Configuration(profile), server: Configuration(profile))
            wire.fate = { number, _ in number == lost ? [] : [0] }
            wire.open()
            wire.run(for: 20_000_000)
            #expect(wire.state(.client) == .established)
            #expect(wire.state(.server) == .established)
        }
    }

    @Test func `a SYN that nobody answers is repeated, later each time, and given up`() {
        var configuration = MachineFixture.plain()
        configuration.synRetries = 3
        var machine = MachineFixture.machine(in: .synSent, configuration)
        var at = now
        for wait in [1, 2, 4] as [Microseconds] {
            at = at + wait * 1_000_000
            #expect(machine.deadline == at)
            let again = machine.expire(at: at)
            #expect(again.segments == [segment(.syn, 100, window: 10_000, options: ours)])
            #expect(machine.state == .synSent)
        }
        at = at + 8_000_000
        #expect(machine.deadline == at)
        #expect(machine.expire(at: at) == [.notify(.closed(.timedOut))])
        #expect(machine.state == .closed)
    }

    @Test func `a lost third segment leaves SYN_RCVD, which repeats its SYN+ACK and gives up`() {
        var configuration = MachineFixture.plain(.linux)
        configuration.synAckRetries = 2
        var machine = MachineFixture.machine(in: .synReceived, configuration)
        for _ in 0..<2 {
            let again = machine.expire(at: machine.deadline!)
            #expect(again.segments.map(\.control) == [[.syn, .ack]])
        }
        #expect(machine.expire(at: machine.deadline!) == [.notify(.closed(.timedOut))])
        #expect(machine.state == .closed)
    }

    @Test func `a RST sends a passive SYN_RCVD back to LISTEN, an active one to CLOSED`() {
        var passive = MachineFixture.machine(in: .synReceived)
        #expect(
            passive.arrive(segment(.rst, 301), at: now) == [.notify(.listeningAgain), .cancel(.retransmission)])
        #expect(passive.state == .listen)
        // And it can be had again.
        _ = passive.arrive(segment(.syn, 900), at: now)
        #expect(passive.arrive(segment(.ack, 901, ack: 101), at: now).flags.contains(.established))

        var active = MachineFixture.machine(in: .synSent)
        _ = active.arrive(segment(.syn, 300), at: now)
        #expect(active.arrive(segment(.rst, 301), at: now) == [.cancel(.retransmission), .notify(.closed(.refused))])
        #expect(active.state == .closed)
    }

    @Test(arguments: [100, 102, 99] as [UInt32])
    func `a wrong ACK in SYN_RCVD is reset and changes nothing`(_ ack: UInt32) {
        var machine = MachineFixture.machine(in: .synReceived)
        #expect(machine.arrive(segment(.ack, 301, ack: ack), at: now) == [.send(segment(.rst, ack, window: 0))])
        #expect(machine.state == .synReceived)
    }

    @Test func `data that comes with a SYN waits until the connection stands`() {
        var machine = MachineFixture.machine(in: .listen)
        let first = machine.arrive(segment(.syn, 300, count: 3), at: now)
        #expect(first.stored == SequenceRange(start: SequenceNumber(301), count: 3))
        #expect(first.readable == 0)
        #expect(first.segments.map(\.acknowledgment) == [SequenceNumber(301)])
        let then = machine.arrive(segment(.ack, 304, ack: 101), at: now)
        #expect(then.readable == 3)
        #expect(machine.status.receiveNext == SequenceNumber(304))
    }

    @Test func `data with SYN and ACK is taken and acknowledged at once`() {
        var machine = MachineFixture.machine(in: .synSent)
        let actions = machine.arrive(segment([.syn, .ack], 300, ack: 101, count: 3), at: now)
        #expect(actions.readable == 3)
        #expect(actions.segments == [segment(.ack, 101, ack: 304, window: 9_997)])
        #expect(machine.state == .established)
    }

    @Test func `SEND before the connection stands is sent when it does`() {
        var machine = MachineFixture.machine(in: .synSent)
        #expect(machine.send(5, at: now).isEmpty)
        let actions = machine.arrive(
            segment([.syn, .ack], 300, ack: 101, options: Options(maximumSegmentSize: 1_000)), at: now)
        #expect(actions.segments == [segment([.ack, .psh], 101, ack: 301, count: 5, window: 10_000)])
    }

    @Test func `SEND in LISTEN opens actively`() {
        var machine = MachineFixture.machine(in: .listen)
        #expect(machine.send(5, at: now).segments.map(\.control) == [.syn])
        #expect(machine.state == .synSent)
    }

    @Test func `an old duplicate SYN is found out by a reset`() {
        // 3.5, figure 9: the server answers an old SYN, the client resets that, the server listens again.
        var server = MachineFixture.machine(in: .listen)
        let answer = server.arrive(segment(.syn, 90), at: now)
        var client = MachineFixture.machine(in: .synSent)
        var odd = answer.segment(0)
        odd.acknowledgment = SequenceNumber(91)
        let reset = client.arrive(odd, at: now)
        #expect(reset.segments == [segment(.rst, 91, window: 0)])
        #expect(server.arrive(reset.segment(0), at: now).flags.contains(.listeningAgain))
        #expect(client.state == .synSent)
        #expect(server.state == .listen)
    }

    @Test func `a half-open connection is found out when the other side opens again`() {
        // 3.5.1, figure 10: B thinks it is open, A has forgotten and sends a SYN.
        var forgetful = MachineFixture.machine(in: .synSent)
        var faithful = MachineFixture.machine(in: .established)
        let challenge = faithful.arrive(segment(.syn, 400), at: now)
        #expect(challenge.segments == [segment(.ack, 101, ack: 301, window: 10_000)])
        #expect(faithful.state == .established)
        let reset = forgetful.arrive(segment(.ack, 500, ack: 301), at: now)
        #expect(reset.segments == [segment(.rst, 301, window: 0)])
        #expect(faithful.arrive(segment(.rst, 301), at: now).ending == .reset)
        #expect(faithful.state == .closed)
    }

    @Test func `options are agreed on only if both sides name them`() {
        var configuration = Configuration()
        configuration.windowScale = 5
        let all = Options(
            maximumSegmentSize: 900, windowScale: 20, sackPermitted: true, timestamps: Timestamps(value: 77, echo: 0))
        var machine = MachineFixture.machine(in: .listen, configuration)
        let answer = machine.arrive(segment(.syn, 300, options: all), at: now).segment(0)
        #expect(answer.options.windowScale == 5)
        #expect(answer.options.sackPermitted)
        #expect(answer.options.timestamps == Timestamps(value: 5_000, echo: 77))
        // RFC 7323, section 2.3: 14 at most.
        #expect(machine.status.sendWindowScale == 14)
        #expect(machine.status.segmentSize == 888)

        var bare = MachineFixture.machine(in: .listen, configuration)
        let plain = bare.arrive(segment(.syn, 300), at: now).segment(0)
        #expect(plain.options == Options(maximumSegmentSize: 1_460))
        #expect(bare.status.segmentSize == 536)
        #expect(bare.status.receiveWindowScale == 0)
    }

    @Test func `a hard network error ends an open, a soft one does not`() {
        var soft = MachineFixture.machine(in: .synSent)
        #expect(soft.unreachable(.soft, at: now) == [.notify(.trouble(.unreachable))])
        #expect(soft.state == .synSent)
        #expect(soft.unreachable(.hard, at: now) == [.cancel(.retransmission), .notify(.closed(.unreachable))])
        #expect(soft.state == .closed)
        var established = MachineFixture.machine(in: .established)
        #expect(established.unreachable(.hard, at: now) == [.notify(.trouble(.unreachable))])
        #expect(established.state == .established)
    }
}
