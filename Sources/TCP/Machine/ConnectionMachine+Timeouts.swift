// The timeouts: RFC 9293, section 3.10.8, and the timers of sections 3.8.1, 3.8.3, 3.8.4 and 3.8.6.

extension ConnectionMachine {
    /// `deadline` is reached: sees to every timer that is due. Too early it does nothing.
    package mutating func expire(at now: Instant) -> Actions {
        var actions = Actions()
        // A probe of the tail that is due together with the retransmission goes in its place.
        for timer in Self.order where timers.isDue(timer, at: now) && actions.hasRoom {
            timers.clear(timer)
            expire(timer, now, &actions)
            if phase == .closed { break }
        }
        return actions
    }

    private static let order: [MachineTimer] = [
        .timeWait, .finWait2, .userTimeout, .tailLossProbe, .retransmission, .persist, .keepAlive,
        .delayedAcknowledgment,
    ]

    private mutating func expire(_ timer: MachineTimer, _ now: Instant, _ actions: inout Actions) {
        switch timer {
        case .timeWait:
            // "If the time-wait timeout expires on a connection, delete the TCB, enter the CLOSED state, and return."
            close(.orderly, &actions)
        case .finWait2:
            close(.abandoned, &actions)
        case .userTimeout:
            // "flush all queues, signal the user "error: connection aborted due to user timeout" … delete the TCB".
            giveUp(now, &actions)
        case .tailLossProbe:
            probeTail(now, &actions)
        case .retransmission:
            retransmit(now, &actions)
        case .persist:
            probeWindow(now, &actions)
        case .keepAlive:
            probePeer(now, &actions)
        case .delayedAcknowledgment:
            sendAcknowledgment(now, &actions)
        }
    }

    private mutating func giveUp(_ now: Instant, _ actions: inout Actions) {
        if configuration.profile == .freeBSD, phase != .synSent { sendReset(now, &actions) }
        close(.timedOut, &actions)
    }

    // MARK: retransmission

    /// "For any state if the retransmission timeout expires on a segment in the retransmission queue, send the segment at
    /// the front of the retransmission queue again, reinitialize the retransmission timer, and return."
    private mutating func retransmit(_ now: Instant, _ actions: inout Actions) {
        guard send.flight > 0 else { return }
        guard roundTrip.backoffs < retryLimit else {
            giveUp(now, &actions)
            return
        }
        let isFirst = roundTrip.backoffs == 0
        // RFC 6298 (5.5)
        roundTrip.backOff(most: configuration.maximumTimeout)
        if roundTrip.backoffs == configuration.softRetries { actions.trouble = .manyRetransmissions }
        guard send.isSynAcknowledged else {
            sendSyn(now, &actions)
            return
        }
        // RFC 5681, section 3.1, equation 4; not again for what was already sent twice.
        if isFirst {
            congestion.threshold = max(send.flight / 2, 2 * send.segmentSize)
        }
        congestion.window = send.segmentSize
        congestion.duplicates = 0
        // RFC 2018, section 5.1: the peer may have thrown away what it reported.
        congestion.scoreboard.removeAll()
        congestion.sackedBytes = 0
        enterRecovery(.lossRecovery)
        mustResend = true
        timers.cancel(.tailLossProbe, &actions)
        retransmitLost(now, &actions)
    }

    /// R2 in retransmissions.
    private var retryLimit: UInt8 {
        switch phase {
        case .synSent: configuration.synRetries
        case .synReceived: configuration.synAckRetries
        case .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck, .timeWait, .listen, .closed:
            isOrphan ? configuration.orphanRetries ?? configuration.retries : configuration.retries
        }
    }

    // MARK: zero window (3.8.6.1)

    /// The first probe after a retransmission timeout, each later one after twice the time (SHLD-29, SHLD-30).
    var persistDelay: Microseconds {
        let shift = Int(min(persistBackoffs, 20))
        return min(max(roundTrip.timeout, configuration.minimumTimeout) << shift, configuration.maximumTimeout)
    }

    private mutating func probeWindow(_ now: Instant, _ actions: inout Actions) {
        switch phase {
        case .established, .finWait1, .closeWait, .closing, .lastAck: break
        case .closed, .listen, .synSent, .synReceived, .finWait2, .timeWait: return
        }
        guard send.hasMore || send.flight > 0 else { return }
        // MUST-36: without end as long as the peer answers; `backoffs` counts the probes that had no answer.
        guard roundTrip.backoffs < retryLimit else {
            giveUp(now, &actions)
            return
        }
        if roundTrip.backoffs < .max { roundTrip.backoffs += 1 }
        if persistBackoffs < .max { persistBackoffs += 1 }
        let windowLeft = max(send.unacknowledged + send.window - send.next, 0)
        if windowLeft > 0, send.flight == 0 {
            // The override of 3.8.6.2.1 (4): less than a segment, but the window has been like this for long.
            persistBackoffs = 0
            roundTrip.backoffs = 0
            let count = min(send.unsent, windowLeft)
            sendNew(count, fin: send.isClosed && count == send.unsent && windowLeft > count, now, &actions)
            return
        }
        if configuration.profile == .linux {
            // No byte, but an old number, which asks for an ACK as well.
            var probe = segment(.ack, now)
            probe.sequence = send.unacknowledged - 1
            actions.send(probe)
        } else {
            if send.flight == 0 {
                sendNew(min(send.unsent, 1), fin: send.unsent == 0, now, &actions)
                timers.cancel(.retransmission, &actions)
                timers.cancel(.tailLossProbe, &actions)
                roundTrip.isTiming = false
            } else {
                sendAgain(from: send.unacknowledged, to: send.unacknowledged + 1, now, &actions)
            }
        }
        timers.arm(.persist, at: now + persistDelay, &actions)
    }

