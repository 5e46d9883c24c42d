import TCP

/// What RFC 9293, section 3.10.7, and RFC 5961 make of one segment, written from their text alone and for one purpose: to
/// say beside any machine what is right. It knows no timers, no buffers and no congestion, as the text does not either.
struct Oracle {
    struct Reply: Hashable, CustomStringConvertible {
        var sequence: SequenceNumber
        /// `nil`: no ACK bit.
        var acknowledgment: SequenceNumber?
        var control: Control

        var description: String {
            "<SEQ=\(sequence.rawValue) ACK=\(acknowledgment.map { "\($0.rawValue)" } ?? "-") CTL=\(control.rawValue)>"
        }
    }

    struct Outcome: Hashable {
        var state: State
        var replies: [Reply] = []
        var una: SequenceNumber
        var rcvNxt: SequenceNumber
        var readable = 0
        var ending: Ending?
        var isEstablished = false
        var isPeerClosed = false
        var isUrgent = false
        var restartsTimeWait = false
        var reopens = false
    }

    // The variables of section 3.3.1, and what else the text asks for.
    var state: State
    var isPassive = true
    var iss: SequenceNumber
    var una: SequenceNumber
    var nxt: SequenceNumber
    var rcvNxt = SequenceNumber(0)
    var rcvWnd = 0
    var maxSndWnd = 0
    /// Our FIN has the number before SND.NXT.
    var hasSentFin = false
    /// RFC 5961 is followed.
    var challenges = true
    /// RFC 1337 is followed.
    var protectsTimeWait = true
    /// MAY-2 is made use of.
    var reopens = false

    func arrival(of segment: Segment) -> Outcome {
        var outcome = Outcome(state: state, una: una, rcvNxt: rcvNxt)
        switch state {
        case .closed: closed(segment, &outcome)
        case .listen: listen(segment, &outcome)
        case .synSent: synSent(segment, &outcome)
        default: other(segment, &outcome)
        }
        return outcome
    }

    // MARK: the segments that the text writes out

    private func ack(_ outcome: Outcome) -> Reply {
        Reply(sequence: nxt, acknowledgment: outcome.rcvNxt, control: .ack)
    }

    /// <SEQ=SEG.ACK><CTL=RST>, or <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>
    private func reset(_ segment: Segment) -> Reply {
        segment.control.contains(.ack)
            ? Reply(sequence: segment.acknowledgment, acknowledgment: nil, control: .rst)
            : Reply(
                sequence: SequenceNumber(0), acknowledgment: segment.sequence + segment.length, control: [.rst, .ack])
    }

    // MARK: 3.10.7.1 to 3.10.7.3

    private func closed(_ segment: Segment, _ outcome: inout Outcome) {
        if !segment.control.contains(.rst) { outcome.replies = [reset(segment)] }
    }

    private func listen(_ segment: Segment, _ outcome: inout Outcome) {
        if segment.control.contains(.rst) { return }
        if segment.control.contains(.ack) {
            outcome.replies = [reset(segment)]
        } else if segment.control.contains(.syn) {
            outcome.rcvNxt = segment.sequence + 1
            outcome.state = .synReceived
            outcome.replies = [Reply(sequence: iss, acknowledgment: outcome.rcvNxt, control: [.syn, .ack])]
        }
    }

    private func synSent(_ segment: Segment, _ outcome: inout Outcome) {
        let (control, hasAck) = (segment.control, segment.control.contains(.ack))
        if hasAck, segment.acknowledgment <= iss || segment.acknowledgment > nxt {
            if !control.contains(.rst) { outcome.replies = [reset(segment)] }
            return
        }
        if control.contains(.rst) {
            if hasAck { (outcome.state, outcome.ending) = (.closed, .refused) }
            return
        }
        guard control.contains(.syn) else { return }
        outcome.rcvNxt = segment.sequence + 1
        guard hasAck else {
            outcome.state = .synReceived
            outcome.replies = [Reply(sequence: iss, acknowledgment: outcome.rcvNxt, control: [.syn, .ack])]
            return
        }
        outcome.una = segment.acknowledgment
        outcome.state = .established
        outcome.isEstablished = true
        var rest = segment
        rest.control.remove(.syn)
        rest.sequence += 1
        fromSixth(rest, &outcome)
        outcome.replies = [ack(outcome)]
    }

