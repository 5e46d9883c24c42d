/// The receiving half of a connection (RFC 9293, section 3.3.1, receive sequence variables) and what stands around it.
struct ReceiveSpace: Sendable {
    /// IRS and RCV.NXT.
    var initial = SequenceNumber(0)
    var next = SequenceNumber(0)
    /// RCV.NXT + RCV.WND as last announced: it never moves to the left.
    var edge = SequenceNumber(0)
    /// RCV.BUFF and the bytes in it that can be read.
    var bufferSize = 0
    var unread = 0
    /// Rcv.Wind.Shift.
    var scale: UInt8 = 0
    /// What arrived beyond a gap.
    var outOfOrder = RangeSet()
    /// A FIN that arrived beyond a gap stands here.
    var finAt: SequenceNumber?
    var urgentEnd: SequenceNumber?
    /// The peer's SYN has come: what it offered is known.
    var hasSyn = false
    var usesSACK = false
    var usesTimestamps = false
    var offeredScale = false
    /// TS.Recent, when it was taken, Last.ACK.sent (RFC 7323, section 4.3).
    var recentTimestamp: UInt32 = 0
    var recentAt = Instant(microseconds: 0)
    var lastAcknowledged = SequenceNumber(0)
    /// RFC 2883: report this in the next ACK.
    var duplicate: SequenceRange?
    /// Segments with data that no ACK went out for.
    var waiting: UInt8 = 0
    /// Data segments acknowledged at once so far.
    var quick: UInt8 = 0
    var acknowledge = Acknowledge.no

    /// What this event owes the peer.
    enum Acknowledge: UInt8, Sendable {
        case no
        case delayed
        case now
    }
}
