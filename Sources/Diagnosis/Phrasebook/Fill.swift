/// Puts values into a template: `{name}` is replaced, `[part]` is left out when a name in it has no value, and a name
/// outside of such a part that has none becomes a dash.
///
/// - Parameter isChinese: between an ideograph and a Latin letter or digit of a value stands one space, between two
///   ideographs none, whatever the value is.
func fill(_ template: String, isChinese: Bool = false, _ value: (String) -> String?) -> String {
    var result = Filling(isChinese: isChinese)
    var part: [Piece] = []
    var literal = ""
    var isInPart = false
    var isInName = false
    var isKnown = true
    func end(_ piece: Piece) {
        if isInPart { part.append(piece) } else { result.add(piece) }
    }
    for character in template {
        switch character {
        case "[" where !isInPart && !isInName:
            end(.literal(literal))
            (isInPart, isKnown, part, literal) = (true, true, [], "")
        case "]" where isInPart && !isInName:
            part.append(.literal(literal))
            if isKnown { for piece in part { result.add(piece) } }
            (isInPart, literal) = (false, "")
        case "{":
            end(.literal(literal))
            (isInName, literal) = (true, "")
        case "}" where isInName:
            let found = value(literal)
            if found == nil { isKnown = false }
            end(.value(found ?? (isInPart ? "" : "–")))
            (isInName, literal) = (false, "")
        default: literal.append(character)
        }
    }
    if !isInName, !isInPart { result.add(.literal(literal)) }
    return result.text
}

private enum Piece {
    case literal(String)
    case value(String)
}

/// A text that grows, with the spaces of Chinese where a value meets what stands beside it.
private struct Filling {
    let isChinese: Bool
    private(set) var text = ""
    private var endsInValue = false

    init(isChinese: Bool) { self.isChinese = isChinese }

    mutating func add(_ piece: Piece) {
        switch piece {
        case .literal(let literal): add(literal, isValue: false)
        case .value(let value): add(value, isValue: true)
        }
    }

    private mutating func add(_ piece: String, isValue: Bool) {
        guard !piece.isEmpty else { return }
        var piece = piece[...]
        if isChinese, isValue || endsInValue {
            if text.last == " ", text.dropLast().last?.isIdeograph ?? false, piece.first?.isIdeograph ?? false {
                text.removeLast()
            } else if text.last?.isIdeograph ?? false, piece.first == " ", piece.dropFirst().first?.isIdeograph ?? false
            {
                piece.removeFirst()
            } else if let left = text.last, let right = piece.first,
                left.isIdeograph && right.isLatin || left.isLatin && right.isIdeograph
            {
                text += " "
            }
        }
        text += piece
        endsInValue = isValue
    }
}

extension Character {
    var isIdeograph: Bool { unicodeScalars.first.map { (0x4e00...0x9fff).contains($0.value) } ?? false }
    /// A letter or digit of ASCII, or the end of what stands in half-width parentheses.
    fileprivate var isLatin: Bool { isASCII && (isLetter || isNumber) || self == ")" }
}

/// A no-break space between a number and its unit or, in Chinese, its measure word.
func keepingUnits(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    while let space = rest.firstIndex(of: " ") {
        let word = rest[rest.index(after: space)...].prefix { $0.isLetter || $0 == "%" }
        let follows = word.first?.isIdeograph ?? false || units.contains(String(word))
        result += rest[..<space]
        result += follows && result.last?.isNumber ?? false ? "\u{a0}" : " "
        rest = rest[rest.index(after: space)...]
    }
    return result + rest
}

private let units = Set("ms s min h d B KiB MiB GiB TiB PiB EiB bytes %".split(separator: " ").map(String.init))

/// The names that a template has, in order.
func placeholders(in template: String) -> [String] {
    template.split(separator: "{", omittingEmptySubsequences: false).dropFirst().compactMap {
        $0.split(separator: "}").first.map { String($0.hasPrefix("?") ? $0.dropFirst() : $0) }
    }
}
