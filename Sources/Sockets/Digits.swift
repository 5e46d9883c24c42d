/// Digits as ASCII, several at once: the parts of a word are worked on side by side.
@usableFromInline
package enum Digits {
    /// A number below 256 as three digits with leading zeros, in the order of memory.
    @inlinable @inline(__always)
    package static func three(_ value: UInt32) -> UInt32 {
        let hundreds = (value &* 41) &>> 12
        let rest = value &- hundreds &* 100
        let tens = (rest &* 103) &>> 10
        return (hundreds | tens &<< 8 | (rest &- tens &* 10) &<< 16) | 0x30_3030
    }

    /// Eight hexadecimal digits, lower case, with leading zeros, in the order of memory.
    @inlinable @inline(__always)
    package static func hexadecimal(_ value: UInt32) -> UInt64 {
        // A half, a quarter, an eighth of the digits moves each time, until each has a byte.
        var digits = UInt64(value)
        digits = (digits | digits &<< 16) & 0x0000_ffff_0000_ffff
        digits = (digits | digits &<< 8) & 0x00ff_00ff_00ff_00ff
        digits = (digits | digits &<< 4) & 0x0f0f_0f0f_0f0f_0f0f
        // 1 where a digit is above 9: the letters stand 39 behind the numerals.
        let letters = (digits &+ 0x0606_0606_0606_0606) &>> 4 & 0x0101_0101_0101_0101
        return (digits &+ 0x3030_3030_3030_3030 &+ letters &* 39).byteSwapped
    }

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
