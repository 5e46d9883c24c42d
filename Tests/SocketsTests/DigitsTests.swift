import Testing

@testable import Sockets

@Suite("digits, several at once")
struct DigitsTests {
    private static func text(_ digits: some FixedWidthInteger) -> String {
        withUnsafeBytes(of: digits) { String(decoding: $0, as: UTF8.self) }
    }

    private static func padded(_ value: UInt32, _ length: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: length - text.count) + text
    }

    @Test("three digits, of every number below 256; the fourth byte is free")
    func three() {
        for value in 0..<256 as Range<UInt32> {
            #expect(Self.text(Digits.three(value)) == Self.padded(value, 3) + "\0")
        }
    }

    @Test("hexadecimal digits, at both ends of every length and between")
    func hexadecimal() {
        var values: [UInt32] = [0, .max, 0x0123_4567, 0x89ab_cdef, 0xfedc_ba98]
        for bit in 1..<32 { values += [1 << bit - 1, 1 << bit, 1 << bit + 1] }
        for value in values {
            let text = String(value, radix: 16)
            #expect(Self.text(Digits.hexadecimal(value)) == String(repeating: "0", count: 8 - text.count) + text)
        }
    }

    @Test("four digits, of every number that has them")
    func four() {
        for value in 0..<10_000 as Range<UInt32> {
            #expect(Self.text(Digits.four(value)) == Self.padded(value, 4))
        }
    }

    @Test("eight digits, at both ends of every length and between")
    func eight() {
        var values: [UInt32] = [0, 12_345_678, 98_765_432, 90_090_909]
        var bound: UInt32 = 1
        while bound <= 100_000_000 {
            values += [bound - 1, bound, bound + 1].filter { $0 < 100_000_000 }
            bound *= 10
        }
        values += stride(from: 0, to: 100_000_000, by: 99_991)
        for value in values { #expect(Self.text(Digits.eight(value)) == Self.padded(value, 8)) }
    }
}
