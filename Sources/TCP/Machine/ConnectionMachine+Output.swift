// Making segments: RFC 9293, sections 3.8.6 (windows, Nagle, delayed ACKs) and 3.10.

extension ConnectionMachine {
    // MARK: windows

    /// RCV.WND: what may arrive now.
    @inline(__always)
    var receiveWindow: Int {
        let announced = max(receive.edge - receive.next, 0)
        guard configuration.profile == .freeBSD else { return announced }
        // There a segment may use the whole buffer, whatever 16 bits could announce; a half-open one holds the 16 bits.
        if case .synReceived(passive: true) = phase { return announced }
        return max(announced, receive.bufferSize - receive.unread)
    }

    /// The window to announce, as it stands in the header; the edge moves with it.
    @inline(__always)
    mutating func announceWindow() -> UInt16 {
        let shift = receive.scale
        let current = max(receive.edge - receive.next, 0)
        let window = max(windowToAnnounce, current)
        let field = min(window >> Int(shift), 65_535)
        let edge = receive.next + (field << Int(shift))
        if edge > receive.edge { receive.edge = edge }
        return UInt16(truncatingIfNeeded: field)
    }

    @inline(__always)
    private var windowToAnnounce: Int {
        let space = max(receive.bufferSize - receive.unread, 0)
        let segment = Int(configuration.maximumSegmentSize)
        switch configuration.profile {
        case .rfc:
            // 3.8.6.2.2: the edge moves by min(Fr * RCV.BUFF, Eff.snd.MSS) at least.
            let current = max(receive.edge - receive.next, 0)
            return space - current >= min(receive.bufferSize / 2, segment) ? space : current
        case .linux, .freeBSD:
            return space < receive.bufferSize / 4 && space < segment ? 0 : space
        }
    }

    /// After a RECEIVE: an ACK goes only if it moves the peer's window by enough (3.8.6.2.2).
    mutating func updateWindow(_ now: Instant, _ actions: inout Actions) {
        let current = max(receive.edge - receive.next, 0)
        let step = min(receive.bufferSize / 2, 2 * Int(configuration.maximumSegmentSize))
        let possible = min(windowToAnnounce >> Int(receive.scale), 65_535) << Int(receive.scale)
        guard possible - current >= max(step, 1) || (current == 0 && possible > 0) else { return }
        sendAcknowledgment(now, &actions)
    }

    // MARK: segments

    @inline(__always)
    func timestamp(_ now: Instant) -> UInt32 {
        UInt32(truncatingIfNeeded: now.microseconds / 1_000) &+ configuration.timestampOffset
    }

    /// <SEQ=SND.NXT><ACK=RCV.NXT> with the window and, where agreed, timestamps.
    @inline(__always)
    mutating func segment(_ control: Control, _ now: Instant) -> Segment {
        var segment = Segment(
            sequence: send.next, acknowledgment: receive.next, control: control, window: announceWindow())
        if receive.usesTimestamps {
            segment.options.timestamps = Timestamps(value: timestamp(now), echo: receive.recentTimestamp)
        }
        return segment
    }

    /// What an ACK that goes out settles.
    @inline(__always)
    private mutating func acknowledgmentGoes(_ actions: inout Actions) {
        receive.acknowledge = .no
        receive.waiting = 0
        receive.lastAcknowledged = receive.next
        timers.cancel(.delayedAcknowledgment, &actions)
    }

    /// <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>
    mutating func sendAcknowledgment(_ now: Instant, _ actions: inout Actions) {
        guard actions.hasRoom else { return }
        var acknowledgment = segment(.ack, now)
        if receive.usesSACK { addBlocks(to: &acknowledgment) }
        actions.send(acknowledgment)
        acknowledgmentGoes(&actions)
    }

    /// RFC 2018, section 4: what lies beyond the gaps, the latest first; RFC 2883: a duplicate before them.
    private mutating func addBlocks(to segment: inout Segment) {
        let room = receive.usesTimestamps ? SACKBlocks.capacity - 1 : SACKBlocks.capacity
        if let duplicate = receive.duplicate {
            segment.options.sackBlocks.append(duplicate)
            receive.duplicate = nil
        }
        for index in 0..<receive.outOfOrder.count where segment.options.sackBlocks.count < room {
            segment.options.sackBlocks.append(receive.outOfOrder[index])
        }
    }

