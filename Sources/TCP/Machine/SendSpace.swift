/// The sending half of a connection (RFC 9293, section 3.3.1, send sequence variables) and what stands around it.
struct SendSpace: Sendable {
    /// ISS, SND.UNA, SND.NXT.
    var initial = SequenceNumber(0)
    var unacknowledged = SequenceNumber(0)
    var next = SequenceNumber(0)
    /// After the last byte that the application gave: there the FIN goes.
    var end = SequenceNumber(0)
    /// After the last byte that was pushed.
    var pushed = SequenceNumber(0)
    /// SND.WND in bytes, SND.WL1, SND.WL2, the largest window seen.
    var window = 0
    var windowSequence = SequenceNumber(0)
    var windowAcknowledgment = SequenceNumber(0)
    var largestWindow = 0
    /// SND.UP, meaningful while `isUrgent`.
    var urgentEnd = SequenceNumber(0)
    var isUrgent = false
    /// The application has closed: a FIN follows the data.
    var isClosed = false
    /// Largest payload, options taken off.
    var segmentSize = 536
    /// Snd.Wind.Shift.
    var scale: UInt8 = 0

    /// Bytes, SYN and FIN on their way.
    var flight: Int { next - unacknowledged }
    /// Bytes of the application that were not sent yet.
    var unsent: Int { max(end - next, 0) }
    var isFinSent: Bool { isClosed && next > end }
    var isFinAcknowledged: Bool { isClosed && unacknowledged > end }
    /// Not reckoned from the numbers: after 2 GiB ISS lies on the other side of the circle.
    var isSynAcknowledged = false
    /// Something is to be sent for the first time.
    var hasMore: Bool { unsent > 0 || (isClosed && !isFinSent) }
}
