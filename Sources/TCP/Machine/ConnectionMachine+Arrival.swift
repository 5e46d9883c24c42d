// SEGMENT ARRIVES: RFC 9293, sections 3.10.7.1 to 3.10.7.4, in the order of the text.

extension ConnectionMachine {
    /// A segment for this connection has arrived, its checksum being right.
    package mutating func arrive(_ segment: Segment, at now: Instant) -> Actions {
        var actions = Actions()
        switch phase {
        case .closed:
            // 3.10.7.1 CLOSED STATE
            sendReset(answering: segment, &actions)
        case .listen:
            arriveInListen(segment, now, &actions)
        case .synSent:
            arriveInSynSent(segment, now, &actions)
        case .synReceived, .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck:
            arriveInOther(segment, now, &actions)
        case .timeWait:
            arriveInTimeWait(segment, now, &actions)
        }
        return actions
    }

    // MARK: 3.10.7.2 LISTEN STATE

    private mutating func arriveInListen(_ segment: Segment, _ now: Instant, _ actions: inout Actions) {
        // First, check for a RST: "An incoming RST segment … should be ignored."
        if segment.control.contains(.rst) { return }
        // Second, check for an ACK: "Any acknowledgment is bad if it arrives on a connection still in the LISTEN state."
        if segment.control.contains(.ack) {
            // FreeBSD lets a SYN+ACK drop instead.
            if configuration.profile == .freeBSD, segment.control.contains(.syn) { return }
            sendReset(answering: segment, &actions)
            return
        }
        // Third, check for a SYN.
        if segment.control.contains(.syn) {
            if configuration.dropsSynFin, segment.control.contains(.fin) { return }
            takeSyn(segment, now)
            phase = .synReceived(passive: true)
            keepForLater(segment, &actions)
            sendSyn(now, &actions)
            armUserTimeout(now, &actions)
            return
        }
        // Fourth, other data or control: "drop the segment, and return."
    }

    /// RCV.NXT, IRS and what the peer's SYN offers.
    private mutating func takeSyn(_ segment: Segment, _ now: Instant) {
        receive.hasSyn = true
        receive.initial = segment.sequence
        receive.next = segment.sequence + 1
        receive.edge = receive.next
        lastHeard = now
        let options = segment.options
        let peerSize = options.maximumSegmentSize ?? configuration.defaultPeerSegmentSize
        if let theirs = options.windowScale, let ours = configuration.windowScale {
            receive.offeredScale = true
            // RFC 7323, section 2.3: more than 14 counts as 14.
            send.scale = min(theirs, 14)
            receive.scale = min(ours, 14)
        }
        receive.usesSACK = options.sackPermitted && configuration.offersSACK
        if let timestamps = options.timestamps, configuration.offersTimestamps {
            receive.usesTimestamps = true
            receive.recentTimestamp = timestamps.value
            receive.recentAt = now
        }
        // 3.7.1: Eff.snd.MSS; an MSS of nothing would never send.
        let size = Int(min(max(peerSize, 64), configuration.maximumSegmentSize))
        if configuration.profile == .freeBSD {
            // There the receive buffer is whole segments.
            receive.bufferSize = (receive.bufferSize + size - 1) / size * size
        }
        send.segmentSize = size - (receive.usesTimestamps ? 12 : 0)
        // 3.10.7.2: the window of a SYN is never scaled (RFC 7323, section 2.2).
        send.window = Int(segment.window)
        send.largestWindow = send.window
        congestion.window = initialWindow
        send.windowSequence = segment.sequence
        send.windowAcknowledgment = segment.acknowledgment
    }

    /// "Any other incoming control or data (combined with SYN) will be processed in the SYN-RECEIVED state": it is kept and
    /// neither acknowledged nor delivered before ESTABLISHED (MAY-1, MUST-3.4's "queue").
    private mutating func keepForLater(_ segment: Segment, _ actions: inout Actions) {
        switch configuration.profile {
        case .linux: return
        case .rfc, .freeBSD: break
        }
        var text = segment.payload
        let limit = receive.next + min(receive.bufferSize, 65_535)
        if text.end > limit { text.end = limit }
        guard text.count > 0 || segment.control.contains(.fin) else { return }
        if text.count > 0, receive.outOfOrder.insert(text) { actions.stored = text }
        if segment.control.contains(.fin), configuration.profile == .rfc, text.count == segment.payloadCount {
            receive.finAt = text.end
        }
    }