    /// A reset of our own making: ABORT (3.10.5) and 3.6.1.
    mutating func sendReset(_ now: Instant, _ actions: inout Actions) {
        switch configuration.profile {
        case .rfc:
            // <SEQ=SND.NXT><CTL=RST>
            actions.send(Segment(sequence: send.next, control: .rst))
        case .linux, .freeBSD:
            var reset = Segment(sequence: send.next, acknowledgment: receive.next, control: [.rst, .ack])
            if receive.usesTimestamps {
                reset.options.timestamps = Timestamps(value: timestamp(now), echo: receive.recentTimestamp)
            }
            actions.send(reset)
        }
    }

    /// A reset that answers a segment (3.10.7.1, and 3.5.3 group 2).
    mutating func sendReset(answering segment: Segment, _ actions: inout Actions) {
        if let reset = Self.reset(answering: segment) { actions.send(reset) }
    }

    // MARK: the handshake

    /// Our SYN, or SYN and ACK once the peer's has come; SND.NXT and the timer with it.
    mutating func sendSyn(_ now: Instant, _ actions: inout Actions) {
        let isFirst = send.next == send.initial
        var syn = Segment(sequence: send.initial, control: .syn)
        syn.options.maximumSegmentSize = configuration.maximumSegmentSize
        let space = min(max(receive.bufferSize - receive.unread, 0), 65_535)
        syn.window = UInt16(truncatingIfNeeded: space)
        if receive.hasSyn {
            syn.control.insert(.ack)
            syn.acknowledgment = receive.next
            if receive.offeredScale { syn.options.windowScale = receive.scale }
            syn.options.sackPermitted = receive.usesSACK
            if receive.usesTimestamps {
                syn.options.timestamps = Timestamps(value: timestamp(now), echo: receive.recentTimestamp)
            }
            if receive.edge < receive.next + space { receive.edge = receive.next + space }
            receive.lastAcknowledged = receive.next
        } else {
            syn.options.windowScale = configuration.windowScale
            syn.options.sackPermitted = configuration.offersSACK
            if configuration.offersTimestamps {
                syn.options.timestamps = Timestamps(value: timestamp(now), echo: 0)
            }
        }
        if configuration.offersUserTimeout, let timeout = configuration.userTimeout {
            syn.options.userTimeout = Self.userTimeoutField(timeout)
        }
        actions.send(syn)
        if isFirst {
            send.next = send.initial + 1
            roundTrip.timedEnd = send.next
            roundTrip.timedAt = now
            roundTrip.isTiming = true
        }
        timers.arm(.retransmission, at: now + roundTrip.timeout, &actions)
    }

    /// RFC 5482, section 3: seconds, or minutes with the highest bit set.
    static func userTimeoutField(_ timeout: Microseconds) -> UInt16 {
        let seconds = max(timeout / 1_000_000, 1)
        if seconds <= 0x7FFF { return UInt16(seconds) }
        return 0x8000 | UInt16(min(seconds / 60, 0x7FFF))
    }

    // MARK: data

    /// Sends whatever may be sent: first what was lost, then new data and the FIN. Says whether something went that
    /// carries an ACK.
    mutating func transmit(_ now: Instant, _ actions: inout Actions) {
        guard send.isSynAcknowledged || phase == .finWait1 else { return }
        if congestion.mode != .open { retransmitLost(now, &actions) }
        guard send.hasMore, actions.hasRoom else { return }
        if !send.isSynAcknowledged {
            // FIN_WAIT_1 straight from SYN_RCVD: only the FIN.
            sendNew(0, fin: true, now, &actions)
            return
        }
        restartAfterIdle(now)
        let windowLeft = max(send.unacknowledged + send.window - send.next, 0)
        let congestionLeft = max(congestion.window - pipe, 0)
        var count = min(send.unsent, windowLeft, congestionLeft)
        if count < send.unsent {
            count = wholeSegments(count)
        } else if !mayCutShort(count) {
            count -= count % send.segmentSize
        }
        // The FIN needs room in the window like a byte: a closed window is asked, not overrun (MUST-36).
        let finGoes = send.isClosed && count == send.unsent && windowLeft > count
        if count > 0 || finGoes {
            sendNew(count, fin: finGoes, now, &actions)
        } else if send.flight == 0 {
            // The window is closed, or open by too little: ask again later (3.8.6.1), or send what fits (3.8.6.2.1).
            if !timers.isArmed(.persist) { timers.arm(.persist, at: now + persistDelay, &actions) }
            armUserTimeout(now, &actions)
        }
    }

