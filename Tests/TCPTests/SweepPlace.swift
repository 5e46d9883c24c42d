import TCP
import Testing

/// A connection brought into a state, with numbers that pass through zero.
enum SweepPlace: String, CaseIterable, CustomTestStringConvertible {
    case closed, listen, synSent, synReceivedPassively, synReceivedActively, established, zeroWindow, finWait1, finWait2
    case closeWait, closing, lastAck, timeWait, timeWaitUnprotected, timeWaitReopening

    var testDescription: String { rawValue }

    static let iss = SequenceNumber(0xffff_ffa0)
    static let irs = SequenceNumber(0xffff_fff0)
    /// What our application has sent and the peer has not acknowledged, where the state allows that.
    static let sent = 100
    static let window = 1_000
    static let peerWindow = 2_000
    static let start = Instant(microseconds: 1_000_000)

    var state: State {
        switch self {
        case .closed: .closed
        case .listen: .listen
        case .synSent: .synSent
        case .synReceivedPassively, .synReceivedActively: .synReceived
        case .established, .zeroWindow: .established
        case .finWait1: .finWait1
        case .finWait2: .finWait2
        case .closeWait: .closeWait
        case .closing: .closing
        case .lastAck: .lastAck
        case .timeWait, .timeWaitUnprotected, .timeWaitReopening: .timeWait
        }
    }

    private var hasSentFin: Bool { [.finWait1, .finWait2, .closing, .lastAck, .timeWait].contains(state) }
    private var hasPeerClosed: Bool { [.closeWait, .closing, .lastAck, .timeWait].contains(state) }
    private var isAllAcknowledged: Bool { [.finWait2, .timeWait].contains(state) }

    /// What is true after `machine(_:)`, by counting alone.
    func oracle(challenges: Bool) -> Oracle {
        var oracle = Oracle(state: state, iss: Self.iss, una: Self.iss, nxt: Self.iss)
        oracle.challenges = challenges
        oracle.protectsTimeWait = self != .timeWaitUnprotected
        oracle.reopens = self == .timeWaitReopening
        oracle.isPassive = self != .synReceivedActively
        if state == .closed || state == .listen { return oracle }
        oracle.nxt = Self.iss + 1
        if state == .synSent { return oracle }
        oracle.rcvNxt = Self.irs + 1
        oracle.rcvWnd = Self.window
        oracle.maxSndWnd = Self.peerWindow
        if state == .synReceived { return oracle }
        oracle.una = Self.iss + 1
        oracle.nxt = Self.iss + 1 + Self.sent
        if hasSentFin { oracle.nxt += 1 }
        oracle.hasSentFin = hasSentFin
        if isAllAcknowledged { oracle.una = oracle.nxt }
        if hasPeerClosed {
            // The FIN was inside of the window; nothing has opened that again.
            oracle.rcvNxt += 1
            oracle.rcvWnd -= 1
        }
        if self == .zeroWindow {
            oracle.rcvNxt += Self.window
            oracle.rcvWnd = 0
        }
        return oracle
    }

    private func configuration(challenges: Bool) -> Configuration {
        var configuration = Configuration(.rfc)
        configuration.receiveBufferSize = Int32(Self.window)
        configuration.offersTimestamps = false
        configuration.offersSACK = false
        configuration.windowScale = nil
        configuration.delaysAcknowledgments = false
        configuration.noDelay = true
        configuration.challenges = challenges ? .on : .off
        configuration.challengesPerSecond = 0
        configuration.protectsTimeWait = self != .timeWaitUnprotected
        configuration.reopensFromTimeWait = self == .timeWaitReopening
        return configuration
    }

    /// By calls and segments only.
    func machine(challenges: Bool) -> ConnectionMachine {
        var machine = ConnectionMachine(configuration(challenges: challenges))
        let now = Self.start
        func segment(_ offset: Int, _ acknowledged: Int?, _ control: Control, count: Int = 0) -> Segment {
            Segment(
                sequence: Self.irs + offset, acknowledgment: acknowledged.map { Self.iss + $0 } ?? SequenceNumber(0),
                control: control, window: UInt16(Self.peerWindow),
                options: control.contains(.syn) ? Options(maximumSegmentSize: 1_460) : Options(), payloadCount: count)
        }
        switch self {
        case .closed: return machine
        case .listen:
            _ = machine.openPassively(initialSequence: Self.iss)
            return machine
        case .synSent:
            _ = machine.openActively(initialSequence: Self.iss, at: now)
            return machine
        case .synReceivedActively:
            _ = machine.openActively(initialSequence: Self.iss, at: now)
            _ = machine.arrive(segment(0, nil, .syn), at: now)
            return machine
        default:
            _ = machine.openPassively(initialSequence: Self.iss)
            _ = machine.arrive(segment(0, nil, .syn), at: now)
        }
        if self == .synReceivedPassively { return machine }
        _ = machine.arrive(segment(1, 1, .ack), at: now)
        _ = machine.send(Self.sent, at: now)
        let (data, fin) = (1 + Self.sent, 2 + Self.sent)
        switch state {
        case .established:
            if self == .zeroWindow { _ = machine.arrive(segment(1, 1, .ack, count: Self.window), at: now) }
        case .finWait1:
            _ = machine.shutdownSend(at: now)
        case .finWait2:
            _ = machine.shutdownSend(at: now)
            _ = machine.arrive(segment(1, fin, .ack), at: now)
        case .closeWait:
            _ = machine.arrive(segment(1, 1, [.fin, .ack]), at: now)
        case .closing:
            _ = machine.shutdownSend(at: now)
            _ = machine.arrive(segment(1, 1, [.fin, .ack]), at: now)
        case .lastAck:
            _ = machine.arrive(segment(1, 1, [.fin, .ack]), at: now)
            _ = machine.shutdownSend(at: now)
        case .timeWait:
            _ = machine.arrive(segment(1, data, .ack), at: now)
            _ = machine.shutdownSend(at: now)
            _ = machine.arrive(segment(1, fin, [.fin, .ack]), at: now)
        case .closed, .listen, .synSent, .synReceived: break
        }
        return machine
    }