    // MARK: 3.10.7.3 SYN-SENT STATE

    private mutating func arriveInSynSent(_ segment: Segment, _ now: Instant, _ actions: inout Actions) {
        let control = segment.control
        // First, check the ACK bit.
        let hasAck = control.contains(.ack)
        if hasAck {
            if segment.acknowledgment <= send.initial || segment.acknowledgment > send.next {
                if !control.contains(.rst) { sendReset(answering: segment, &actions) }
                return
            }
        }
        // Second, check the RST bit.
        if control.contains(.rst) {
            // "If the ACK was acceptable … signal error: connection reset, drop the segment, enter CLOSED state"
            if hasAck { close(.refused, &actions) }
            return
        }
        // Third, check the security: not kept here.
        // Fourth, check the SYN bit.
        guard control.contains(.syn) else { return }
        if configuration.dropsSynFin, control.contains(.fin) { return }
        takeSyn(segment, now)
        guard hasAck else {
            // Simultaneous open (3.5, figure 8): "Otherwise, enter SYN-RECEIVED, form a SYN,ACK segment … and send it."
            phase = .synReceived(passive: false)
            keepForLater(segment, &actions)
            roundTrip.isTiming = false
            sendSyn(now, &actions)
            return
        }
        establish(segment, now, &actions)
        // "If there are other controls or text in the segment, then continue processing at the sixth step."
        receive.acknowledge = .now
        var rest = segment
        rest.sequence += 1
        rest.control.remove(.syn)
        takeUrgent(rest, &actions)
        takeText(rest, now, &actions)
        takeFin(rest, now, &actions)
        answer(now, &actions)
    }

    /// Our SYN is acknowledged: ESTABLISHED, with the peer's window and the first estimate of the round trip.
    mutating func establish(_ segment: Segment, _ now: Instant, _ actions: inout Actions) {
        phase = .established
        let retransmissions = roundTrip.backoffs
        sampleRoundTrip(segment, now)
        send.unacknowledged = segment.acknowledgment
        send.isSynAcknowledged = true
        roundTrip.backoffs = 0
        if retransmissions > 0, roundTrip.smoothed == 0 {
            // RFC 6298 (5.7): data begins with three seconds when the SYN was sent twice.
            roundTrip.timeout = max(configuration.initialTimeout, 3_000_000)
        }
        timers.cancel(.retransmission, &actions)
        timers.cancel(.userTimeout, &actions)
        send.window = scaledWindow(segment)
        send.largestWindow = max(send.window, send.largestWindow)
        send.windowSequence = segment.sequence
        send.windowAcknowledgment = segment.acknowledgment
        // RFC 5681, section 3.1: one segment when the SYN was lost.
        congestion.window = retransmissions > 0 ? send.segmentSize : initialWindow
        congestion.lastSent = now
        // The window is announced with its scale for the first time.
        let space = min(max(receive.bufferSize - receive.unread, 0), 65_535)
        if receive.edge < receive.next + space { receive.edge = receive.next + space }
        actions.flags.insert(.established)
        armKeepAlive(now, &actions)
    }

    /// SEG.WND: scaled, except in a SYN.
    @inline(__always)
    func scaledWindow(_ segment: Segment) -> Int {
        segment.control.contains(.syn) ? Int(segment.window) : Int(segment.window) << Int(send.scale)
    }

    // MARK: 3.10.7.4 Other states