    // MARK: 3.10.7.4

    private func other(_ original: Segment, _ outcome: inout Outcome) {
        let control = original.control
        if state == .timeWait, reopens, control.contains(.syn), control.isDisjoint(with: [.ack, .rst]),
            original.sequence >= rcvNxt
        {
            // 3.6.1, MAY-2: "its initial sequence number … larger than the largest sequence number it used".
            (outcome.state, outcome.ending, outcome.reopens) = (.closed, .orderly, true)
            return
        }
        // First: the sequence number.
        guard let segment = acceptable(original) else {
            if control.contains(.rst) { return }
            // Figure 7, simultaneous open: the SYN of the SYN,ACK has been here before, its ACK is what counts.
            if state == .synReceived, !isPassive, control.isSuperset(of: [.syn, .ack]),
                original.sequence + 1 == rcvNxt, original.acknowledgment == nxt
            {
                var rest = original
                rest.sequence += 1
                rest.control.remove(.syn)
                afterAcknowledgment(rest, &outcome)
                outcome.replies = [ack(outcome)]
                return
            }
            outcome.replies = [ack(outcome)]
            // "The only thing that can arrive in this state is a retransmission of the remote FIN. Acknowledge it, and
            // restart the 2 MSL timeout." It lies before RCV.NXT.
            if state == .timeWait, control.isSuperset(of: [.fin, .ack]), !control.contains(.syn),
                original.sequence + original.length == rcvNxt
            {
                outcome.restartsTimeWait = true
            }
            return
        }
        // Second: RST.
        if segment.control.contains(.rst) { return reset(by: segment, &outcome) }
        // Fourth: SYN.
        if segment.control.contains(.syn) { return syn(segment, &outcome) }
        // Fifth: ACK.
        guard segment.control.contains(.ack) else { return }
        if state == .synReceived {
            // 3.5.2, group 2: in a state that is not synchronized an unacceptable ACK gets a reset.
            guard una < segment.acknowledgment, segment.acknowledgment <= nxt else {
                outcome.replies = [reset(segment)]
                return
            }
        } else if segment.acknowledgment > nxt || (challenges && segment.acknowledgment < una - maxSndWnd) {
            outcome.replies = [ack(outcome)]
            return
        }
        afterAcknowledgment(segment, &outcome)
        // What lies outside of the window is not acceptable, and "an acknowledgment should be sent in reply".
        if segment != original, outcome.replies.isEmpty, outcome.state != .closed, outcome.state != .timeWait {
            outcome.replies = [ack(outcome)]
        }
    }

    /// The table of 3.10.7.4, and what of the segment lies in the window.
    private func acceptable(_ original: Segment) -> Segment? {
        var segment = original
        let last = original.sequence + (original.length - 1)
        func inWindow(_ number: SequenceNumber) -> Bool { number >= rcvNxt && number < rcvNxt + rcvWnd }
        switch (original.length > 0, rcvWnd > 0) {
        case (false, false): guard original.sequence == rcvNxt else { return nil }
        case (false, true): guard inWindow(original.sequence) else { return nil }
        case (true, false):
            // "special allowance should be made to accept valid ACKs, URGs, and RSTs"
            guard original.sequence == rcvNxt, original.control.contains(.rst) || !original.control.contains(.syn)
            else { return nil }
        case (true, true): guard inWindow(original.sequence) || inWindow(last) else { return nil }
        }
        // "trimming off any portions that lie outside the window (including SYN and FIN)"
        if segment.control.contains(.syn), segment.sequence < rcvNxt {
            segment.control.remove(.syn)
            segment.sequence += 1
        }
        if segment.sequence < rcvNxt {
            segment.payloadCount -= rcvNxt - segment.sequence
            segment.sequence = rcvNxt
        }
        if segment.control.contains(.fin), segment.payload.end >= rcvNxt + rcvWnd { segment.control.remove(.fin) }
        if segment.payload.end > rcvNxt + rcvWnd { segment.payloadCount -= segment.payload.end - (rcvNxt + rcvWnd) }
        return segment
    }

