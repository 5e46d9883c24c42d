// The fifth check of 3.10.7.4 (the ACK field), and what follows from it: the round trip (RFC 6298), congestion control
// (RFC 5681, RFC 6582) and recovery by SACK (RFC 6675, simplified: see `pipe`).

extension ConnectionMachine {
    /// Fifth: the ACK field. `false`: the segment was dropped.
    @inline(__always)
    mutating func checkAcknowledgment(_ segment: Segment, _ now: Instant, _ actions: inout Actions) -> Bool {
        let acknowledgment = segment.acknowledgment
        switch phase {
        case .synReceived:
            // "If SND.UNA < SEG.ACK =< SND.NXT, then enter ESTABLISHED state …; if not acceptable, form a reset segment
            // <SEQ=SEG.ACK><CTL=RST> and send it."
            guard send.unacknowledged < acknowledgment, acknowledgment <= send.next else {
                sendReset(answering: segment, &actions)
                return false
            }
            becomeEstablished(segment, now, &actions)
            return true
        case .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck:
            break
        case .closed, .listen, .synSent, .timeWait:
            return false
        }
        // "If the ACK acks something not yet sent (SEG.ACK > SND.NXT), then send an ACK, drop the segment".
        if acknowledgment > send.next {
            challenge(now, &actions)
            return false
        }
        // RFC 5961, section 5: an ACK older than any window is no peer's.
        if isOlderThanAnyWindow(segment) {
            challenge(now, &actions)
            return false
        }
        acknowledge(segment, now, &actions)
        switch phase {
        case .finWait1 where send.isFinAcknowledged:
            phase = .finWait2
            armFinWait2(now, &actions)
        case .closing:
            // "if the ACK acknowledges our FIN, then enter the TIME-WAIT state; otherwise, ignore the segment."
            guard send.isFinAcknowledged else { return true }
            waitTwoLifetimes(now, &actions)
            return false
        case .lastAck where send.isFinAcknowledged:
            close(.orderly, &actions)
            return false
        case .closed, .listen, .synSent, .synReceived, .established, .finWait1, .finWait2, .closeWait, .lastAck,
            .timeWait:
            break
        }
        return true
    }

    /// SEG.ACK < SND.UNA - MAX.SND.WND (RFC 5961, section 5.2).
    @inline(__always)
    func isOlderThanAnyWindow(_ segment: Segment) -> Bool {
        configuration.challenges == .on
            && segment.acknowledgment < send.unacknowledged - max(send.largestWindow, send.segmentSize)
    }

    private mutating func becomeEstablished(_ segment: Segment, _ now: Instant, _ actions: inout Actions) {
        establish(segment, now, &actions)
        if send.isClosed { phase = .finWait1 }
        // What came with the SYN and was not acknowledged yet.
        if receive.finAt != nil {
            receive.acknowledge = .now
        } else if !receive.outOfOrder.isEmpty, receive.acknowledge == .no {
            receive.acknowledge = .delayed
        }
    }
}

extension ConnectionMachine {
    // MARK: an ACK that may be

    /// "If SND.UNA < SEG.ACK =< SND.NXT, then set SND.UNA <- SEG.ACK …; If SND.UNA =< SEG.ACK =< SND.NXT, the send window
    /// should be updated."
    @inline(__always)
    private mutating func acknowledge(_ segment: Segment, _ now: Instant, _ actions: inout Actions) {
        let news = segment.acknowledgment - send.unacknowledged
        if news < 0 { return }
        let sackedBefore = congestion.sackedBytes
        if receive.usesSACK, !segment.options.sackBlocks.isEmpty { takeBlocks(segment) }
        let window = scaledWindow(segment)
        if news > 0 {
            advance(segment, by: news, now, &actions)
        } else if send.flight > 0, segment.length == 0, !timers.isArmed(.persist),
            receive.usesSACK ? congestion.sackedBytes > sackedBefore : window == send.window
        {
            // RFC 5681, section 2: a duplicate ACK; RFC 6675, section 2: with SACK one that brings news of data.
            congestion.duplicates += 1
            noticeLoss(now)
        }
        takeWindow(window, segment, now, &actions)
    }

    @inline(__always)
    private mutating func takeWindow(
        _ window: Int, _ segment: Segment, _ now: Instant, _ actions: inout Actions
    ) {
        guard
            send.windowSequence < segment.sequence
                || (send.windowSequence == segment.sequence && send.windowAcknowledgment <= segment.acknowledgment)
        else { return }
        send.window = window
        send.largestWindow = max(send.largestWindow, window)
        send.windowSequence = segment.sequence
        send.windowAcknowledgment = segment.acknowledgment
        guard timers.isArmed(.persist) else { return }
        // MUST-36: the peer is there as long as it answers.
        roundTrip.backoffs = 0
        guard window > 0 else { return }
        persistBackoffs = 0
        timers.cancel(.persist, &actions)
        if send.flight > 0 {
            // The probe's byte was not taken: it is the first to go again.
            enterRecovery(.lossRecovery)
            timers.arm(.retransmission, at: now + roundTrip.timeout, &actions)
        }
    }

