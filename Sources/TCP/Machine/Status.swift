/// What STATUS tells about a connection (RFC 9293, section 3.10.6).
package struct Status: Hashable, Sendable {
    package var state: State
    /// ISS and IRS; 0 where there is none yet.
    package var initialSend: SequenceNumber
    package var initialReceive: SequenceNumber
    /// SND.UNA, SND.NXT and the number after the last byte that the application gave.
    package var sendUnacknowledged: SequenceNumber
    package var sendNext: SequenceNumber
    package var sendEnd: SequenceNumber
    /// SND.WND and RCV.WND in bytes.
    package var sendWindow: Int
    package var receiveWindow: Int
    /// RCV.NXT.
    package var receiveNext: SequenceNumber
    /// Bytes that can be read and are not consumed.
    package var unread: Int
    /// Largest payload to send, options taken off (Eff.snd.MSS of RFC 9293, section 3.7.1).
    package var segmentSize: Int
    package var congestionWindow: Int
    package var slowStartThreshold: Int
    package var smoothedRoundTrip: Microseconds?
    package var retransmissionTimeout: Microseconds
    /// Retransmissions of the oldest data since the last ACK that was news.
    package var retransmissions: Int
    package var sendsSACK: Bool
    package var sendsTimestamps: Bool
    package var sendWindowScale: UInt8
    package var receiveWindowScale: UInt8
    package var timers: MachineTimers
}
