/// The header of an IP packet, its options and extension headers passed over (RFC 791, RFC 8200).
package struct IPHeader: Hashable, Sendable {
    package static let tcp: UInt8 = 6
    package static let icmp: UInt8 = 1
    package static let icmpV6: UInt8 = 58

    package var version: IPVersion
    package var source: Address
    package var destination: Address
    /// What `payload` is, after extension headers: `IPHeader.tcp` …
    package var protocolNumber: UInt8
    /// Time to live, or hop limit.
    package var hopLimit: UInt8
    /// Type of service: six bits of DSCP, two of ECN.
    package var trafficClass: UInt8
    /// Where in the parsed bytes the payload stands: after all headers, up to the length that the header tells.
    package var payload: Range<Int>

    @inlinable
    package init(
        version: IPVersion, source: Address, destination: Address, protocolNumber: UInt8, hopLimit: UInt8 = 64,
        trafficClass: UInt8 = 0, payload: Range<Int> = 0..<0
    ) {
        self.version = version
        self.source = source
        self.destination = destination
        self.protocolNumber = protocolNumber
        self.hopLimit = hopLimit
        self.trafficClass = trafficClass
        self.payload = payload
    }

    /// Reads a whole packet. Bytes after its end are no error: a link may pad.
    ///
    /// - Throws: also for fragments, which nothing here reassembles. An IPv6 fragment header on a packet that is whole is
    ///   passed over (RFC 6946).
    package init(parsing bytes: RawSpan) throws(WireError) { try self.init(bytes, isQuoted: false) }

    /// - Parameter isQuoted: the bytes stand in an ICMP error: they may end early, and routers may have changed them on
    ///   the way, so lengths and the checksum tell nothing.
    init(_ bytes: RawSpan, isQuoted: Bool) throws(WireError) {
        guard bytes.byteCount > 0 else { throw WireError(.ipVersion, .tooShort(needed: 1, found: 0)) }
        switch bytes.byte(0) >> 4 {
        case 4: try self.init(v4: bytes, isQuoted)
        case 6: try self.init(v6: bytes, isQuoted)
        case let other: throw WireError(.ipVersion, .unexpected(Int(other)))
        }
    }

    /// RFC 791, section 3.1.
    private init(v4 bytes: RawSpan, _ isQuoted: Bool) throws(WireError) {
        guard bytes.byteCount >= 20 else {
            throw WireError(.ipHeader, .tooShort(needed: 20, found: bytes.byteCount))
        }
        let headerCount = Int(bytes.byte(0) & 0xf) * 4
        guard headerCount >= 20 else { throw WireError(.ipHeaderLength, .unexpected(headerCount)) }
        guard bytes.byteCount >= headerCount else {
            throw WireError(.ipHeaderLength, .tooShort(needed: headerCount, found: bytes.byteCount))
        }
        let total = Int(bytes.big16(2))
        if !isQuoted {
            guard total >= headerCount else {
                throw WireError(.totalLength, .tooShort(needed: headerCount, found: total))
            }
            guard total <= bytes.byteCount else {
                throw WireError(.totalLength, .tooShort(needed: total, found: bytes.byteCount))
            }
            var checksum = Checksum()
            checksum.add(bytes, 0..<headerCount)
            guard checksum.value == 0 else {
                let found = bytes.big16(10)
                throw WireError(.headerChecksum, .mismatch(computed: checksum.without(found), found: found))
            }
        }
        // The offset, in units of eight bytes, and the bit that says that more follow.
        let fragment = bytes.big16(6) & 0x3fff
        guard fragment == 0 || isQuoted && fragment & 0x1fff == 0 else {
            throw WireError(.fragment, .unexpected(Int(fragment & 0x1fff) * 8))
        }
        version = .v4
        trafficClass = bytes.byte(1)
        hopLimit = bytes.byte(8)
        protocolNumber = bytes.byte(9)
        source = Address(v4: bytes.big32(12))
        destination = Address(v4: bytes.big32(16))
        payload = headerCount..<(isQuoted ? bytes.byteCount : total)
    }

    /// RFC 8200, sections 3 and 4.
    private init(v6 bytes: RawSpan, _ isQuoted: Bool) throws(WireError) {
        guard bytes.byteCount >= 40 else {
            throw WireError(.ipHeader, .tooShort(needed: 40, found: bytes.byteCount))
        }
        let total = 40 + Int(bytes.big16(4))
        guard isQuoted || total <= bytes.byteCount else {
            throw WireError(.payloadLength, .tooShort(needed: total, found: bytes.byteCount))
        }
        let end = isQuoted ? bytes.byteCount : total
        var next = bytes.byte(6)
        var offset = 40
        headers: while true {
            let count: Int
            switch next {
            case 0, 43, 60:  // Hop-by-hop options, routing, destination options: length in eight bytes, less one
                guard end - offset >= 8 else {
                    throw WireError(.extensionHeader, .tooShort(needed: 8, found: end - offset))
                }
                count = (Int(bytes.byte(offset + 1)) + 1) * 8
                // Still on its way to another host: the address is not the one that the checksum was made with.
                if next == 43, bytes.byte(offset + 3) != 0, !isQuoted {
                    throw WireError(.routing, .unexpected(Int(bytes.byte(offset + 3))))
                }
            case 44:
                guard end - offset >= 8 else {
                    throw WireError(.extensionHeader, .tooShort(needed: 8, found: end - offset))
                }
                count = 8
                let fragment = bytes.big16(offset + 2)
                guard fragment & 0xfff9 == 0 || isQuoted && fragment & 0xfff8 == 0 else {
                    throw WireError(.fragment, .unexpected(Int(fragment & 0xfff8)))
                }
            default: break headers
            }
            guard end - offset >= count else {
                throw WireError(.extensionHeader, .tooShort(needed: count, found: end - offset))
            }
            next = bytes.byte(offset)
            offset += count
        }
        version = .v6
        trafficClass = UInt8(truncatingIfNeeded: bytes.big16(0) >> 4)
        hopLimit = bytes.byte(7)
        protocolNumber = next
        source = Address(high: bytes.big64(8), low: bytes.big64(16))
        destination = Address(high: bytes.big64(24), low: bytes.big64(32))
        payload = offset..<end
    }
}

