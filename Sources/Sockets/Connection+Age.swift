internal import TCP

extension Connection {
    /// Milliseconds since data last moved in either direction.
    @inlinable
    package var idle: UInt32? {
        guard state != .listen else { return nil }
        return switch (info.lastDataSent, info.lastDataReceived) {
        case (let sent?, let received?): min(sent, received)
        case (let one?, nil), (nil, let one?): one
        case (nil, nil): nil
        }
    }

    /// Milliseconds in the present state, at least; `nil` where a snapshot cannot tell.
    ///
    /// CLOSE_WAIT: time since an ACK last came, a lower bound. TIME_WAIT: the state lasts 60 s, less what its timer has left.
    /// Orphaned FIN_WAIT_2 that moved into a small socket: not known, for its timer's length is not shown.
    /// FIN_WAIT_1 and LAST_ACK begin with what this side sent, however long ago an ACK came: the time that its FIN or
    /// the data before it has gone unanswered.
    @inlinable
    package var ageAtLeast: UInt32? {
        switch state {
        case .closeWait, .finWait2, .closing: info.lastAckReceived
        case .finWait1, .lastAck: unansweredAtLeast
        case .timeWait:
            timer.kind == .timeWait && timer.expires <= Self.timeWaitLength ? Self.timeWaitLength - timer.expires : nil
        case .established, .synSent, .synReceived, .closed, .listen: nil
        }
    }

    /// Milliseconds since the first sending of what the retransmission timer now repeats, at least; `nil` while it has
    /// not fired. The timeout doubles with each repetition, so the earlier ones sum up to it less its first length.
    @inlinable
    package var unansweredAtLeast: UInt32? {
        guard timer.kind == .retransmit, let rto = info.rto, let backoff = info.backoff, backoff > 0 else { return nil }
        let running = rto > timer.expires ? rto - timer.expires : 0
        let (sum, overflow) = (rto - rto >> UInt32(backoff)).addingReportingOverflow(running)
        return overflow ? nil : sum
    }

    /// TCP_TIMEWAIT_LEN, milliseconds (`include/net/tcp.h`): a constant of Linux, not a setting.
    @inlinable
    package static var timeWaitLength: UInt32 { 60_000 }
}
