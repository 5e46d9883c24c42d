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

    /// Label, value, and where it was read.
    mutating func table(_ rows: [(label: String, value: String, source: String)], indent: Int) {
        let width = rows.map { DisplayWidth.of($0.label) }.max() ?? 0
        for row in rows {
            let padding = String(repeating: " ", count: width - DisplayWidth.of(row.label))
            let source = row.source.isEmpty ? "" : "  " + screen.paint("(\(row.source))", .dim)
            line(row.label + padding + "  " + row.value + source, indent: indent)
        }
    }
}
