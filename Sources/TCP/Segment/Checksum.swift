/// The Internet checksum (RFC 1071): the ones' complement of the ones' complement sum of 16-bit numbers.
///
/// The sum is taken eight bytes at a time in the machine's order and folded at the end: byte order does not matter to a
/// ones' complement sum, only to its result.
struct Checksum {
    private var sum: UInt64 = 0

    @inline(__always)
    private mutating func addNative(_ value: UInt64) {
        let (partial, overflow) = sum.addingReportingOverflow(value)
        sum = partial &+ (overflow ? 1 : 0)
    }

    /// A number as it stands in the packet, big-endian, from an even place on.
    @inline(__always)
    mutating func add(_ value: UInt64) { addNative(value.bigEndian) }

    @inline(__always)
    mutating func add(_ value: UInt32) { addNative(UInt64(value.bigEndian)) }

    /// Bytes from an even place on; an odd one at the end counts as followed by zero.
    mutating func add(_ bytes: RawSpan, _ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.byteCount, "a checksum past the end")
        var offset = range.lowerBound
        // In range: the check above covers every load below.
        while range.upperBound - offset >= 8 {
            unsafe addNative(bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        if range.upperBound - offset >= 4 {
            unsafe addNative(UInt64(bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self)))
            offset += 4
        }
        if range.upperBound - offset >= 2 {
            unsafe addNative(UInt64(bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt16.self)))
            offset += 2
        }
        if offset < range.upperBound { addNative(UInt64((UInt16(bytes.byte(offset)) << 8).bigEndian)) }
    }

    /// RFC 9293, section 3.1 (IPv4) and RFC 8200, section 8.1 (IPv6): the addresses, the protocol and the length, which
    /// are not in the TCP or ICMPv6 header but guard it against a packet that came to the wrong place.
    mutating func addPseudoHeader(_ source: Address, _ destination: Address, protocol: UInt8, length: Int) {
        // The high halves of IPv4 addresses are zero and change nothing.
        add(source.high)
        add(source.low)
        add(destination.high)
        add(destination.low)
        add(UInt32(truncatingIfNeeded: length))
        add(UInt32(`protocol`))
    }

    /// What `value` would be if the field that was added as `found` had been zero.
    func without(_ found: UInt16) -> UInt16 {
        var other = self
        other.add(UInt32(~found))
        return other.value
    }

    /// To be stored big-endian where the field was zero when it was added; 0 when the added bytes have a correct one in them.
    var value: UInt16 {
        var folded = (sum & 0xffff_ffff) + (sum >> 32)
        folded = (folded & 0xffff) + (folded >> 16)
        folded = (folded & 0xffff) + (folded >> 16)
        folded = (folded & 0xffff) + (folded >> 16)
        return ~UInt16(truncatingIfNeeded: folded).bigEndian
    }
}