    // MARK: the segments

    static let controls: [(name: String, control: Control, count: Int)] = [
        ("nothing", [], 0), ("data", [], 20), ("SYN", .syn, 0), ("SYN data", .syn, 20), ("ACK", .ack, 0),
        ("SYN ACK", [.syn, .ack], 0), ("SYN ACK data", [.syn, .ack], 20), ("FIN", .fin, 0),
        ("FIN ACK", [.fin, .ack], 0),
        ("RST", .rst, 0), ("RST ACK", [.rst, .ack], 0), ("SYN FIN", [.syn, .fin], 0), ("SYN RST", [.syn, .rst], 0),
        ("SYN FIN ACK", [.syn, .fin, .ack], 0), ("FIN RST", [.fin, .rst], 0), ("data ACK", .ack, 20),
        ("data PSH ACK", [.psh, .ack], 20), ("data FIN ACK", [.fin, .ack], 20), ("long data ACK", .ack, 1_400),
        ("long data FIN ACK", [.fin, .ack], 1_400), ("URG ACK", [.urg, .ack], 0), ("data URG ACK", [.urg, .ack], 20),
        ("data FIN URG ACK", [.fin, .urg, .ack], 20), ("SYN ACK FIN data", [.syn, .ack, .fin], 20),
    ]

    var segments: [(name: String, value: Segment)] {
        let oracle = oracle(challenges: true)
        // Before the peer's number is known, any is as good.
        let next = [.closed, .listen, .synSent].contains(state) ? Self.irs + 1 : oracle.rcvNxt
        let window = oracle.rcvWnd > 0 || self == .zeroWindow ? oracle.rcvWnd : Self.window
        let sequences: [(String, SequenceNumber)] = [
            ("far left of the window", next - 5_000), ("left", next - 10), ("just left", next - 1),
            ("at the left edge", next), ("inside", next + 10), ("at the right edge", next + window - 1),
            ("just outside", next + window), ("far outside", next + window + 5_000),
        ]
        let acknowledgments: [(String, SequenceNumber)] = [
            ("far too old", oracle.una - 70_000), ("old", oracle.una - 1), ("duplicate", oracle.una),
            ("in range", oracle.una + (oracle.nxt - oracle.una) / 2), ("all", oracle.nxt), ("beyond", oracle.nxt + 1),
        ]
        return Self.controls.flatMap { name, control, count in
            sequences.flatMap { position, sequence in
                acknowledgments.map { acknowledges, acknowledgment in
                    (
                        "\(name) \(position), ACK \(acknowledges)",
                        Segment(
                            sequence: sequence, acknowledgment: acknowledgment, control: control,
                            window: UInt16(Self.peerWindow), urgentPointer: control.contains(.urg) ? 5 : 0,
                            payloadCount: count)
                    )
                }
            }
        }
    }

    // MARK: what the machine makes of one

    func outcome(of segment: Segment, _ version: IPVersion, challenges: Bool) throws -> Oracle.Outcome {
        var machine = machine(challenges: challenges)
        let later = Self.start + 1_000
        let timeWait = machine.deadline(of: .timeWait)
        let actions = machine.arrive(try overTheWire(segment, version), at: later)
        let status = machine.status
        var replies: [Oracle.Reply] = []
        for sent in actions.segments {
            let reply = try overTheWire(sent, version)
            replies.append(
                Oracle.Reply(
                    sequence: reply.sequence,
                    acknowledgment: reply.control.contains(.ack) ? reply.acknowledgment : nil,
                    control: reply.control))
        }
        let before = oracle(challenges: challenges)
        // In CLOSED and LISTEN there are no numbers yet.
        let hasNumbers = ![.closed, .listen].contains(machine.state)
        return Oracle.Outcome(
            state: machine.state, replies: replies, una: hasNumbers ? status.sendUnacknowledged : before.una,
            rcvNxt: hasNumbers && machine.state != .synSent ? status.receiveNext : before.rcvNxt,
            readable: actions.readable, ending: actions.ending, isEstablished: actions.flags.contains(.established),
            isPeerClosed: actions.flags.contains(.peerClosed), isUrgent: actions.flags.contains(.urgent),
            restartsTimeWait: machine.deadline(of: .timeWait).map { $0 != timeWait } ?? false,
            reopens: actions.flags.contains(.reopen))
    }
}
