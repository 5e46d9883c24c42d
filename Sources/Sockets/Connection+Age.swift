internal import TCP

extension Connection {
    /// Milliseconds since data last moved in either direction.
    ///
    /// What is repeated in vain does not move: each repetition resets the time of the last sending
    /// (`tcp_retransmit_timer`), so there the last ACK counts, which is when the peer was last heard.
    @inlinable
    package var idle: UInt32? {
        guard state != .listen else { return nil }
        let sent = isRepeating ? info.lastAckReceived ?? info.lastDataSent : info.lastDataSent
        return switch (sent, info.lastDataReceived) {
        case (let sent?, let received?): min(sent, received)
        case (let one?, nil), (nil, let one?): one
        case (nil, nil): nil
        }
    }

    /// Milliseconds in the present state, at least; `nil` where a snapshot cannot tell.
    ///
    /// CLOSE_WAIT: time since an ACK last came, a lower bound. TIME_WAIT: the state lasts 60 s, less what its timer has
    /// left.
    /// Orphaned FIN_WAIT_2 that moved into a small socket: not known, for its timer's length is not shown.
    /// FIN_WAIT_1, CLOSING and LAST_ACK begin with what this side sent, however long ago an ACK came: the time that its
    /// FIN or the data before it has gone unanswered. In CLOSING the peer may repeat its FIN, and each resets the ACK's.
    @inlinable
    package var ageAtLeast: UInt32? {
        switch state {
        case .closeWait, .finWait2: info.lastAckReceived
        case .finWait1, .closing, .lastAck: unansweredAtLeast
        case .timeWait:
            timer.kind == .timeWait && timer.expires <= Self.timeWaitLength ? Self.timeWaitLength - timer.expires : nil
        case .established, .synSent, .synReceived, .closed, .listen: nil
        }
    }

    /// Something was sent, and the retransmission timer has repeated it.
    @inlinable
    package var isRepeating: Bool {
        guard info.unacked ?? 0 > 0 || sendQueue > 0 else { return false }
        return info.retransmits ?? 0 > 0 || timer.kind == .retransmit && timer.retries > 0
    }

    /// Milliseconds since the first sending of what the retransmission timer now repeats, at least; `nil` while it has
    /// not fired.
    ///
    /// The timeout doubles with each repetition up to a largest length (TCP_RTO_MAX, 120 s), and the earlier ones sum
    /// up. Once it has that length, its first one can no longer be told; it was at least the round trip and TCP_RTO_MIN
    /// (`tcp_set_rto`, `include/net/tcp.h`). A route may set a smaller least, so the sum goes no further back than to
    /// what last came from the peer. For one that is not silent, that is its data: its FIN is repeated too.
    @inlinable
    package var unansweredAtLeast: UInt32? {
        guard timer.kind == .retransmit, let rto = info.rto, let backoff = info.backoff, backoff > 0 else { return nil }
        let least = UInt64((info.rtt ?? 0) / 1000) + Self.leastTimeout
        let first = rto >> UInt32(backoff)
        var timeout = UInt64(first) >= least ? UInt64(first) : min(least, UInt64(rto))
        var sum = UInt64(rto > timer.expires ? rto - timer.expires : 0)
        for _ in 0..<backoff {
            sum += timeout
            timeout = min(timeout * 2, UInt64(rto))
        }
        let heard = max(info.lastAckReceived ?? 0, info.lastDataReceived ?? 0)
        if UInt64(first) < least, heard > 0 { sum = min(sum, UInt64(heard)) }
        return UInt32(exactly: sum)
    }

    /// TCP_RTO_MIN, milliseconds (`include/net/tcp.h`).
    @inlinable
    package static var leastTimeout: UInt64 { 200 }

    /// TCP_TIMEWAIT_LEN, milliseconds (`include/net/tcp.h`): a constant of Linux, not a setting.
    @inlinable
    package static var timeWaitLength: UInt32 { 60_000 }
}
