// Addresses as text: RFC 4291, section 2.2 in, RFC 5952 out.

extension IPAddress {
    /// Bytes that `format(into:)` may write: 39 of text, and three more.
    @inlinable
    package static var textCapacity: Int { 42 }

    /// Writes the address without brackets, ASCII: `10.0.0.1`, `2001:db8::1`, `::ffff:10.0.0.1` (RFC 5952, sections 4 and 5).
    ///
    /// - Precondition: the buffer has room for `textCapacity` bytes.
    /// - Returns: how many bytes were written.
    @inlinable
    package func format(into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        precondition(buffer.count >= Self.textCapacity)
        var writer = AddressWriter(buffer: buffer)
        write(into: &writer)
        return writer.count
    }

    @inlinable
    func write(into writer: inout AddressWriter) {
        switch family {
        case .ipv4:
            writer.dottedQuad(UInt32(truncatingIfNeeded: low))
        case .ipv6 where isV4Mapped:
            writer.ascii("::ffff:")
            writer.dottedQuad(UInt32(truncatingIfNeeded: low))
        case .ipv6:
            writer.groups(high: high, low: low)
        }
    }
}

extension Endpoint {
    /// Bytes that `format(into:dualStack:)` may write: an address in brackets, a colon, five digits, and three more.
    @inlinable
    package static var textCapacity: Int { IPAddress.textCapacity + 8 }

    /// Writes address and port as `ss -n` does, ASCII: `10.0.0.1:80`, `[::1]:80`; port 0 is `*`. The zone of a
    /// link-local address (`%eth0`) is the caller's.
    ///
    /// - Parameter dualStack: the socket speaks IPv4 too (no IPV6_V6ONLY): the IPv6 wildcard is written `*`.
    /// - Precondition: the buffer has room for `textCapacity` bytes.
    /// - Returns: how many bytes were written.
    @inlinable
    package func format(into buffer: UnsafeMutableBufferPointer<UInt8>, dualStack: Bool = false) -> Int {
        precondition(buffer.count >= Self.textCapacity)
        var writer = AddressWriter(buffer: buffer)
        switch address.family {
        case .ipv4:
            address.write(into: &writer)
        case .ipv6 where dualStack && address.isWildcard:
            writer.byte(UInt8(ascii: "*"))
        case .ipv6:
            writer.byte(UInt8(ascii: "["))
            address.write(into: &writer)
            writer.byte(UInt8(ascii: "]"))
        }
        writer.byte(UInt8(ascii: ":"))
        if port == 0 {
            writer.byte(UInt8(ascii: "*"))
        } else {
            writer.decimal(UInt32(port))
        }
        return writer.count
    }
}

extension IPAddress: CustomStringConvertible {
    package var description: String {
        String(unsafeUninitializedCapacity: Self.textCapacity) { format(into: $0) }
    }
}

extension Endpoint: CustomStringConvertible {
    package var description: String {
        String(unsafeUninitializedCapacity: Self.textCapacity) { format(into: $0) }
    }
}

extension IPAddress {
    /// An address in full: four decimal numbers without leading zeros, or IPv6 in any form of RFC 4291, section 2.2.
    /// Brackets, zones and prefix lengths are not part of it.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        if bytes.contains(UInt8(ascii: ":")) {
            self.init(parsingIPv6: bytes[...])
        } else {
            guard let bits = Self.dottedQuad(bytes[...]) else { return nil }
            self.init(v4: bits)
        }
    }

    private static func dottedQuad(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
            var value: UInt32 = 0
            for byte in part {
                guard case UInt8(ascii: "0")...UInt8(ascii: "9") = byte else { return nil }
                value = value * 10 + UInt32(byte - UInt8(ascii: "0"))
            }
            guard value <= 255 else { return nil }
            bits = bits << 8 | value
        }
        return bits
    }

    private init?(parsingIPv6 bytes: ArraySlice<UInt8>) {
        let colon = UInt8(ascii: ":")
        // "::" stands once, for one or more groups of zeros; without it there are exactly eight groups.
        var gap: Int?
        var index = bytes.startIndex
        while index + 1 < bytes.endIndex {
            if bytes[index] == colon, bytes[index + 1] == colon {
                guard gap == nil else { return nil }
                gap = index
                index += 1
            }
            index += 1
        }
        let before = gap.map { bytes[..<$0] } ?? bytes
        let after = gap.map { bytes[($0 + 2)...] } ?? []
        guard let head = Self.groups(before, mayEndInIPv4: gap == nil),
            let tail = Self.groups(after, mayEndInIPv4: true)
        else { return nil }
        guard gap == nil ? head.count == 8 : head.count + tail.count <= 7 else { return nil }

        var words = head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
        var halves: [UInt64] = []
        while !words.isEmpty {
            halves.append(words.prefix(4).reduce(0) { $0 << 16 | UInt64($1) })
            words.removeFirst(4)
        }
        self.init(v6High: halves[0], low: halves[1])
    }

    /// The 16-bit groups of `1:2:a.b.c.d`; an empty text has none.
    private static func groups(_ bytes: ArraySlice<UInt8>, mayEndInIPv4: Bool) -> [UInt16]? {
        guard !bytes.isEmpty else { return [] }
        let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var words: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                guard mayEndInIPv4, let bits = dottedQuad(part) else { return nil }
                words.append(UInt16(bits >> 16))
                words.append(UInt16(truncatingIfNeeded: bits))
                continue
            }
            guard (1...4).contains(part.count) else { return nil }
            var value: UInt16 = 0
            for byte in part {
                guard let digit = hexadecimalValue(byte) else { return nil }
                value = value << 4 | UInt16(digit)
            }
            words.append(value)
        }
        return words.count <= 8 ? words : nil
    }
}

