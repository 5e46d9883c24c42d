/// The clocks that a connection can have running.
package enum MachineTimer: UInt8, CaseIterable, Sendable {
    /// RFC 6298: the oldest unacknowledged segment is sent again.
    case retransmission
    /// RFC 9293, section 3.8.6.1: the peer's window is closed, it is asked again.
    case persist
    /// RFC 9293, section 3.8.6.3: an ACK that waited for company goes alone.
    case delayedAcknowledgment
    /// RFC 9293, section 3.8.4.
    case keepAlive
    /// RFC 9293, section 3.9.1: data has waited too long for its ACK.
    case userTimeout
    /// FIN_WAIT_2 of a connection that nobody reads any more.
    case finWait2
    /// 2 MSL.
    case timeWait
    /// RFC 8985, section 7.
    case tailLossProbe
}

/// A set of timers.
package struct MachineTimers: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    @inlinable
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    @inlinable
    package init(_ timer: MachineTimer) { rawValue = 1 << timer.rawValue }
}
