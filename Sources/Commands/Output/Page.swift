/// Text for people, laid out for a screen: titles, paragraphs, lists, commands.
struct Page {
    let screen: Screen
    private(set) var text = ""

    init(screen: Screen) { self.screen = screen }

    mutating func line(_ line: String = "", indent: Int = 0, style: Style = .plain) {
        if !line.isEmpty {
            text += String(repeating: " ", count: indent)
            text += style == .plain ? line : screen.paint(line, style)
        }
        text += "\n"
    }

    mutating func title(_ title: String, indent: Int = 0) { line(title, indent: indent, style: .bold) }

    mutating func paragraph(_ paragraph: String, indent: Int = 0, style: Style = .plain) {
        for part in TextWrap.lines(paragraph, width: screen.width - indent) { line(part, indent: indent, style: style) }
    }

    /// `CRITICAL  nginx holds 5,000 connections`, further lines under the sentence.
    mutating func headline(_ tag: String, _ sentence: String, style: Style) {
        let indent = DisplayWidth.of(tag) + 2
        for (place, part) in TextWrap.lines(sentence, width: screen.width - indent).enumerated() {
            if place == 0 {
                line(screen.paint(tag, style) + "  " + screen.paint(part, .bold))
            } else {
                line(part, indent: indent, style: .bold)
            }
        }
    }

    /// A bullet or number, and its text beside it.
    mutating func item(_ bullet: String, _ item: String, indent: Int) {
        let hang = indent + DisplayWidth.of(bullet) + 1
        for (place, part) in TextWrap.lines(item, width: screen.width - hang).enumerated() {
            if place == 0 { line(bullet + " " + part, indent: indent) } else { line(part, indent: hang) }
        }
    }

    /// Never broken, so that it can be copied.
    mutating func command(_ command: String, indent: Int) { line(command, indent: indent, style: .cyan) }

    /// Label, value, and where it was read. On a terminal a value is cut at the end of the line; where that would leave
    /// too little of it, its source goes below.
    mutating func table(_ rows: [(label: String, value: String, source: String)], indent: Int) {
        let width = rows.map { DisplayWidth.of($0.label) }.max() ?? 0
        let room = screen.lineLimit.map { max($0 - indent - width - 2, Self.shortest) } ?? .max
        for row in rows {
            let source = row.source.isEmpty ? "" : "(\(row.source))"
            let beside = source.isEmpty ? room : room - 2 - DisplayWidth.of(source)
            let isBeside = beside >= min(DisplayWidth.of(row.value), Self.worthwhile)
            let start = Self.padded(row.label, to: width) + "  "
            let value = DisplayWidth.cut(row.value, to: isBeside ? beside : room)
            let end = isBeside && !source.isEmpty ? "  " + screen.paint(source, .dim) : ""
            line(start + value + end, indent: indent)
            if !isBeside { line(source, indent: indent + 2, style: .dim) }
        }
    }

    /// A value of so many cells is not cut; a longer one keeps so many where its source stands beside it.
    private static let (shortest, worthwhile) = (12, 24)

    /// `CRITICAL  blue  nginx holds …`, one line a row: cut at the end of a terminal's line. An empty column is left out.
    mutating func overview(_ rows: [(tag: String, style: Style, place: String, sentence: String)], indent: Int) {
        let tagWidth = rows.map { DisplayWidth.of($0.tag) }.max() ?? 0
        let placeWidth = rows.map { DisplayWidth.of($0.place) }.max() ?? 0
        for row in rows {
            let tag = screen.paint(Self.padded(row.tag, to: tagWidth), row.style) + "  "
            let place = placeWidth == 0 ? "" : Self.padded(row.place, to: placeWidth) + "  "
            let used = indent + tagWidth + 2 + DisplayWidth.of(place)
            let room = screen.lineLimit.map { max($0 - used, Self.shortest) } ?? .max
            line(tag + place + DisplayWidth.cut(row.sentence, to: room), indent: indent)
        }
    }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(width - DisplayWidth.of(text), 0))
    }
}
