/// Splits a filter into its parts, on demand: whether `(` opens a group or belongs to a name is known only by the
/// parser, which asks for the one or for the other.
struct FilterScanner {
    enum Token: Hashable {
        case end, open, close, and, or, not
        case comparison(Comparison)
        case word(String)
    }

    /// Longer filters are refused: no person writes one, and time and memory stay bounded.
    static let lengthLimit = 65_536

    let text: String
    private let bytes: [UInt8]
    private(set) var position = 0
    /// Where the token or value that was read last begins.
    private(set) var start = 0

    /// - Parameter words: arguments of the command, or one quoted string, or both: `ss` takes them alike.
    init(_ words: [String]) throws(FilterSyntaxError) {
        text = words.joined(separator: " ")
        bytes = Array(text.utf8)
        if bytes.count > Self.lengthLimit {
            throw FilterSyntaxError(text: text, offset: Self.lengthLimit, problem: .tooLong(limit: Self.lengthLimit))
        }
        if let control = bytes.firstIndex(where: { $0 < 0x20 && !Self.isSpace($0) || $0 == 0x7f }) {
            throw FilterSyntaxError(text: text, offset: control, problem: .controlCharacter(bytes[control]))
        }
    }

    /// The next token without taking it.
    func peek() -> Token {
        var copy = self
        return copy.next()
    }

    mutating func next() -> Token {
        skipSpace()
        start = position
        guard position < bytes.count else { return .end }
        for (symbol, token) in Self.symbols where bytes[position...].starts(with: symbol.utf8) {
            position += symbol.utf8.count
            return token
        }
        while position < bytes.count, !Self.isSpace(bytes[position]), !Self.isSymbol(bytes[position]) { position += 1 }
        let word = String(decoding: bytes[start..<position], as: UTF8.self)
        switch word {
        case "and": return .and
        case "or": return .or
        case "not": return .not
        default: return Comparison(word: word).map(Token.comparison) ?? .word(word)
        }
    }

    /// The next value, up to a space: `\` takes the next byte as it is. A `)` at its end that it does not open closes
    /// a group. `nil` where an operator stands or the filter ends.
    mutating func value() -> String? {
        skipSpace()
        start = position
        var content: [UInt8] = []
        var index = position
        var depth = 0
        var isEscaped = false
        scan: while index < bytes.count, !Self.isSpace(bytes[index]) {
            switch bytes[index] {
            case UInt8(ascii: "\\") where index + 1 < bytes.count:
                index += 1
                isEscaped = true
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"):
                depth -= 1
                if depth < 0 { break scan }
            default: break
            }
            content.append(bytes[index])
            index += 1
        }
        let text = String(decoding: content, as: UTF8.self)
        guard !text.isEmpty, isEscaped || !Self.isReserved(text) else { return nil }
        position = index
        return text
    }

    /// The text of the token that was read last; `nil` at the end.
    var found: String? {
        start < position ? String(decoding: bytes[start..<position], as: UTF8.self) : nil
    }

    private mutating func skipSpace() {
        while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
    }

    /// The longer ones first.
    private static let symbols: [(String, Token)] = [
        ("(", .open), (")", .close), ("&&", .and), ("&", .and), ("||", .or), ("|", .or), ("!=", .comparison(.notEqual)),
        ("!", .not), ("==", .comparison(.equal)), ("=", .comparison(.equal)), (">=", .comparison(.atLeast)),
        ("<=", .comparison(.atMost)), (">", .comparison(.above)), ("<", .comparison(.below)),
    ]

    private static func isReserved(_ text: String) -> Bool {
        symbols.contains { $0.0 == text } || ["and", "or", "not"].contains(text) || Comparison(word: text) != nil
    }

    private static func isSymbol(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: "!"),
            UInt8(ascii: "="), UInt8(ascii: "<"), UInt8(ascii: ">"):
            true
        default: false
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (UInt8(ascii: "\t")...UInt8(ascii: "\r")).contains(byte)
    }
}