    private func reset(by segment: Segment, _ outcome: inout Outcome) {
        if challenges, segment.sequence != rcvNxt {
            outcome.replies = [ack(outcome)]
            return
        }
        switch state {
        case .synReceived where isPassive: outcome.state = .listen
        case .synReceived: (outcome.state, outcome.ending) = (.closed, .refused)
        case .timeWait where protectsTimeWait: break
        case .timeWait: (outcome.state, outcome.ending) = (.closed, .orderly)
        default: (outcome.state, outcome.ending) = (.closed, .reset)
        }
    }

    private func syn(_ segment: Segment, _ outcome: inout Outcome) {
        if state == .synReceived, isPassive {
            outcome.state = .listen
        } else if challenges {
            outcome.replies = [ack(outcome)]
        } else {
            outcome.replies = [Reply(sequence: nxt, acknowledgment: rcvNxt, control: [.rst, .ack])]
            (outcome.state, outcome.ending) = (.closed, .reset)
        }
    }

    /// Fifth, for an ACK that is not beyond SND.NXT.
    private func afterAcknowledgment(_ segment: Segment, _ outcome: inout Outcome) {
        if segment.acknowledgment > una { outcome.una = segment.acknowledgment }
        let isFinAcknowledged = hasSentFin && outcome.una == nxt
        switch state {
        case .synReceived:
            outcome.state = .established
            outcome.isEstablished = true
        case .finWait1 where isFinAcknowledged: outcome.state = .finWait2
        case .closing:
            // "otherwise, ignore the segment"
            guard isFinAcknowledged else { return }
            outcome.state = .timeWait
            outcome.restartsTimeWait = true
            return
        case .lastAck where isFinAcknowledged:
            (outcome.state, outcome.ending, outcome.una) = (.closed, .orderly, una)
            return
        default: break
        }
        fromSixth(segment, &outcome)
    }

    /// Sixth to eighth: URG, text, FIN.
    private func fromSixth(_ segment: Segment, _ outcome: inout Outcome) {
        let takesText = [.established, .finWait1, .finWait2].contains(outcome.state)
        if takesText, segment.control.contains(.urg), segment.sequence + Int(segment.urgentPointer) > outcome.rcvNxt {
            outcome.isUrgent = true
        }
        if takesText, segment.payloadCount > 0 {
            if segment.sequence == outcome.rcvNxt {
                outcome.rcvNxt += segment.payloadCount
                outcome.readable = segment.payloadCount
            }
            // SHLD-31: held for later when there is a gap. Either way it is acknowledged.
            outcome.replies = [ack(outcome)]
        }
        guard segment.control.contains(.fin) else { return }
        switch outcome.state {
        case .established, .finWait1, .finWait2:
            if segment.payload.end == outcome.rcvNxt {
                outcome.rcvNxt += 1
                outcome.isPeerClosed = true
                switch outcome.state {
                case .established: outcome.state = .closeWait
                case .finWait1: outcome.state = .closing
                default: (outcome.state, outcome.restartsTimeWait) = (.timeWait, true)
                }
            }
        case .timeWait: outcome.restartsTimeWait = true
        // "Remain": there is one FIN, and it was counted.
        default: break
        }
        outcome.replies = [ack(outcome)]
    }
}