/// The value of a hexadecimal digit of either case.
func hexadecimalValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}

/// Appends ASCII to a buffer whose room its maker has checked.
@usableFromInline
struct AddressWriter {
    @usableFromInline let buffer: UnsafeMutableBufferPointer<UInt8>
    @usableFromInline var count = 0

    @inlinable
    init(buffer: UnsafeMutableBufferPointer<UInt8>) { self.buffer = buffer }

    @inlinable
    mutating func byte(_ byte: UInt8) {
        buffer[count] = byte
        count += 1
    }

    @inlinable
    mutating func ascii(_ text: StaticString) {
        text.withUTF8Buffer { for byte in $0 { self.byte(byte) } }
    }

    /// A number of at most five digits, and up to three bytes behind it that do not count.
    @inlinable
    mutating func decimal(_ value: UInt32) {
        if value >= 10_000 { byte(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / 10_000)) }
        let digits = Digits.four(value % 10_000)
        // The last one stays, were it 0.
        let zeros = value >= 10_000 ? 0 : (digits & 0x0f0f_0f0f | 0x1000_0000).trailingZeroBitCount / 8
        guard let base = buffer.baseAddress else { return }
        UnsafeMutableRawPointer(base + count)
            .storeBytes(of: (digits &>> UInt32(zeros * 8)).littleEndian, as: UInt32.self)
        count += 4 - zeros
    }

    /// A number below 256 and a dot behind it, which counts if it is wanted; up to two bytes more that do not.
    @inlinable @inline(__always)
    mutating func octet(_ value: UInt32, dot: Bool) {
        guard let base = buffer.baseAddress else { return }
        let zeros: UInt32 = value >= 100 ? 0 : value >= 10 ? 1 : 2
        let text = Digits.three(value) | UInt32(UInt8(ascii: ".")) << 24
        UnsafeMutableRawPointer(base + count).storeBytes(of: (text &>> (zeros * 8)).littleEndian, as: UInt32.self)
        count += (dot ? 4 : 3) - Int(zeros)
    }

    @inlinable
    mutating func dottedQuad(_ bits: UInt32) {
        octet(bits >> 24, dot: true)
        octet(bits >> 16 & 0xff, dot: true)
        octet(bits >> 8 & 0xff, dot: true)
        octet(bits & 0xff, dot: false)
    }

    /// Lower case, no leading zeros, the longest run of two or more zero groups (the first of equals) as `::`.
    @inlinable
    mutating func groups(high: UInt64, low: UInt64) {
        func group(_ index: Int) -> UInt16 {
            let half = index < 4 ? high : low
            return UInt16(truncatingIfNeeded: half >> UInt64(48 - 16 * (index & 3)))
        }
        var gapStart = 8
        var gapLength = 1
        var runStart = 0
        var runLength = 0
        for index in 0..<8 {
            guard group(index) == 0 else {
                runLength = 0
                continue
            }
            if runLength == 0 { runStart = index }
            runLength += 1
            if runLength > gapLength {
                gapStart = runStart
                gapLength = runLength
            }
        }
        var index = 0
        while index < 8 {
            if index == gapStart {
                ascii("::")
                index += gapLength
                continue
            }
            if index > 0, index != gapStart + gapLength { byte(UInt8(ascii: ":")) }
            hexadecimal(group(index))
            index += 1
        }
    }

    @inlinable
    mutating func hexadecimal(_ value: UInt16) {
        var shift: UInt16 = 12
        while shift > 0, value >> shift == 0 { shift -= 4 }
        while true {
            let digit = UInt8(truncatingIfNeeded: value >> shift & 0xf)
            byte(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            if shift == 0 { return }
            shift -= 4
        }
    }
}
