/// An ICMP or ICMPv6 message that says what became of a segment that this side sent (RFC 792, RFC 4443).
package struct ICMPError: Hashable, Sendable {
    /// What a connection does about it (RFC 9293, section 3.9.2.2; RFC 5927).
    package enum Kind: Sendable, Hashable {
        /// May pass: kept to be shown when the connection gives up, never a reason to (MUST-56).
        case soft
        /// Destination unreachable for good: a reason to give up (SHLD-26), though a forged one is, too.
        case hard
        /// The largest packet that fits the way, if the message tells (RFC 1191, RFC 8201).
        case packetTooBig(mtu: UInt32?)
        /// Source quench: to be ignored (MUST-55).
        case sourceQuench
    }

    package var type: UInt8
    package var code: UInt8
    package var kind: Kind
    /// Who sent the message: the peer itself or a router on the way.
    package var reporter: Address
    /// Of the quoted segment: its source is this side.
    package var endpoints: Endpoints
    /// Of the quoted segment. Only what lies between SND.UNA and SND.NXT is believed (RFC 5927, section 4.1).
    package var sequence: SequenceNumber

    /// Reads the message behind a header that `IPHeader(parsing:)` has read from the same bytes.
    ///
    /// - Throws: also for messages that are no errors (echo …), and errors on what is not TCP.
    package init(_ header: IPHeader, parsing bytes: RawSpan) throws(WireError) {
        let message = bytes.extracting(header.payload)
        // Type, code, checksum and 32 bits that depend on the type
        guard message.byteCount >= 8 else {
            throw WireError(.icmpHeader, .tooShort(needed: 8, found: message.byteCount))
        }
        var checksum = Checksum()
        switch (header.version, header.protocolNumber) {
        case (.v4, IPHeader.icmp): break
        case (.v6, IPHeader.icmpV6):
            checksum.addPseudoHeader(
                header.source, header.destination, protocol: IPHeader.icmpV6, length: message.byteCount)
        default: throw WireError(.ipProtocol, .unexpected(Int(header.protocolNumber)))
        }
        checksum.add(message, 0..<message.byteCount)
        guard checksum.value == 0 else {
            let found = message.big16(2)
            throw WireError(.icmpChecksum, .mismatch(computed: checksum.without(found), found: found))
        }
        (type, code) = (message.byte(0), message.byte(1))
        let rest = message.big32(4)
        let kind = header.version == .v4 ? Self.kindV4(type, code, rest) : Self.kindV6(type, code, rest)
        guard let kind else { throw WireError(.icmpType, .unexpected(Int(type))) }
        self.kind = kind
        reporter = header.source

        let quoted = message.extracting(8..<message.byteCount)
        let inner = try IPHeader(quoted, isQuoted: true)
        guard inner.version == header.version, inner.protocolNumber == IPHeader.tcp else {
            throw WireError(.quotedPacket, .unexpected(Int(inner.protocolNumber)))
        }
        // RFC 792 promises eight bytes of the TCP header: both ports and the sequence number.
        guard inner.payload.count >= 8 else {
            throw WireError(.quotedPacket, .tooShort(needed: 8, found: inner.payload.count))
        }
        let tcp = inner.payload.lowerBound
        endpoints = Endpoints(
            version: inner.version, source: inner.source, sourcePort: quoted.big16(tcp),
            destination: inner.destination, destinationPort: quoted.big16(tcp + 2))
        sequence = SequenceNumber(quoted.big32(tcp + 4))
    }

    /// RFC 1122, section 4.2.3.9: which codes of "destination unreachable" pass and which don't.
    private static func kindV4(_ type: UInt8, _ code: UInt8, _ rest: UInt32) -> Kind? {
        switch (type, code) {
        // The lower half is zero from a router older than RFC 1191.
        case (3, 4): .packetTooBig(mtu: rest & 0xffff == 0 ? nil : rest & 0xffff)
        case (3, 2), (3, 3): .hard
        case (3, _), (11, _), (12, _): .soft
        case (4, _): .sourceQuench
        default: nil
        }
    }

    /// RFC 4443, section 3; RFC 9293, section 3.9.2.2.
    private static func kindV6(_ type: UInt8, _ code: UInt8, _ rest: UInt32) -> Kind? {
        switch (type, code) {
        case (1, 1), (1, 4): .hard
        case (1, _), (3, _), (4, 0), (4, 2): .soft
        case (4, _): .hard
        case (2, _): .packetTooBig(mtu: rest)
        default: nil
        }
    }
}