    // MARK: tail loss (RFC 8985, section 7)

    mutating func armTailLossProbe(_ now: Instant, _ actions: inout Actions) {
        guard configuration.probesTailLoss, receive.usesSACK, congestion.mode == .open, !hasProbedTail,
            send.isSynAcknowledged, roundTrip.smoothed > 0, let retransmission = timers[.retransmission]
        else { return }
        var delay = 2 * roundTrip.smoothed
        delay += send.flight <= send.segmentSize ? configuration.minimumTimeout : 2_000
        let due = now + delay
        timers.arm(.tailLossProbe, at: retransmission < due ? retransmission : due, &actions)
    }

    private mutating func probeTail(_ now: Instant, _ actions: inout Actions) {
        guard send.flight > 0 else { return }
        hasProbedTail = true
        let windowLeft = max(send.unacknowledged + send.window - send.next, 0)
        let count = min(send.unsent, send.segmentSize)
        if count > 0, count <= windowLeft {
            sendNew(count, fin: send.isClosed && count == send.unsent && windowLeft > count, now, &actions)
        } else if send.isFinSent, send.next - send.unacknowledged == 1 || send.end - send.unacknowledged == 0 {
            sendAgain(from: send.end, to: send.end + 1, now, &actions)
        } else if send.isFinSent {
            sendAgain(from: send.end, to: send.next, now, &actions)
        } else {
            let size = min(send.flight, send.segmentSize)
            sendAgain(from: send.next - size, to: send.next, now, &actions)
        }
        timers.cancel(.tailLossProbe, &actions)
        timers.arm(.retransmission, at: now + roundTrip.timeout, &actions)
    }

    // MARK: keepalive (3.8.4)

    mutating func armKeepAlive(_ now: Instant, _ actions: inout Actions) {
        guard configuration.keepsAlive else { return }
        timers.arm(.keepAlive, at: now + configuration.keepAliveIdle, &actions)
    }

    private mutating func probePeer(_ now: Instant, _ actions: inout Actions) {
        switch phase {
        case .established, .closeWait, .finWait1, .finWait2: break
        case .closed, .listen, .synSent, .synReceived, .closing, .lastAck, .timeWait: return
        }
        guard configuration.keepsAlive else { return }
        // The timer is not moved at each segment: it looks here whether there was one.
        let due = lastHeard + configuration.keepAliveIdle
        if keepAliveProbes == 0, now < due {
            timers.arm(.keepAlive, at: due, &actions)
            return
        }
        // MUST-27: only while nothing is unacknowledged.
        guard send.flight == 0, !send.hasMore else {
            timers.arm(.keepAlive, at: now + configuration.keepAliveIdle, &actions)
            return
        }
        let userTimeoutPassed = configuration.userTimeout.map { now - lastHeard >= $0 && keepAliveProbes > 0 } ?? false
        if userTimeoutPassed || (configuration.userTimeout == nil && keepAliveProbes >= configuration.keepAliveCount) {
            if configuration.profile != .rfc { sendReset(now, &actions) }
            close(.timedOut, &actions)
            return
        }
        keepAliveProbes += 1
        // SEG.SEQ = SND.NXT-1, no data (SHLD-6: the other form is for those that do not answer this one).
        var probe = segment(.ack, now)
        probe.sequence = send.next - 1
        actions.send(probe)
        timers.arm(.keepAlive, at: now + configuration.keepAliveInterval, &actions)
    }

    // MARK: the others

    mutating func armUserTimeout(_ now: Instant, _ actions: inout Actions) {
        guard let timeout = configuration.userTimeout, !timers.isArmed(.userTimeout),
            send.flight > 0 || send.hasMore
        else { return }
        timers.arm(.userTimeout, at: now + timeout, &actions)
    }

    mutating func armFinWait2(_ now: Instant, _ actions: inout Actions) {
        guard phase == .finWait2, isOrphan, let timeout = configuration.finWait2Timeout else { return }
        timers.arm(.finWait2, at: now + timeout, &actions)
    }

    /// `configuration` was changed while the connection stands: data that Nagle held may go, keepalive and user timeout
    /// begin or end.
    package mutating func configurationChanged(at now: Instant) -> Actions {
        var actions = Actions()
        switch phase {
        case .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck: break
        case .closed, .listen, .synSent, .synReceived, .timeWait: return actions
        }
        if !configuration.keepsAlive {
            timers.cancel(.keepAlive, &actions)
        } else if !timers.isArmed(.keepAlive) {
            armKeepAlive(now, &actions)
        }
        timers.cancel(.userTimeout, &actions)
        armUserTimeout(now, &actions)
        transmit(now, &actions)
        return actions
    }
}