    private mutating func arriveInOther(_ original: Segment, _ now: Instant, _ actions: inout Actions) {
        var segment = original
        if case .synReceived = phase, trimCrossedSyn(&segment, now, &actions) { return }
        // First, check sequence number.
        guard checkSequence(&segment, now, &actions) else { return }
        lastHeard = now
        keepAliveProbes = 0
        // Second, check the RST bit.
        if segment.control.contains(.rst) {
            checkReset(segment, now, &actions)
            return
        }
        // Third, check security: not kept here.
        // Fourth, check the SYN bit.
        if segment.control.contains(.syn) {
            checkSyn(segment, now, &actions)
            return
        }
        // Fifth, check the ACK field.
        guard segment.control.contains(.ack) else { return }
        guard checkAcknowledgment(segment, now, &actions) else { return }
        takeTimestamp(segment, now)
        // Sixth, check the URG bit.
        takeUrgent(segment, &actions)
        // Seventh, process the segment text.
        takeText(segment, now, &actions)
        // A reset may have ended it.
        if phase == .closed { return }
        // Eighth, check the FIN bit.
        takeFin(segment, now, &actions)
        answer(now, &actions)
    }

    /// A repeated SYN, or the SYN+ACK of a simultaneous open (3.5, figure 8), both with SEG.SEQ = IRS. `true`: it was dealt
    /// with.
    private mutating func trimCrossedSyn(_ segment: inout Segment, _ now: Instant, _ actions: inout Actions) -> Bool {
        guard segment.control.contains(.syn), !segment.control.contains(.rst), segment.sequence == receive.initial
        else { return false }
        if segment.control.contains(.ack) {
            // Figure 7 is about two active ends.
            guard segment.acknowledgment == send.next,
                phase == .synReceived(passive: false) || configuration.profile == .freeBSD
            else { return false }
            segment.sequence += 1
            segment.control.remove(.syn)
            // Its window is not scaled; the next segment's is.
            segment.window >>= UInt16(send.scale)
            receive.acknowledge = .now
            return false
        }
        // Its sender has not seen our SYN+ACK: Linux and FreeBSD send that again, the RFC's text has a bare ACK.
        guard configuration.profile != .rfc, phase == .synReceived(passive: true) else { return false }
        guard !segment.control.contains(.fin) || !configuration.dropsSynFin else { return true }
        sendSyn(now, &actions)
        return true
    }

    /// First: is any of it in the window? What lies outside is cut off. `false`: dropped, and answered where the text says.
    @inline(__always)
    private mutating func checkSequence(_ segment: inout Segment, _ now: Instant, _ actions: inout Actions) -> Bool {
        let window = receiveWindow
        let length = segment.length
        // RFC 7323, section 5.3, R1: PAWS.
        if receive.usesTimestamps, !passesTimestampCheck(segment, now) {
            if !segment.control.contains(.rst) { answerUnacceptable(segment, now, &actions) }
            return false
        }
        if segment.sequence == receive.next && length <= window { return true }
        let end = segment.sequence + length
        let edge = receive.next + window
        let startsInside = segment.sequence >= receive.next && segment.sequence < edge
        let acceptable: Bool
        switch (length == 0, window == 0) {
        case (true, true): acceptable = segment.sequence == receive.next
        case (true, false): acceptable = startsInside
        // "If the RCV.WND is zero, no segments will be acceptable, but special allowance should be made to accept valid
        // ACKs, URGs, and RSTs."
        case (false, true):
            // A SYN is none of those three.
            acceptable =
                segment.sequence == receive.next
                && (segment.control.contains(.rst) || !segment.control.contains(.syn))
        case (false, false): acceptable = startsInside || (end - 1 >= receive.next && end - 1 < edge)
        }
        guard acceptable else {
            if segment.control.contains(.rst) {
                if configuration.profile == .linux, resetsAfterFin(segment) { close(.reset, &actions) }
                return false
            }
            answerUnacceptable(segment, now, &actions)
            return false
        }
        // "tailor … to fit the window": what was there before, then what is beyond.
        if segment.sequence < receive.next {
            var excess = receive.next - segment.sequence
            let known = SequenceRange(start: segment.sequence, count: min(excess, segment.payloadCount))
            if configuration.reportsDuplicates, receive.usesSACK, known.count > 0 { receive.duplicate = known }
            if segment.control.contains(.syn) {
                segment.control.remove(.syn)
                segment.sequence += 1
                excess -= 1
            }
            segment.sequence += excess
            segment.payloadCount -= excess
            receive.acknowledge = .now
        }
        if segment.sequence + segment.length > edge {
            let excess = segment.sequence + segment.length - edge
            let fin = segment.control.contains(.fin) ? 1 : 0
            segment.control.remove(.fin)
            segment.payloadCount = max(segment.payloadCount - max(excess - fin, 0), 0)
            receive.acknowledge = .now
        }
        return true
    }

