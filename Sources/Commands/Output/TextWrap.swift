/// Breaks paragraphs into lines of a terminal.
enum TextWrap {
    /// Lines of at most `width` cells. Breaks at spaces but no-break ones, and between East Asian characters, never before
    /// their closing punctuation. A word longer than a line stands alone: addresses and commands are not cut.
    static func lines(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        var used = 0
        var isGap = false
        for piece in pieces(text) {
            if piece == " " {
                isGap = !line.isEmpty
                continue
            }
            let size = DisplayWidth.of(piece)
            if !line.isEmpty, used + (isGap ? 1 : 0) + size > width {
                lines.append(line)
                line = ""
                used = 0
                isGap = false
            }
            if isGap {
                line += " "
                used += 1
                isGap = false
            }
            line += piece
            used += size
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }

    /// Words, single wide characters with the punctuation that must follow them, and single spaces between.
    private static func pieces(_ text: String) -> [String] {
        var pieces: [String] = []
        var joins = false
        for character in text {
            let isWide = character.unicodeScalars.first.map { DisplayWidth.of($0) == 2 } ?? false
            let isGlued = isNoBreak(character) || pieces.last?.last.map(isNoBreak) ?? false
            if character.isWhitespace, !isNoBreak(character) {
                if pieces.last != " " { pieces.append(" ") }
                joins = false
            } else if isGlued, let last = pieces.last, last != " " {
                pieces[pieces.count - 1] = last + String(character)
                joins = !isWide
            } else if isWide {
                if closing.contains(character), let last = pieces.last, last != " " {
                    pieces[pieces.count - 1] = last + String(character)
                } else if let last = pieces.last, let end = last.last, opening.contains(end) {
                    pieces[pieces.count - 1] = last + String(character)
                } else {
                    pieces.append(String(character))
                }
                joins = opening.contains(character)
            } else if joins, let last = pieces.last {
                pieces[pieces.count - 1] = last + String(character)
            } else {
                pieces.append(String(character))
                joins = true
            }
        }
        return pieces
    }

    /// Spaces that hold a number and its unit together (Unicode line breaking class GL).
    private static func isNoBreak(_ character: Character) -> Bool { character == "\u{a0}" || character == "\u{202f}" }

    private static let closing: Set<Character> = ["，", "。", "、", "；", "：", "？", "！", "）", "」", "』", "》", "”", "’", "…"]
    private static let opening: Set<Character> = ["（", "「", "『", "《", "“", "‘", "\u{a0}"]
}
