import TCP

/// Which rows of the screen are whose. From the top: a line of the host, the states, what is wrong, the table under its
/// bar, and a line of keys.
struct TopLayout: Sendable, Equatable {
    let columns: Int
    let rows: Int
    /// States that stand beside each other.
    let stateColumns: Int
    let stateRows: Int
    let findingRows: Int
    let footerRows: Int

    static let least = (columns: 40, rows: 10)

    /// - Parameter findings: how many there are to be told.
    init(columns: Int, rows: Int, findings: Int, prompt: TopPrompt?) {
        self.columns = columns
        self.rows = rows
        stateColumns = max(1, min(columns / 38, 5))
        let states = (TopPainter.states.count + stateColumns - 1) / stateColumns
        stateRows = max(1, min(states, (rows - 9) / 3))
        let most = rows >= 24 ? 3 : rows >= 16 ? 2 : 1
        findingRows = max(1, min(findings, most))
        // What is wrong with a filter stands over it, and a mark under the place.
        footerRows = prompt?.error == nil ? 1 : 3
    }

    var isTooSmall: Bool { columns < Self.least.columns || rows < Self.least.rows }

    var firstFinding: Int { 1 + stateRows }
    var bar: Int { firstFinding + findingRows }
    var titles: Int { bar + 1 }
    var firstRow: Int { titles + 1 }
    var tableRows: Int { max(rows - firstRow - footerRows, 1) }
    var footer: Int { rows - footerRows }
    /// Of a page, between its bar and the keys.
    var pageRows: Int { max(rows - 3, 1) }
}