    /// "If an incoming segment is not acceptable, an acknowledgment should be sent in reply (unless the RST bit is set)".
    private mutating func answerUnacceptable(_ segment: Segment, _ now: Instant, _ actions: inout Actions) {
        if configuration.invalidInterval > 0, segment.payloadCount == 0, !segment.control.contains(.syn) {
            guard now - lastInvalid >= configuration.invalidInterval else { return }
            lastInvalid = now
        }
        if configuration.reportsDuplicates, receive.usesSACK, segment.payloadCount > 0,
            segment.payload.end <= receive.next
        {
            receive.duplicate = segment.payload
        }
        sendAcknowledgment(now, &actions)
    }

    /// Linux: after its FIN the peer may not count it in the number of its RST.
    private func resetsAfterFin(_ segment: Segment) -> Bool {
        switch phase {
        case .closeWait, .lastAck, .closing: segment.sequence == receive.next - 1
        case .closed, .listen, .synSent, .synReceived, .established, .finWait1, .finWait2, .timeWait: false
        }
    }

    /// RFC 7323, section 5: an old timestamp marks an old segment, unless ours is older than 24 days.
    @inline(__always)
    private func passesTimestampCheck(_ segment: Segment, _ now: Instant) -> Bool {
        if segment.control.contains(.rst) { return true }
        // Section 3.2: "SHOULD silently drop" one without; Linux takes it, and so does this.
        guard let timestamps = segment.options.timestamps else { return true }
        let age = Int32(bitPattern: timestamps.value &- receive.recentTimestamp)
        return age >= 0 || now - receive.recentAt > 24 * 86_400 * 1_000_000
    }

    /// RFC 7323, section 4.3 (2): TS.Recent follows the segment that holds Last.ACK.sent.
    @inline(__always)
    private mutating func takeTimestamp(_ segment: Segment, _ now: Instant) {
        guard receive.usesTimestamps, let timestamps = segment.options.timestamps,
            segment.sequence <= receive.lastAcknowledged
        else { return }
        receive.recentTimestamp = timestamps.value
        receive.recentAt = now
    }

    /// Second: RST. RFC 5961, section 3: only the exact next number resets, another one in the window is challenged.
    private mutating func checkReset(_ segment: Segment, _ now: Instant, _ actions: inout Actions) {
        if configuration.challenges == .on, segment.sequence != receive.next {
            challenge(now, &actions)
            return
        }
        switch phase {
        case .synReceived(passive: true):
            // "If this connection was initiated with a passive OPEN … then return this connection to LISTEN state".
            timers.cancelAll(&actions)
            let initial = send.initial
            let orphan = isOrphan
            let closed = send.isClosed
            phase = .closed
            _ = openPassively(initialSequence: initial)
            if orphan || closed {
                close(.reset, &actions)
            } else {
                actions.flags.insert(.listeningAgain)
            }
        case .synReceived(passive: false):
            close(.refused, &actions)
        case .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck:
            close(.reset, &actions)
        case .closed, .listen, .synSent, .timeWait:
            break
        }
    }