    /// 3.8.6.2.1 (1) and (3): whole segments, or at least half of the largest window seen.
    @inline(__always)
    private func wholeSegments(_ count: Int) -> Int {
        if count >= send.segmentSize { return count - count % send.segmentSize }
        return count > 0 && count * 2 >= send.largestWindow ? count : 0
    }

    /// All that is left fits: may its last, short segment go too? 3.8.6.2.1 (2) and Nagle, 3.7.4.
    @inline(__always)
    private func mayCutShort(_ count: Int) -> Bool {
        count % send.segmentSize == 0 || configuration.noDelay || send.isClosed || send.flight == 0
            || send.isUrgent && send.urgentEnd > send.next
    }

    /// New data from SND.NXT on, as one burst, with the FIN when it is the last.
    mutating func sendNew(_ count: Int, fin finGoes: Bool, _ now: Instant, _ actions: inout Actions) {
        // An ACK with SACK blocks goes alone: beside data there is no room for them.
        if receive.acknowledge == .now, receive.usesSACK, !receive.outOfOrder.isEmpty || receive.duplicate != nil {
            sendAcknowledgment(now, &actions)
            guard actions.hasRoom else { return }
        }
        var control = Control.ack
        let wasIdle = send.flight == 0
        if count > 0, send.next + count == send.pushed { control.insert(.psh) }
        // Linux pushes the end of every burst of several segments (__tcp_transmit_skb), so that a receiver hands it on.
        if configuration.profile == .linux, count > send.segmentSize { control.insert(.psh) }
        if finGoes { control.insert(.fin) }
        var burst = segment(control, now)
        burst.payloadCount = count
        markUrgent(&burst)
        actions.send(burst)
        acknowledgmentGoes(&actions)
        send.next += count + (finGoes ? 1 : 0)
        congestion.lastSent = now
        if !roundTrip.isTiming {
            roundTrip.timedEnd = send.next
            roundTrip.timedAt = now
            roundTrip.isTiming = true
        }
        timers.cancel(.persist, &actions)
        if wasIdle || !timers.isArmed(.retransmission) {
            timers.arm(.retransmission, at: now + roundTrip.timeout, &actions)
        }
        armTailLossProbe(now, &actions)
        armUserTimeout(now, &actions)
    }

    private func markUrgent(_ segment: inout Segment) {
        guard send.isUrgent, send.urgentEnd > segment.sequence else { return }
        segment.control.insert(.urg)
        // 3.8.5: it points to the byte after the urgent data (RFC 6093, section 3.1).
        segment.urgentPointer = UInt16(truncatingIfNeeded: min(send.urgentEnd - segment.sequence, 65_535))
    }

    /// One segment from `start` again, no further than `end`.
    mutating func sendAgain(
        from start: SequenceNumber, to end: SequenceNumber, _ now: Instant, _ actions: inout Actions
    ) {
        if !send.isSynAcknowledged && start == send.initial {
            sendSyn(now, &actions)
            return
        }
        let dataEnd = end > send.end ? send.end : end
        let count = min(max(dataEnd - start, 0), send.segmentSize)
        var control = Control.ack
        if count > 0, start + count == send.pushed { control.insert(.psh) }
        let finGoes = send.isFinSent && start + count == send.end && end > send.end
        if finGoes { control.insert(.fin) }
        var again = segment(control, now)
        again.sequence = start
        again.payloadCount = count
        markUrgent(&again)
        actions.send(again)
        acknowledgmentGoes(&actions)
        // Karn: what is sent twice is not timed.
        roundTrip.isTiming = false
        congestion.lastSent = now
    }
}
