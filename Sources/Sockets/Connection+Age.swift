import TCP

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
    @inlinable
    package var ageAtLeast: UInt32? {
        switch state {
        case .closeWait, .finWait2: info.lastAckReceived
        case .finWait1, .closing, .lastAck: info.lastAckReceived
        case .timeWait:
            timer.kind == .timeWait && timer.expires <= Self.timeWaitLength ? Self.timeWaitLength - timer.expires : nil
        case .established, .synSent, .synReceived, .closed, .listen: nil
        }
    }

    /// TCP_TIMEWAIT_LEN, milliseconds (`include/net/tcp.h`): a constant of Linux, not a setting.
    @inlinable
    package static var timeWaitLength: UInt32 { 60_000 }
}
