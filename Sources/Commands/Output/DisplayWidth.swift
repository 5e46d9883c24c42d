/// How many cells of a terminal a text takes: 2 for East Asian wide and fullwidth characters and emoji, 0 for
/// combining marks (Unicode Standard Annex #11).
enum DisplayWidth {
    static func of(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + of($1) }
    }

    /// For UTF-8; ASCII, the usual case, costs one pass without decoding.
    static func of(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        if bytes.allSatisfy({ $0 < 0x80 }) { return bytes.count }
        return of(String(decoding: bytes, as: UTF8.self))
    }

    /// The text, or as much of its beginning as fits into so many cells with a `…` behind it.
    static func cut(_ text: String, to cells: Int) -> String {
        guard of(text) > cells else { return text }
        var (kept, used) = ("", 0)
        for character in text {
            let size = of(String(character))
            if used + size > cells - 1 { break }
            kept.append(character)
            used += size
        }
        return kept + "…"
    }

    static func of(_ scalar: Unicode.Scalar) -> Int {
        if scalar.value < 0x300 { return scalar.value == 0xad ? 0 : 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return wide.contains { $0.contains(scalar.value) } ? 2 : 1
        }
    }

    /// East_Asian_Width W and F, in blocks.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115f,  // Hangul Jamo
        0x231a...0x231b, 0x2329...0x232a, 0x23e9...0x23ec, 0x23f0...0x23f0, 0x23f3...0x23f3,
        0x25fd...0x25fe, 0x2614...0x2615, 0x2648...0x2653, 0x26a1...0x26a1, 0x2705...0x2705, 0x274c...0x274c,
        0x2e80...0x303e,  // CJK radicals, punctuation
        0x3041...0x33ff,  // Kana, Bopomofo, compatibility
        0x3400...0x4dbf, 0x4e00...0x9fff,  // CJK ideographs
        0xa000...0xa4cf, 0xa960...0xa97f, 0xac00...0xd7a3,  // Yi, Hangul
        0xf900...0xfaff, 0xfe30...0xfe6f,  // compatibility forms
        0xff00...0xff60, 0xffe0...0xffe6,  // fullwidth
        0x1f300...0x1f64f, 0x1f680...0x1f6ff, 0x1f900...0x1f9ff, 0x1fa70...0x1faff,  // emoji
        0x20000...0x2fffd, 0x30000...0x3fffd,  // CJK extensions
    ]
}