    /// Fourth: a SYN in the window.
    private mutating func checkSyn(_ segment: Segment, _ now: Instant, _ actions: inout Actions) {
        // SYN-RECEIVED is no synchronized state: the text sees to it before it comes to RFC 5961.
        let listensAgain = configuration.profile == .rfc && phase == .synReceived(passive: true)
        if configuration.challenges == .on, !listensAgain {
            // RFC 5961, section 4: "MUST send a challenge ACK", whatever the number.
            challenge(now, &actions)
            return
        }
        if phase == .synReceived(passive: true) {
            // "If the connection was initiated with a passive OPEN, then return this connection to the LISTEN state".
            timers.cancelAll(&actions)
            let initial = send.initial
            phase = .closed
            _ = openPassively(initialSequence: initial)
            actions.flags.insert(.listeningAgain)
            return
        }
        // RFC 793's way, which RFC 9293 keeps for those without RFC 5961: "send a reset … enter the CLOSED state".
        var reset = Segment(sequence: send.next, acknowledgment: receive.next, control: [.rst, .ack])
        if receive.usesTimestamps {
            reset.options.timestamps = Timestamps(value: timestamp(now), echo: receive.recentTimestamp)
        }
        actions.send(reset)
        close(.reset, &actions)
    }

    /// RFC 5961: an ACK that makes an honest peer repeat itself with the right number, no more than so many a second
    /// (section 7).
    mutating func challenge(_ now: Instant, _ actions: inout Actions) {
        if configuration.challengesPerSecond > 0 {
            if now - challengesSince >= 1_000_000 {
                challengesSince = now
                challenges = 0
            }
            guard challenges < configuration.challengesPerSecond else { return }
            challenges += 1
        }
        sendAcknowledgment(now, &actions)
    }

    /// Sixth: URG, in the states in which data may come.
    @inline(__always)
    private mutating func takeUrgent(_ segment: Segment, _ actions: inout Actions) {
        guard segment.control.contains(.urg) else { return }
        switch phase {
        case .established, .finWait1, .finWait2:
            let end = segment.sequence + Int(segment.urgentPointer)
            if let known = receive.urgentEnd, known > receive.next, known >= end { return }
            guard end > receive.next else { return }
            receive.urgentEnd = end
            actions.flags.insert(.urgent)
            actions.mark = end
        case .closed, .listen, .synSent, .synReceived, .closeWait, .closing, .lastAck, .timeWait:
            break
        }
    }

    /// Seventh: the segment text.
    @inline(__always)
    private mutating func takeText(_ segment: Segment, _ now: Instant, _ actions: inout Actions) {
        switch phase {
        case .established, .finWait1, .finWait2:
            if segment.payloadCount > 0 {
                if isOrphan, configuration.resetsDataAfterClose {
                    // 3.6.1, SHLD-3: "or if new data is received after CLOSE is called, … SHOULD send a RST".
                    resetLateData(segment, now, &actions)
                    return
                }
                keep(segment, now, &actions)
            } else if !receive.outOfOrder.isEmpty {
                deliver(&actions)
            }
        case .closeWait, .closing, .lastAck, .timeWait, .closed, .listen, .synSent, .synReceived:
            // "This should not occur since a FIN has been received from the remote side. Ignore the segment text."
            break
        }
    }

    private mutating func resetLateData(_ segment: Segment, _ now: Instant, _ actions: inout Actions) {
        switch configuration.profile {
        case .rfc: sendReset(now, &actions)
        case .linux, .freeBSD: sendReset(answering: segment, &actions)
        }
        close(.aborted, &actions)
    }

    @inline(__always)
    private mutating func keep(_ segment: Segment, _ now: Instant, _ actions: inout Actions) {
        let text = segment.payload
        if text.start == receive.next, receive.outOfOrder.isEmpty {
            // The usual case: in order, and nothing waits.
            actions.stored = text
            receive.next = text.end
            receive.unread += text.count
            actions.readable += text.count
            receive.waiting &+= 1
            if receive.acknowledge == .no { receive.acknowledge = .delayed }
            return
        }
        // RFC 5681, section 4.2: out of order, or filling a gap, is acknowledged at once.
        receive.acknowledge = .now
        if configuration.reportsDuplicates, receive.usesSACK, receive.duplicate == nil {
            receive.duplicate = receive.outOfOrder.overlap(with: text)
        }
        guard receive.outOfOrder.insert(text) else {
            // No room to note one more gap. In order it can be taken all the same.
            if text.start == receive.next {
                actions.stored = text
                receive.next = text.end
                receive.unread += text.count
                actions.readable += text.count
                receive.outOfOrder.remove(before: receive.next)
                deliver(&actions)
            }
            return
        }
        actions.stored = text
        deliver(&actions)
    }