    @inline(__always)
    private mutating func advance(
        _ segment: Segment, by news: Int, _ now: Instant, _ actions: inout Actions
    ) {
        let acknowledgment = segment.acknowledgment
        let wasLimited = send.flight + send.segmentSize > congestion.window
        sampleRoundTrip(segment, now)
        let dataStart = send.isSynAcknowledged ? send.unacknowledged : send.unacknowledged + 1
        send.isSynAcknowledged = true
        let dataEnd = acknowledgment > send.end ? send.end : acknowledgment
        if dataEnd > dataStart { actions.acknowledged += dataEnd - dataStart }
        send.unacknowledged = acknowledgment
        if send.isUrgent, acknowledgment >= send.urgentEnd { send.isUrgent = false }
        if roundTrip.backoffs > 0 {
            roundTrip.backoffs = 0
            // Karn keeps the backed-off timeout until there is a new measurement; Linux and FreeBSD do not wait.
            if configuration.profile != .rfc, roundTrip.smoothed > 0 {
                roundTrip.reckon(least: configuration.minimumTimeout, most: configuration.maximumTimeout)
            }
        }
        if !congestion.scoreboard.isEmpty {
            congestion.scoreboard.remove(before: acknowledgment)
            congestion.sackedBytes = congestion.scoreboard.count(from: acknowledgment, to: send.next)
        }
        growWindow(news, wasLimited: wasLimited)
        hasProbedTail = false
        if send.flight == 0 {
            // RFC 6298 (5.2)
            timers.cancel(.retransmission, &actions)
            timers.cancel(.tailLossProbe, &actions)
            timers.cancel(.userTimeout, &actions)
        } else if !timers.isArmed(.persist) {
            // (5.3)
            timers.arm(.retransmission, at: now + roundTrip.timeout, &actions)
            armTailLossProbe(now, &actions)
            if timers.isArmed(.userTimeout) {
                timers.cancel(.userTimeout, &actions)
                armUserTimeout(now, &actions)
            }
        }
    }

    /// RFC 6298, section 3 (Karn) and RFC 7323, section 4: from a segment sent once, or from the echoed timestamp.
    @inline(__always)
    mutating func sampleRoundTrip(_ segment: Segment, _ now: Instant) {
        let sample: Microseconds
        if roundTrip.isTiming, segment.acknowledgment >= roundTrip.timedEnd {
            roundTrip.isTiming = false
            sample = now - roundTrip.timedAt
        } else if !roundTrip.isTiming, receive.usesTimestamps, let timestamps = segment.options.timestamps,
            timestamps.echo != 0
        {
            let age = Int32(bitPattern: timestamp(now) &- timestamps.echo)
            guard age >= 0 else { return }
            sample = Microseconds(age) * 1_000
        } else {
            return
        }
        roundTrip.measure(sample, least: configuration.minimumTimeout, most: configuration.maximumTimeout)
    }

    // MARK: SACK

    /// RFC 2018, section 5: what the peer holds beyond SND.UNA. A block that cannot be is ignored, D-SACK included.
    private mutating func takeBlocks(_ segment: Segment) {
        let blocks = segment.options.sackBlocks
        for index in 0..<blocks.count {
            let block = blocks[index]
            guard block.start < block.end, block.start > segment.acknowledgment, block.end <= send.next else {
                continue
            }
            _ = congestion.scoreboard.insert(block)
        }
        congestion.sackedBytes = congestion.scoreboard.count(from: segment.acknowledgment, to: send.next)
    }

    // MARK: congestion

    /// RFC 5681, section 3.1; RFC 6928 where ten segments are configured.
    var initialWindow: Int {
        let size = send.segmentSize
        if configuration.initialWindowSegments > 0 { return Int(configuration.initialWindowSegments) * size }
        if size > 2_190 { return 2 * size }
        return size > 1_095 ? 3 * size : 4 * size
    }

    @inline(__always)
    private mutating func growWindow(_ news: Int, wasLimited: Bool) {
        let size = send.segmentSize
        switch congestion.mode {
        case .open:
            congestion.duplicates = 0
            if send.unacknowledged >= congestion.recover { congestion.recover = send.unacknowledged }
            if wasLimited { grow(news) }
        case .fastRecovery:
            if send.unacknowledged >= congestion.recover {
                // RFC 6582, section 3.2, step 3, full acknowledgment.
                congestion.window = min(congestion.threshold, max(send.flight, size) + size)
                endRecovery()
            } else {
                // Partial: the next hole goes now; of what was counted as arrived, this much is acknowledged.
                congestion.duplicates = max(congestion.duplicates - max(news / size - 1, 0), 0)
                if !receive.usesSACK { mustResend = true }
            }
        case .lossRecovery:
            grow(news)
            if send.unacknowledged >= congestion.recover { endRecovery() }
        }
    }

