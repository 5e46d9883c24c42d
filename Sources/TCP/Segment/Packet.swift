/// An IP packet that carries one segment: everything but the bytes of the payload.
package struct Packet: Hashable, Sendable {
    package var endpoints: Endpoints
    package var segment: Segment
    /// Time to live, or hop limit.
    package var hopLimit: UInt8
    /// Type of service: six bits of DSCP, two of ECN.
    package var trafficClass: UInt8

    /// - Parameter hopLimit: 64 is the default that RFC 9293 (MUST-49) and IANA name.
    @inlinable
    package init(endpoints: Endpoints, segment: Segment, hopLimit: UInt8 = 64, trafficClass: UInt8 = 0) {
        self.endpoints = endpoints
        self.segment = segment
        self.hopLimit = hopLimit
        self.trafficClass = trafficClass
    }

    /// Reads a packet from its IP header on, and compares its checksums (MUST-3).
    ///
    /// Who needs the bytes of the payload reads the header first and asks `payload(_:)`.
    package init(parsing bytes: RawSpan) throws(WireError) {
        try self.init(try IPHeader(parsing: bytes), parsing: bytes)
    }

    /// The same for who has read the header of these bytes already, to see what the packet is.
    package init(_ header: IPHeader, parsing bytes: RawSpan) throws(WireError) {
        guard header.protocolNumber == IPHeader.tcp else {
            throw WireError(.ipProtocol, .unexpected(Int(header.protocolNumber)))
        }
        let tcp = bytes.extracting(header.payload)
        segment = try Segment(parsing: tcp)
        var checksum = Checksum()
        checksum.addPseudoHeader(header.source, header.destination, protocol: IPHeader.tcp, length: tcp.byteCount)
        checksum.add(tcp, 0..<tcp.byteCount)
        guard checksum.value == 0 else {
            let found = tcp.big16(16)
            throw WireError(.tcpChecksum, .mismatch(computed: checksum.without(found), found: found))
        }
        endpoints = Endpoints(
            version: header.version, source: header.source, sourcePort: tcp.big16(0),
            destination: header.destination, destinationPort: tcp.big16(2))
        hopLimit = header.hopLimit
        trafficClass = header.trafficClass
    }

    /// Where in the parsed bytes the payload stands.
    @inlinable
    package func payload(_ header: IPHeader) -> Range<Int> {
        header.payload.upperBound - segment.payloadCount..<header.payload.upperBound
    }

    /// Bytes of all headers: the payload goes behind them.
    @inlinable
    package func headerCount(_ order: OptionOrder) -> Int {
        IPHeader.count(endpoints.version) + segment.headerCount(order)
    }

    /// Writes the headers to the beginning of a buffer in which the payload stands already: `segment.payloadCount` bytes
    /// from `headerCount(order)` on. Nothing is allocated.
    ///
    /// - Returns: the bytes of the whole packet.
    /// - Throws: when the buffer is too small for headers and payload, or the options for their 40 bytes.
    package func encode(into bytes: inout MutableRawSpan, order: OptionOrder) throws(WireError) -> Int {
        let start = IPHeader.count(endpoints.version)
        let headerCount = try segment.encode(
            into: &bytes, at: start, sourcePort: endpoints.sourcePort, destinationPort: endpoints.destinationPort,
            order: order)
        let count = headerCount + segment.payloadCount
        guard segment.payloadCount >= 0, start + count <= bytes.byteCount else {
            throw WireError(
                .payload, .tooLong(limit: bytes.byteCount - start - headerCount, found: segment.payloadCount))
        }
        try IPHeader(
            version: endpoints.version, source: endpoints.source, destination: endpoints.destination,
            protocolNumber: IPHeader.tcp, hopLimit: hopLimit, trafficClass: trafficClass
        ).encode(into: &bytes, payloadCount: count)
        var checksum = Checksum()
        checksum.addPseudoHeader(endpoints.source, endpoints.destination, protocol: IPHeader.tcp, length: count)
        checksum.add(bytes.bytes, start..<start + count)
        bytes.put(checksum.value, at: start + 16)
        return start + count
    }

    /// The same with a payload that stands elsewhere and is copied.
    package func encode(into bytes: inout MutableRawSpan, payload: RawSpan, order: OptionOrder) throws(WireError) -> Int
    {
        guard payload.byteCount == segment.payloadCount else {
            throw WireError(.payload, .unexpected(payload.byteCount))
        }
        let start = headerCount(order)
        guard start + payload.byteCount <= bytes.byteCount else {
            throw WireError(.buffer, .tooShort(needed: start + payload.byteCount, found: bytes.byteCount))
        }
        bytes.copy(payload, at: start)
        return try encode(into: &bytes, order: order)
    }
}