extension IPHeader {
    /// Bytes of the header that `encode` writes: without options and extension headers.
    @inlinable
    package static func count(_ version: IPVersion) -> Int { version == .v4 ? 20 : 40 }

    /// Writes a header without options in front of `payloadCount` bytes; `payload` is not used. IPv4: "don't fragment" is
    /// set and the identification 0 (RFC 6864, section 4.1).
    func encode(into bytes: inout MutableRawSpan, payloadCount: Int) throws(WireError) {
        let headerCount = Self.count(version)
        guard bytes.byteCount >= headerCount else {
            throw WireError(.buffer, .tooShort(needed: headerCount, found: bytes.byteCount))
        }
        let limit = version == .v4 ? 0xffff - headerCount : 0xffff
        guard payloadCount <= limit else { throw WireError(.payload, .tooLong(limit: limit, found: payloadCount)) }
        switch version {
        case .v4:
            bytes.put(UInt8(0x45), at: 0)
            bytes.put(trafficClass, at: 1)
            bytes.put(UInt16(headerCount + payloadCount), at: 2)
            bytes.put(UInt32(0x4000), at: 4)
            bytes.put(hopLimit, at: 8)
            bytes.put(protocolNumber, at: 9)
            bytes.put(UInt16(0), at: 10)
            bytes.put(UInt32(truncatingIfNeeded: source.low), at: 12)
            bytes.put(UInt32(truncatingIfNeeded: destination.low), at: 16)
            var checksum = Checksum()
            checksum.add(bytes.bytes, 0..<headerCount)
            bytes.put(checksum.value, at: 10)
        case .v6:
            bytes.put(UInt32(6) << 28 | UInt32(trafficClass) << 20, at: 0)
            bytes.put(UInt16(payloadCount), at: 4)
            bytes.put(protocolNumber, at: 6)
            bytes.put(hopLimit, at: 7)
            bytes.put(source.high, at: 8)
            bytes.put(source.low, at: 16)
            bytes.put(destination.high, at: 24)
            bytes.put(destination.low, at: 32)
        }
    }
}