    /// What has become contiguous with RCV.NXT can be read.
    private mutating func deliver(_ actions: inout Actions) {
        while let range = receive.outOfOrder.range(holding: receive.next) {
            let count = range.end - receive.next
            receive.next = range.end
            receive.unread += count
            actions.readable += count
            receive.outOfOrder.remove(before: receive.next)
            // What fills a gap is acknowledged at once already; what came with the SYN can wait for company.
            if receive.acknowledge == .no { receive.acknowledge = .delayed }
        }
    }

    /// Eighth: FIN, this segment's or one that waited for what was missing before it.
    @inline(__always)
    private mutating func takeFin(_ segment: Segment, _ now: Instant, _ actions: inout Actions) {
        if segment.control.contains(.fin) {
            switch phase {
            case .established, .finWait1, .finWait2:
                receive.finAt = segment.payload.end
            case .closeWait, .closing, .lastAck, .timeWait, .closed, .listen, .synSent, .synReceived:
                // "Remain in the … state": there was a FIN before, this one lies beyond it. The text acknowledges it all
                // the same (in CLOSING it ignores the segment), stacks drop it.
                if configuration.profile == .rfc, phase != .closing { receive.acknowledge = .now }
                return
            }
        }
        guard let fin = receive.finAt, fin == receive.next else {
            if segment.control.contains(.fin) { receive.acknowledge = .now }
            return
        }
        // "advance RCV.NXT over the FIN, and send an acknowledgment for the FIN"
        receive.finAt = nil
        receive.next += 1
        if receive.edge < receive.next { receive.edge = receive.next }
        receive.acknowledge = .now
        actions.flags.insert(.peerClosed)
        switch phase {
        case .established:
            phase = .closeWait
        case .finWait1:
            // "If our FIN has been ACKed (perhaps in this segment), then enter TIME-WAIT …; otherwise, enter the CLOSING
            // state." In the first case the ACK was seen to above, and this is FIN_WAIT_2.
            phase = .closing
            if configuration.repeatsFinInClosing, send.isFinSent, actions.hasRoom {
                sendAgain(from: send.end, to: send.end + 1, now, &actions)
            }
        case .finWait2:
            waitTwoLifetimes(now, &actions)
        case .closed, .listen, .synSent, .synReceived, .closeWait, .closing, .lastAck, .timeWait:
            break
        }
    }

    /// At the end: data that may go takes the ACK along; else the ACK goes now, later, or not at all.
    mutating func answer(_ now: Instant, _ actions: inout Actions) {
        switch phase {
        case .established, .finWait1, .closeWait, .closing, .lastAck: transmit(now, &actions)
        case .closed, .listen, .synSent, .synReceived, .finWait2, .timeWait: break
        }
        switch receive.acknowledge {
        case .no: break
        case .now: sendAcknowledgment(now, &actions)
        case .delayed:
            if !configuration.delaysAcknowledgments || receive.waiting >= 2
                || receive.quick < configuration.quickAcknowledgments
            {
                if receive.quick < .max { receive.quick += 1 }
                sendAcknowledgment(now, &actions)
            } else {
                receive.acknowledge = .no
                timers.arm(.delayedAcknowledgment, at: now + configuration.acknowledgmentDelay, &actions)
            }
        }
    }

    // MARK: 3.10.7.4, TIME-WAIT STATE

    private mutating func arriveInTimeWait(_ segment: Segment, _ now: Instant, _ actions: inout Actions) {
        let control = segment.control
        // MAY-2 and RFC 6191: a new SYN may reopen.
        if control.contains(.syn), !control.contains(.rst), !control.contains(.ack), configuration.reopensFromTimeWait,
            !(control.contains(.fin) && configuration.dropsSynFin), isNewerIncarnation(segment)
        {
            let last = send.next
            close(.orderly, &actions)
            actions.flags.insert(.reopen)
            actions.mark = last
            return
        }
        switch configuration.profile {
        case .rfc: arriveInTimeWaitByTheText(segment, now, &actions)
        case .linux: arriveInTimeWaitOnLinux(segment, now, &actions)
        case .freeBSD: arriveInTimeWaitOnFreeBSD(segment, now, &actions)
        }
    }

