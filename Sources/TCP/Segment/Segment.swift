/// One segment as the machine sees it: the header (RFC 9293, section 3.1) and how much payload follows.
///
/// It holds no bytes of payload and no addresses: whoever drives the machine keeps those, and finds the bytes by
/// `payload`'s sequence numbers. So a segment is a plain value that costs no allocation.
package struct Segment: Hashable, Sendable {
    package var sequence: SequenceNumber
    /// Means something only with `.ack`.
    package var acknowledgment: SequenceNumber
    package var control: Control
    /// As it stands in the header: not yet scaled.
    package var window: UInt16
    /// Means something only with `.urg`.
    package var urgentPointer: UInt16
    package var options: Options
    /// Bytes of data after the header.
    package var payloadCount: Int

    @inlinable
    package init(
        sequence: SequenceNumber, acknowledgment: SequenceNumber = SequenceNumber(0), control: Control,
        window: UInt16 = 0, urgentPointer: UInt16 = 0, options: Options = Options(), payloadCount: Int = 0
    ) {
        self.sequence = sequence
        self.acknowledgment = acknowledgment
        self.control = control
        self.window = window
        self.urgentPointer = urgentPointer
        self.options = options
        self.payloadCount = payloadCount
    }

    /// SEG.LEN: the sequence numbers that it uses, SYN and FIN counted as one each.
    @inlinable
    package var length: Int {
        payloadCount + (control.contains(.syn) ? 1 : 0) + (control.contains(.fin) ? 1 : 0)
    }

    /// The sequence numbers that it uses.
    @inlinable
    package var range: SequenceRange { SequenceRange(start: sequence, count: length) }

    /// The sequence numbers of its data, after a SYN and before a FIN.
    @inlinable
    package var payload: SequenceRange {
        SequenceRange(start: sequence + (control.contains(.syn) ? 1 : 0), count: payloadCount)
    }
}