    @inline(__always)
    private mutating func grow(_ news: Int) {
        let size = send.segmentSize
        let limit = 1 << 30
        if congestion.window < congestion.threshold {
            // Linux counts what is acknowledged (RFC 3465); RFC 5681 (2) a segment at most.
            congestion.window += configuration.profile == .linux ? news : min(news, size)
        } else {
            congestion.window += max(size * size / max(congestion.window, 1), 1)
        }
        congestion.window = min(congestion.window, limit)
    }

    private mutating func endRecovery() {
        congestion.mode = .open
        congestion.duplicates = 0
    }

    /// Enough duplicates: fast retransmit and fast recovery (RFC 6582, section 3.2; RFC 6675, section 5).
    private mutating func noticeLoss(_ now: Instant) {
        guard congestion.mode == .open, send.unacknowledged >= congestion.recover else { return }
        let threshold = Int(configuration.duplicateThreshold)
        guard
            congestion.duplicates >= threshold
                || (receive.usesSACK && congestion.sackedBytes > (threshold - 1) * send.segmentSize)
        else { return }
        congestion.threshold = max(send.flight / 2, 2 * send.segmentSize)
        congestion.window = congestion.threshold
        enterRecovery(.fastRecovery)
        mustResend = true
    }

    mutating func enterRecovery(_ mode: Congestion.Mode) {
        congestion.mode = mode
        congestion.recover = send.next
        congestion.resent = send.unacknowledged
    }

    /// Everything before this that the peer does not hold is taken for lost.
    private var lostEdge: SequenceNumber {
        switch congestion.mode {
        case .open: return send.unacknowledged
        case .lossRecovery: return congestion.recover
        case .fastRecovery:
            var edge = send.unacknowledged + send.segmentSize
            if receive.usesSACK {
                // RFC 6675, IsLost(): more than two segments' worth is held beyond it.
                var above = 0
                var bound = send.next
                while let range = highestRange(below: bound) {
                    above += range.count
                    if above > (Int(configuration.duplicateThreshold) - 1) * send.segmentSize {
                        if range.start > edge { edge = range.start }
                        break
                    }
                    bound = range.start
                }
            }
            return edge > congestion.recover ? congestion.recover : edge
        }
    }

    private func highestRange(below bound: SequenceNumber) -> SequenceRange? {
        var found: SequenceRange?
        for index in 0..<congestion.scoreboard.count {
            let range = congestion.scoreboard[index]
            guard range.start < bound else { continue }
            if let known = found, known.start > range.start { continue }
            found = range
        }
        return found
    }

    /// RFC 6675's pipe: bytes that are on their way. Without SACK each duplicate ACK stands for one segment that arrived,
    /// which comes to what RFC 6582's inflating and deflating of the window does, and to RFC 3042's limited transmit.
    /// Simpler than RFC 6675 in that a retransmission that is lost too is left to the timer, and that the scoreboard has
    /// room for eight blocks.
    @inline(__always)
    var pipe: Int { congestion.mode == .open && congestion.duplicates == 0 ? send.flight : pipeInTrouble }

    private var pipeInTrouble: Int {
        let size = send.segmentSize
        switch congestion.mode {
        case .open:
            if receive.usesSACK { return send.flight - congestion.sackedBytes }
            return max(send.flight - min(congestion.duplicates, 2) * size, 0)
        case .fastRecovery, .lossRecovery:
            let edge = lostEdge
            var resent = congestion.resent
            if resent < send.unacknowledged { resent = send.unacknowledged }
            if resent > edge { resent = edge }
            let beyond = send.next - edge - congestion.scoreboard.count(from: edge, to: send.next)
            let again =
                resent - send.unacknowledged
                - congestion.scoreboard.count(from: send.unacknowledged, to: resent)
            let arrived =
                receive.usesSACK || congestion.mode == .lossRecovery ? 0 : congestion.duplicates * size
            return max(beyond + again - arrived, 0)
        }
    }

    /// The holes, first to last, as far as the congestion window goes.
    mutating func retransmitLost(_ now: Instant, _ actions: inout Actions) {
        if congestion.resent < send.unacknowledged { congestion.resent = send.unacknowledged }
        let edge = lostEdge
        while actions.hasRoom {
            if let held = congestion.scoreboard.range(holding: congestion.resent) { congestion.resent = held.end }
            guard congestion.resent < edge else { break }
            var end = congestion.resent + send.segmentSize
            if end > edge { end = edge }
            if let held = congestion.scoreboard.start(from: congestion.resent), held < end { end = held }
            guard mustResend || congestion.window - pipe >= end - congestion.resent else { break }
            mustResend = false
            sendAgain(from: congestion.resent, to: end, now, &actions)
            congestion.resent = end
            timers.cancel(.tailLossProbe, &actions)
            timers.arm(.retransmission, at: now + roundTrip.timeout, &actions)
        }
    }

    /// RFC 5681, section 4.1: after a pause of a timeout the old window says nothing.
    mutating func restartAfterIdle(_ now: Instant) {
        guard send.flight == 0, now - congestion.lastSent > roundTrip.timeout else { return }
        congestion.window = min(congestion.window, initialWindow)
    }
}
