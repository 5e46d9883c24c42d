extension Segment {
    /// Bytes of the header without options (RFC 9293, section 3.1).
    static let leastHeaderCount = 20

    /// Reads the header and the options; everything after them is payload. Ports and checksum are the packet's business.
    ///
    /// The reserved bits are not looked at (section 3.1: "must be ignored in received segments").
    package init(parsing bytes: RawSpan) throws(WireError) {
        guard bytes.byteCount >= Self.leastHeaderCount else {
            throw WireError(.tcpHeader, .tooShort(needed: Self.leastHeaderCount, found: bytes.byteCount))
        }
        let headerCount = Int(bytes.byte(12) >> 4) * 4
        guard headerCount >= Self.leastHeaderCount else { throw WireError(.dataOffset, .unexpected(headerCount)) }
        guard headerCount <= bytes.byteCount else {
            throw WireError(.dataOffset, .tooShort(needed: headerCount, found: bytes.byteCount))
        }
        self.init(
            sequence: SequenceNumber(bytes.big32(4)), acknowledgment: SequenceNumber(bytes.big32(8)),
            control: Control(rawValue: bytes.byte(13)), window: bytes.big16(14), urgentPointer: bytes.big16(18),
            payloadCount: bytes.byteCount - headerCount)
        if headerCount > Self.leastHeaderCount {
            options = Options(parsing: bytes.extracting(Self.leastHeaderCount..<headerCount))
        }
    }

    /// Bytes of the TCP header with its options.
    package func headerCount(_ order: OptionOrder) -> Int { Self.leastHeaderCount + options.count(order) }

    /// Writes the header at `start`, its checksum zero.
    ///
    /// - Returns: the bytes written.
    func encode(
        into bytes: inout MutableRawSpan, at start: Int, sourcePort: UInt16, destinationPort: UInt16, order: OptionOrder
    ) throws(WireError) -> Int {
        guard start + Self.leastHeaderCount <= bytes.byteCount else {
            throw WireError(.buffer, .tooShort(needed: start + Self.leastHeaderCount, found: bytes.byteCount))
        }
        let count =
            Self.leastHeaderCount
            + (try options.encode(into: &bytes, at: start + Self.leastHeaderCount, order: order))
        bytes.put(sourcePort, at: start)
        bytes.put(destinationPort, at: start + 2)
        bytes.put(sequence.rawValue, at: start + 4)
        bytes.put(acknowledgment.rawValue, at: start + 8)
        bytes.put(UInt8(count / 4) << 4, at: start + 12)
        bytes.put(control.rawValue, at: start + 13)
        bytes.put(window, at: start + 14)
        bytes.put(UInt16(0), at: start + 16)
        bytes.put(urgentPointer, at: start + 18)
        return count
    }
}
