import Sockets
import TCP
import Testing

@testable import Commands

@Suite struct TopPainterTests {
    static let screens: [(name: String, keys: String)] = [
        ("groups", ""), ("listeners", "2"), ("remotes", "3"), ("connections", "\n"), ("details", "\n\n"),
        ("explanation", "e"), ("sorting", "s"), ("filter", "/state close_wiat\n"), ("commands", "c"), ("help", "?"),
    ]

    @Test(
        "screens are as kept", arguments: screens.indices, [Language.en, .zh])
    func golden(index: Int, language: Language) throws {
        let (name, keys) = Self.screens[index]
        for (columns, rows) in [(80, 24), (200, 50)] where columns == 80 || index < 4 {
            var model = TopHost.watched(language, columns: columns, rows: rows)
            model.press(keys)
            try Golden.expect(
                TopPainter.paint(model).text, is: "top-\(name)-\(columns)x\(rows)-\(language.rawValue).txt")
        }
    }

    @Test("every size is drawn within its cells, in every view", arguments: screens.indices, [Language.en, .zh])
    func sizes(index: Int, language: Language) {
        var model = TopHost.watched(language)
        model.press(Self.screens[index].keys)
        for (columns, rows) in [
            (1, 1), (2, 60), (39, 10), (40, 9), (40, 10), (41, 11), (57, 13), (79, 24), (80, 25), (113, 37), (300, 90),
        ] {
            _ = model.handle(.resize(columns: columns, rows: rows))
            let grid = TopPainter.paint(model)
            #expect(grid.columns == columns && grid.rows == rows)
            for row in 0..<rows {
                let line = (0..<columns).map { grid[row, $0].text }.joined()
                #expect(DisplayWidth.of(line) == columns, "\(columns)x\(rows), row \(row): \(line)")
            }
            #expect(grid.text.contains("40\u{d7}10") == (columns < 40 && columns > 20 || rows < 10 && columns > 20))
        }
    }

    @Test("a small terminal is told what is needed", arguments: [(39, 24), (80, 9)])
    func tooSmall(columns: Int, rows: Int) {
        let model = TopHost.watched(columns: columns, rows: rows)
        let text = TopPainter.paint(model).text.split(separator: "\n").joined(separator: " ")
        #expect(text == "This terminal has \(columns)\u{d7}\(rows) cells: linger top needs 40\u{d7}10.")
    }

    @Test("what a process calls itself does not reach the terminal as it is", arguments: TopGrouping.allCases)
    func hostileNames(grouping: TopGrouping) {
        var model = TopHost.watched(columns: 200, rows: 50)
        model.press(String(grouping.rawValue + 1))
        for view in ["", "G\n", "\n"] {
            model.press(view)
            for scalar in TopPainter.paint(model).text.unicodeScalars where scalar != "\n" {
                #expect(scalar.value >= 0x20 && !(0x7f...0x9f).contains(scalar.value) && scalar.value != 0x202e)
            }
        }
    }

    @Test("columns fit, and the name has what is left, up to a width", arguments: 20...200)
    func columns(width: Int) {
        for grouping in TopGrouping.allCases {
            let (columns, name) = TopColumn.fitting(width, grouping)
            let used = columns.reduce(name) { $0 + ($1 == .name ? 0 : $1.width + 1) }
            #expect(name == 40 ? used <= width : used == max(width, 17))
            #expect(columns.first == .name)
        }
    }

    @Test("a wide character takes two cells, and half of one is not drawn at the end")
    func wideCells() {
        var grid = Grid(columns: 6, rows: 1)
        grid.write("a连接bc", row: 0, column: 0)
        #expect(grid.text == "a连接…\n")
        #expect(grid[0, 1].text == "连" && grid[0, 2].text.isEmpty)
        #expect(grid.runs(row: 0).map(\.column) == [0, 3, 5])
        grid.write("x", row: 0, column: 9)
        grid.write("x", row: 3, column: 0)
        grid.write(right: "连", row: 0, column: 3, cells: 3)
        #expect(grid[0, 4].text == "连")
    }

    @Test("without colour the cursor and titles are still told apart")
    func inks() {
        let grid = TopPainter.paint(TopHost.watched())
        let layout = TopHost.watched().layout
        #expect(grid[layout.bar, 0].ink.isReversed)
        #expect(grid[layout.firstRow, 0].ink.isReversed)
        #expect(!grid[layout.firstRow + 1, 0].ink.isReversed)
        #expect(grid[layout.titles, 0].ink.isBold)
    }

    @Test(
        "numbers are as short as their cells",
        arguments: [(0, "0"), (0.04, "0.1"), (12.34, "12.3"), (99.96, "100"), (1204.4, "1204"), (2_345_678, "2.3M")])
    func rates(rate: Double, wanted: String) {
        #expect(TopText.rate(rate) == wanted)
    }
}
