/// Colour and weight of a cell of the screen.
struct Ink: Equatable, Sendable {
    var style = Style.plain
    var isBold = false
    var isReversed = false

    static let plain = Ink()
    static let dim = Ink(style: .dim)
    static let bold = Ink(isBold: true)
    /// Where the cursor is, and the bar over a table.
    static let reversed = Ink(isReversed: true)

    static func of(_ style: Style) -> Ink { style == .bold ? .bold : Ink(style: style) }
}

/// A terminal's screen as a value: what stands in each of its cells.
struct Grid: Equatable, Sendable {
    struct Cell: Equatable, Sendable {
        /// One character with what combines with it; empty for the second half of a wide one.
        var text = " "
        var ink = Ink.plain
    }

    let columns: Int
    let rows: Int
    private var cells: [Cell]

    init(columns: Int, rows: Int) {
        self.columns = max(columns, 0)
        self.rows = max(rows, 0)
        cells = Array(repeating: Cell(), count: self.columns * self.rows)
    }

    subscript(row: Int, column: Int) -> Cell { cells[row * columns + column] }

    /// Writes a text from a cell on, cut with a `…` to so many cells, or to the end of the row. What lies outside of the
    /// screen is not written.
    /// - Returns: the column behind it.
    @discardableResult
    mutating func write(_ text: String, row: Int, column: Int, cells limit: Int = .max, ink: Ink = .plain) -> Int {
        guard (0..<rows).contains(row), (0..<columns).contains(column), limit > 0 else { return column }
        var place = column
        for character in DisplayWidth.cut(text, to: min(limit, columns - column)) {
            let width = DisplayWidth.of(String(character))
            if width == 0 || place + width > columns { continue }
            cells[row * columns + place] = Cell(text: String(character), ink: ink)
            for second in 1..<max(width, 1) { cells[row * columns + place + second] = Cell(text: "", ink: ink) }
            place += width
        }
        return place
    }

    /// The text at the right end of its cells.
    mutating func write(right text: String, row: Int, column: Int, cells width: Int, ink: Ink = .plain) {
        let shown = DisplayWidth.cut(text, to: width)
        write(shown, row: row, column: column + max(width - DisplayWidth.of(shown), 0), cells: width, ink: ink)
    }

    /// Gives a whole row the ink of a bar.
    mutating func bar(row: Int, ink: Ink) {
        guard (0..<rows).contains(row) else { return }
        for place in row * columns..<(row + 1) * columns {
            cells[place].ink.isReversed = ink.isReversed
            cells[place].ink.isBold = cells[place].ink.isBold || ink.isBold
        }
    }

    /// Runs of a row that have one ink, each a text and the column where it begins.
    func runs(row: Int) -> [(column: Int, text: String, ink: Ink)] {
        var runs: [(column: Int, text: String, ink: Ink)] = []
        for column in 0..<columns {
            let cell = self[row, column]
            // After a wide character or one that is not ASCII a terminal may think otherwise of its width: it is put anew.
            let follows = runs.last.map { $0.ink == cell.ink && ($0.text.utf8.last ?? 0) < 0x80 } ?? false
            if cell.text.isEmpty { continue }
            if follows { runs[runs.count - 1].text += cell.text } else { runs.append((column, cell.text, cell.ink)) }
        }
        return runs
    }

    /// The characters alone, one line a row, without blanks at the ends.
    var text: String {
        (0..<rows).map { row in
            var line = (0..<columns).reduce(into: "") { $0 += self[row, $1].text }
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}