    /// RFC 6191, section 2; without timestamps the sequence number must be beyond the last one.
    private func isNewerIncarnation(_ segment: Segment) -> Bool {
        if configuration.profile != .freeBSD, receive.usesTimestamps, let timestamps = segment.options.timestamps {
            let age = Int32(bitPattern: timestamps.value &- receive.recentTimestamp)
            if age > 0 { return true }
            if age < 0 { return false }
        }
        return configuration.profile == .rfc ? segment.sequence >= receive.next : segment.sequence > receive.next
    }

    private mutating func arriveInTimeWaitByTheText(_ segment: Segment, _ now: Instant, _ actions: inout Actions) {
        let control = segment.control
        // A repeated FIN ends at RCV.NXT. It lies before the window, and still the text means it when it says "the only
        // thing that can arrive in this state is a retransmission of the remote FIN. Acknowledge it, and restart the 2 MSL
        // timeout": so it is seen to first.
        if control.contains(.fin), control.contains(.ack), !control.contains(.rst), !control.contains(.syn),
            segment.sequence + segment.length == receive.next
        {
            sendAcknowledgment(now, &actions)
            waitTwoLifetimes(now, &actions)
            return
        }
        var rest = segment
        // First, check sequence number.
        guard checkSequence(&rest, now, &actions) else { return }
        // Second, check the RST bit.
        if rest.control.contains(.rst) {
            if configuration.challenges == .on, rest.sequence != receive.next {
                challenge(now, &actions)
            } else if !configuration.protectsTimeWait {
                close(.orderly, &actions)
            }
            return
        }
        // Fourth, check the SYN bit.
        if rest.control.contains(.syn) {
            checkSyn(rest, now, &actions)
            return
        }
        // Fifth, check the ACK field.
        guard rest.control.contains(.ack) else { return }
        receive.acknowledge = .no
        if rest.acknowledgment > send.next || isOlderThanAnyWindow(rest) {
            sendAcknowledgment(now, &actions)
            return
        }
        // Seventh: "Ignore the segment text." Eighth: "Remain in the TIME-WAIT state. Restart the 2 MSL time-wait timeout."
        if rest.control.contains(.fin) {
            sendAcknowledgment(now, &actions)
            waitTwoLifetimes(now, &actions)
        }
    }

    /// net/ipv4/tcp_minisocks.c, tcp_timewait_state_process.
    private mutating func arriveInTimeWaitOnLinux(_ segment: Segment, _ now: Instant, _ actions: inout Actions) {
        let control = segment.control
        let isOld = receive.usesTimestamps && !passesTimestampCheck(segment, now)
        if !isOld, segment.sequence == receive.next, segment.length == 0 || control.contains(.rst) {
            if control.contains(.rst) {
                if !configuration.protectsTimeWait { close(.orderly, &actions) }
                return
            }
            waitTwoLifetimes(now, &actions)
            return
        }
        if control.contains(.rst) { return }
        if isOld || control.contains(.ack) { waitTwoLifetimes(now, &actions) }
        if configuration.invalidInterval > 0, now - lastInvalid < configuration.invalidInterval { return }
        lastInvalid = now
        sendAcknowledgment(now, &actions)
    }

    /// FreeBSD: no RST ends TIME_WAIT, a SYN or a segment without ACK is dropped, and whatever says something new is
    /// acknowledged.
    private mutating func arriveInTimeWaitOnFreeBSD(_ segment: Segment, _ now: Instant, _ actions: inout Actions) {
        let control = segment.control
        if control.contains(.rst) || !control.contains(.ack) { return }
        if control.contains(.fin), segment.sequence + segment.length == receive.next { waitTwoLifetimes(now, &actions) }
        if segment.length == 0, segment.sequence == receive.next, segment.acknowledgment == send.next { return }
        sendAcknowledgment(now, &actions)
    }
}
