/// One thing that the driver of a machine has to do.
package enum Action: Hashable, Sendable {
    /// The call was refused; nothing changed.
    case fail(CallError)
    /// These bytes of the segment that just arrived are wanted: put them into the receive buffer. They may lie behind a
    /// gap, and a part may be there already (then either copy will do). Whatever of the segment is not named is dropped.
    case store(SequenceRange)
    case notify(Notice)
    /// Send this segment. `payload` may be longer than the peer's MSS: then it is a burst, and the driver cuts it by
    /// `Segment.pieces(of:)` or lets the network card do that.
    case send(Segment)
    /// The timer was started or started again; `deadline(of:)` says for when.
    case arm(MachineTimer)
    case cancel(MachineTimer)
}

/// What the application, or whoever stands for it, wants to know.
package enum Notice: Hashable, Sendable {
    /// The handshake is over; both may send.
    case established
    /// The peer has so many further bytes of ours: drop them from the front of the send buffer.
    case acknowledged(Int)
    /// So many further bytes can be read in order.
    case readable(Int)
    /// The peer's urgent data ends before this number (RFC 9293, section 3.8.5).
    case urgent(SequenceNumber)
    /// The peer has sent all it had: end of file after what is readable.
    case peerClosed
    /// A passive open lost its peer before it was established and listens again (RFC 9293, section 3.10.7.4).
    case listeningAgain
    /// An error that may pass; the connection goes on (RFC 9293, section 3.9.2.2; R1 of section 3.8.3).
    case trouble(Trouble)
    /// A new SYN ended TIME_WAIT: hand the same segment to a machine that listens, with an initial sequence number
    /// beyond this one (RFC 9293, section 3.6.1, MAY-2).
    case reopen(after: SequenceNumber)
    /// The machine is CLOSED. Always the last action.
    case closed(Ending)
}

/// Why a connection is over.
package enum Ending: UInt8, Hashable, Sendable {
    /// Both FINs acknowledged, or closed before it began.
    case orderly
    /// A reset from the peer: "connection reset".
    case reset
    /// A reset instead of an answer to our SYN: "connection refused".
    case refused
    /// R2, the user timeout, or the last keepalive probe passed: "connection aborted due to user timeout".
    case timedOut
    /// The application aborted it, or closed it with data unread or still coming.
    case aborted
    /// The network said that the peer cannot be reached (a hard error).
    case unreachable
    /// FIN_WAIT_2 was left because nobody was there to read (`Configuration.finWait2Timeout`).
    case abandoned
}

/// An error that may pass.
package enum Trouble: UInt8, Hashable, Sendable {
    /// ICMP said that the destination cannot be reached now.
    case unreachable
    /// The same data was sent again R1 times.
    case manyRetransmissions
}

/// What the network layer reports about the way to the peer (RFC 9293, section 3.9.2.2).
package enum NetworkError: UInt8, Hashable, Sendable {
    /// Network or host unreachable, time exceeded, parameter problem: may pass.
    case soft
    /// Protocol or port unreachable, administratively prohibited.
    case hard
}

/// Why a call was refused, in RFC 9293's words (section 3.10).
package enum CallError: UInt8, Hashable, Sendable {
    /// "connection does not exist"
    case noConnection
    /// "connection already exists"
    case alreadyExists
    /// "connection closing"
    case closing
    /// More was said to be consumed than was readable, or a negative count.
    case badCount
}
