/// One end of one TCP connection: RFC 9293, section 3.10, event by event.
///
/// It does nothing by itself. Each event (a call of the application, a segment, a timeout) is one method that says in
/// `Actions` what the driver has to do. It has no clock (`now` is an argument, and must never go back), makes no system
/// call, and holds no byte of anybody's data: the driver keeps a send and a receive buffer and finds bytes by their
/// sequence numbers.
///
/// After each event the driver looks at `deadline`, and calls `expire(at:)` when it is reached.
package struct ConnectionMachine: ~Copyable {
    /// May be changed at any time; what concerns the handshake has no effect after it.
    package var configuration: Configuration

    var phase = Phase.closed
    /// The application has closed: it reads no more, and data that still comes is lost.
    var isOrphan = false
    var send = SendSpace()
    var receive = ReceiveSpace()
    var congestion = Congestion()
    var roundTrip: RoundTrip
    var timers = Timers()
    var keepAliveProbes: UInt8 = 0
    /// Window probes since the window was last open.
    var persistBackoffs: UInt8 = 0
    /// The tail was probed, and no ACK has brought news since.
    var hasProbedTail = false
    /// The next lost segment goes whatever the congestion window says: it is the one that began the recovery.
    var mustResend = false
    var lastHeard = Instant(microseconds: 0)
    /// Challenge ACKs sent in the second that began at `challengesSince`.
    var challenges: UInt16 = 0
    var challengesSince = Instant(microseconds: .min / 2)
    var lastInvalid = Instant(microseconds: .min / 2)

    // The transmission control block stays where it is and only this small value changes its case: moving the block in
    // and out of an enum's payload at each segment would cost more than the protocol does.
    enum Phase: Equatable, Sendable {
        case closed
        case listen
        case synSent
        /// Passive: a reset leads back to LISTEN, not to CLOSED.
        case synReceived(passive: Bool)
        case established
        case finWait1
        case finWait2
        case closeWait
        case closing
        case lastAck
        case timeWait
    }

    /// A machine in CLOSED.
    package init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
        roundTrip = RoundTrip(initial: configuration.initialTimeout)
    }

    package var state: State {
        switch phase {
        case .closed: .closed
        case .listen: .listen
        case .synSent: .synSent
        case .synReceived: .synReceived
        case .established: .established
        case .finWait1: .finWait1
        case .finWait2: .finWait2
        case .closeWait: .closeWait
        case .closing: .closing
        case .lastAck: .lastAck
        case .timeWait: .timeWait
        }
    }

    /// When `expire(at:)` is to be called; `nil`: nothing is running.
    package var deadline: Instant? { timers.next }

    /// When one timer runs out; `nil`: it does not run.
    package func deadline(of timer: MachineTimer) -> Instant? { timers[timer] }

    /// Largest payload of one segment to the peer, for `Segment.pieces(of:)`.
    package var segmentSize: Int { send.segmentSize }

    /// 3.10.6 STATUS call.
    package var status: Status {
        Status(
            state: state, initialSend: send.initial, initialReceive: receive.initial,
            sendUnacknowledged: send.unacknowledged, sendNext: send.next, sendEnd: send.end, sendWindow: send.window,
            receiveWindow: receiveWindow, receiveNext: receive.next, unread: receive.unread,
            segmentSize: send.segmentSize, congestionWindow: congestion.window,
            slowStartThreshold: congestion.threshold,
            smoothedRoundTrip: roundTrip.smoothed == 0 ? nil : roundTrip.smoothed,
            retransmissionTimeout: roundTrip.timeout, retransmissions: Int(roundTrip.backoffs),
            sendsSACK: receive.usesSACK, sendsTimestamps: receive.usesTimestamps, sendWindowScale: send.scale,
            receiveWindowScale: receive.scale, timers: timers.armed)
    }

    /// The answer to a segment that belongs to no connection (3.10.7.1); `nil`: none.
    package static func reset(answering segment: Segment) -> Segment? {
        if segment.control.contains(.rst) { return nil }
        if segment.control.contains(.ack) {
            return Segment(sequence: segment.acknowledgment, control: .rst)
        }
        return Segment(
            sequence: SequenceNumber(0), acknowledgment: segment.sequence + segment.length, control: [.rst, .ack])
    }

    // MARK: leaving

    /// Everything ends here: no timer runs in CLOSED.
    mutating func close(_ ending: Ending, _ actions: inout Actions) {
        phase = .closed
        timers.cancelAll(&actions)
        actions.ending = ending
    }

    /// TIME_WAIT begins, or begins again (3.10.7.4, eighth).
    mutating func waitTwoLifetimes(_ now: Instant, _ actions: inout Actions) {
        if phase != .timeWait {
            phase = .timeWait
            timers.cancelAll(&actions)
        }
        timers.arm(.timeWait, at: now + configuration.timeWait, &actions)
    }
}
