/// Decimal digits as ASCII, several at once: the parts of a word are divided side by side.
@usableFromInline
package enum Digits {
    /// A number below 10,000 as four digits with leading zeros, in the order of memory.
    @inlinable @inline(__always)
    package static func four(_ value: UInt32) -> UInt32 {
        let pairs = split(value, by: 100, factor: 10_486, shift: 20, mask: 0x7f, move: 16)
        return split(pairs, by: 10, factor: 103, shift: 10, mask: 0x000f_000f, move: 8) | 0x3030_3030
    }

    /// A number below 100,000,000 as eight digits with leading zeros, in the order of memory.
    @inlinable @inline(__always)
    package static func eight(_ value: UInt32) -> UInt64 {
        let halves = UInt64(value / 10_000) | UInt64(value % 10_000) << 32
        let pairs = split(halves, by: 100, factor: 10_486, shift: 20, mask: 0x0000_007f_0000_007f, move: 16)
        return split(pairs, by: 10, factor: 103, shift: 10, mask: 0x000f_000f_000f_000f, move: 8)
            | 0x3030_3030_3030_3030
    }

    /// Divides each part: the quotient stays, the remainder goes into the bits above it. The division is a
    /// multiplication that is exact for parts of this size.
    @inlinable @inline(__always)
    static func split<Word: FixedWidthInteger>(
        _ parts: Word, by divisor: Word, factor: Word, shift: Word, mask: Word, move: Word
    ) -> Word {
        let quotients = (parts &* factor) &>> shift & mask
        return quotients | (parts &- quotients &* divisor) &<< move
    }
}
