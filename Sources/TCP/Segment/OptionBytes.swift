/// Up to 40 bytes of options as they stood on the wire: all that a header has room for. A plain value, so that a segment
/// is one too, and copying it counts no references.
struct OptionBytes: Hashable, Sendable {
    private static let capacity = 40
    // InlineArray is not Hashable.
    private var words: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
    private var count: UInt8 = 0

    /// The first 40 of them.
    init(_ bytes: [UInt8]) {
        for byte in bytes.prefix(Self.capacity) {
            let shifted = UInt64(byte) << (8 * UInt64(count & 7))
            switch count >> 3 {
            case 0: words.0 |= shifted
            case 1: words.1 |= shifted
            case 2: words.2 |= shifted
            case 3: words.3 |= shifted
            default: words.4 |= shifted
            }
            count += 1
        }
    }

    var array: [UInt8] {
        (0..<Int(count)).map { index in
            let word =
                switch index >> 3 {
                case 0: words.0
                case 1: words.1
                case 2: words.2
                case 3: words.3
                default: words.4
                }
            return UInt8(truncatingIfNeeded: word >> (8 * UInt64(index & 7)))
        }
    }

    static func == (left: Self, right: Self) -> Bool { left.words == right.words && left.count == right.count }

    func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
        hasher.combine(words.4)
        hasher.combine(count)
    }
}
