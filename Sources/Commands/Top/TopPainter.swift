import Diagnosis
import Sockets
import TCP

/// Draws a model: pure, the same cells for the same model.
struct TopPainter {
    let model: TopModel
    private var messages: Messages { model.messages }
    private let layout: TopLayout
    private(set) var grid: Grid

    /// What matters most first: a small screen shows the first ones.
    static let states: [State] = [
        .closeWait, .established, .timeWait, .finWait2, .synSent, .synReceived, .finWait1, .lastAck, .closing, .listen,
    ]

    static func paint(_ model: TopModel) -> Grid {
        var painter = TopPainter(model)
        painter.paint()
        return painter.grid
    }

    private init(_ model: TopModel) {
        self.model = model
        layout = model.layout
        grid = Grid(columns: layout.columns, rows: layout.rows)
    }

    private mutating func paint() {
        guard !layout.isTooSmall else { return paintTooSmall() }
        paintHead()
        switch model.view {
        case .page(let page): paint(page)
        case .groups, .connections, .sorting:
            paintStates()
            paintFindings()
            switch model.table {
            case .connections(_, let title): paintConnections(title)
            default: paintGroups()
            }
            if case .sorting(let place) = model.view { paintSorting(place) }
        }
        paintFooter()
    }

    private mutating func paintTooSmall() {
        let lines = TextWrap.lines(
            messages.topTooSmall(layout.columns, layout.rows), width: max(layout.columns, 1))
        for (row, line) in lines.enumerated() { grid.write(line, row: row, column: 0) }
    }

    // MARK: The top

    private mutating func paintHead() {
        var left = grid.write("linger top", row: 0, column: 0, ink: .bold)
        guard let sample = model.sample else {
            grid.write("  " + messages.topFirstLook, row: 0, column: left, ink: .dim)
            return
        }
        let right = model.isPaused ? messages.topPaused(sample.clock) : sample.clock
        let start = layout.columns - DisplayWidth.of(right)
        left = grid.write("  " + sample.snapshot.host.escapedForTerminal, row: 0, column: left)
        grid.write(
            "  " + messages.topSeen(sample), row: 0, column: left, cells: max(start - left - 2, 0), ink: .dim)
        grid.write(right, row: 0, column: start, ink: model.isPaused ? Ink(style: .yellow, isBold: true) : .plain)
    }

    private mutating func paintStates() {
        let gap = 3
        let width = (layout.columns - gap * (layout.stateColumns - 1)) / layout.stateColumns
        for (place, state) in Self.states.prefix(layout.stateRows * layout.stateColumns).enumerated() {
            let row = 1 + place / layout.stateColumns
            let column = place % layout.stateColumns * (width + gap)
            let count = model.history.count(in: state)
            let stands = count > 0
            let alarm = Style(state) == .red || Style(state) == .yellow
            let ink = Ink(style: stands ? (alarm ? Style(state) : .plain) : .dim)
            grid.write(state.name.description, row: row, column: column, cells: 11, ink: ink)
            grid.write(
                right: TopText.grouped(count), row: row, column: column + 12, cells: 9,
                ink: Ink(style: ink.style, isBold: stands))
            let cells = width - 22
            grid.write(
                model.history.sparkline(of: state, cells: cells), row: row, column: column + 22, cells: cells,
                ink: stands && alarm ? ink : .dim)
        }
    }

    private mutating func paintFindings() {
        let row = layout.firstFinding
        if let failure = model.failure {
            grid.write(failure, row: row, column: 0, ink: Ink(style: .red))
            return
        }
        guard let sample = model.sample, let findings = sample.findings else {
            grid.write(messages.topDoctorLooks, row: row, column: 0, ink: .dim)
            return
        }
        guard !findings.isEmpty else {
            grid.write(messages.topNothingWrong(sample), row: row, column: 0, ink: Ink(style: .green))
            return
        }
        let width = findings.map { DisplayWidth.of(messages.severity($0.severity)) }.max() ?? 0
        for (place, finding) in findings.prefix(layout.findingRows).enumerated() {
            let style: Style = finding.severity == .critical ? .red : .yellow
            grid.write(
                messages.severity(finding.severity), row: row + place, column: 0, ink: Ink(style: style, isBold: true))
            let more = findings.count - layout.findingRows
            let rest = place == layout.findingRows - 1 && more > 0 ? "  " + messages.topMoreFindings(more) : ""
            let room = layout.columns - width - 2 - DisplayWidth.of(rest)
            let end = grid.write(finding.headline, row: row + place, column: width + 2, cells: room)
            grid.write(rest, row: row + place, column: end, ink: .dim)
        }
    }

    // MARK: The tables

    private mutating func paintBar(_ title: String, order: String) {
        let right =
            model.filter.isEmpty ? order : messages.topFilter(model.filter.text.escapedForTerminal) + "  " + order
        let width = min(DisplayWidth.of(right), layout.columns * 2 / 3)
        grid.write(title, row: layout.bar, column: 1, cells: max(layout.columns - width - 4, 8))
        grid.write(right: right, row: layout.bar, column: layout.columns - width - 1, cells: width)
        grid.bar(row: layout.bar, ink: .reversed)
    }

    private mutating func paintGroups() {
        let order = messages.topSorted(messages.topTitle(model.groupOrder.key), model.groupOrder.isDescending)
        paintBar(messages.topGroups(model.grouping, model.groups.count), order: order)
        let (columns, name) = TopColumn.fitting(layout.columns, model.grouping)
        func width(_ column: TopColumn) -> Int { column == .name ? name : column.width }
        var place = 0
        for column in columns {
            let title = column == .name ? messages.topName(model.grouping) : messages.topTitle(column)
            write(title, layout.titles, place, width(column), isRight: column != .name, ink: .bold)
            place += width(column) + 1
        }
        let rates = model.sample?.rates
        let cursor = model.groupCursor
        for (index, group) in model.groups.enumerated().dropFirst(cursor.top).prefix(layout.tableRows) {
            let row = layout.firstRow + index - cursor.top
            place = 0
            for column in columns {
                let text = column == .name ? messages.topTitle(of: group) : column.text(group, rates)
                write(
                    text, row, place, width(column), isRight: column != .name,
                    ink: Ink.of(column.style(group, rates)))
                place += width(column) + 1
            }
            if index == cursor.position { grid.bar(row: row, ink: .reversed) }
        }
        if model.groups.isEmpty, model.sample != nil { paintEmpty() }
    }

    private mutating func paintConnections(_ title: String) {
        let order = messages.topSorted(
            messages.topTitle(model.connectionOrder.key), model.connectionOrder.isDescending)
        paintBar(messages.topConnections(title, model.connections.count), order: order)
        let columns = TopConnectionColumn.fitting(layout.columns)
        var place = 0
        for (column, width) in columns {
            write(messages.topTitle(column), layout.titles, place, width, isRight: column.isRight, ink: .bold)
            place += width + 1
        }
        guard let sample = model.sample else { return }
        let cursor = model.connectionCursor
        for (offset, index) in model.connections.enumerated().dropFirst(cursor.top).prefix(layout.tableRows) {
            let row = layout.firstRow + offset - cursor.top
            let connection = sample.connections[index]
            place = 0
            for (column, width) in columns {
                let text =
                    column == .age ? sample.age(of: index).text : column.column.plainText(connection, sample.rows)
                let style = column == .state ? Style(connection.state) : text == "-" || text == "0" ? .dim : .plain
                // Of an endpoint the port must be seen: it is cut in the middle.
                let shown = column == .local || column == .remote ? Self.cutMiddle(text, to: width) : text
                write(shown, row, place, width, isRight: column.isRight, ink: Ink(style: style))
                place += width + 1
            }
            if offset == cursor.position { grid.bar(row: row, ink: .reversed) }
        }
        if model.connections.isEmpty { paintEmpty() }
    }

    private mutating func paintEmpty() {
        grid.write(messages.noMatch, row: layout.firstRow, column: 0, ink: .dim)
    }

    private mutating func write(
        _ text: String, _ row: Int, _ column: Int, _ width: Int, isRight: Bool, ink: Ink
    ) {
        if isRight {
            grid.write(right: text, row: row, column: column, cells: width, ink: ink)
        } else {
            grid.write(text, row: row, column: column, cells: width, ink: ink)
        }
    }

    static func cutMiddle(_ text: String, to cells: Int) -> String {
        guard DisplayWidth.of(text) > cells, cells > 8 else { return text }
        // Addresses are ASCII.
        return text.prefix(cells - 8) + "\u{2026}" + text.suffix(7)
    }

    /// A box over the table.
    private mutating func paintSorting(_ place: Int) {
        let titles = model.sortTitles
        let width = min((titles.map { DisplayWidth.of($0) }.max() ?? 0) + 6, layout.columns)
        let visible = min(titles.count, layout.rows - layout.bar - 2)
        let first = max(0, min(place - visible / 2, titles.count - visible))
        for row in 0..<visible {
            let index = first + row
            let mark = index == model.sortPlace ? " \u{2022} " : "   "
            let text = mark + titles[index]
            let padded = text + String(repeating: " ", count: max(width - DisplayWidth.of(text), 0))
            grid.write(
                padded, row: layout.bar + 1 + row, column: 0, cells: width,
                ink: Ink(style: .plain, isBold: index == place, isReversed: index != place))
        }
    }

    // MARK: Pages and keys

    private mutating func paint(_ page: TopPage) {
        grid.write(messages.topPage(page.topic), row: 1, column: 1)
        let lines = model.lines(of: page)
        let end = min(page.top + layout.pageRows, lines.count)
        if lines.count > layout.pageRows {
            let place = "\(end) / \(lines.count)"
            grid.write(right: place, row: 1, column: layout.columns - 15, cells: 14)
        }
        grid.bar(row: 1, ink: .reversed)
        for (row, line) in lines[min(page.top, lines.count)..<end].enumerated() {
            var place = 1
            for part in line.parts {
                place = grid.write(part.text, row: 2 + row, column: place, ink: part.ink)
            }
        }
    }

    private mutating func paintFooter() {
        guard let prompt = model.prompt else {
            let keys: String =
                switch model.view {
                case .groups: messages.topKeys(layout.columns)
                case .connections: messages.topConnectionKeys
                case .page: messages.topPageKeys
                case .sorting: messages.topSortingKeys
                }
            grid.write(keys, row: layout.footer, column: 0, ink: .dim)
            return
        }
        if let error = prompt.error {
            let marked = error.marked.split(separator: "\n", omittingEmptySubsequences: false)
            grid.write(
                error.message(language: messages.language), row: layout.footer, column: 0, ink: Ink(style: .red))
            grid.write("/" + (marked.first ?? ""), row: layout.footer + 1, column: 0)
            grid.write(" " + (marked.dropFirst().first ?? ""), row: layout.footer + 2, column: 0, ink: Ink(style: .red))
            return
        }
        // The end of what is typed is what is looked at.
        var shown = prompt.text.escapedForTerminal
        while DisplayWidth.of(shown) > layout.columns - 2 { shown.removeFirst() }
        let end = grid.write("/" + shown, row: layout.footer, column: 0)
        grid.write(" ", row: layout.footer, column: end, ink: .reversed)
        if prompt.text.isEmpty {
            grid.write(messages.topFilterHint, row: layout.footer, column: end + 2, ink: .dim)
        }
    }
}

extension Column {
    /// A cell as a person reads it.
    func plainText(_ connection: Connection, _ rows: Rows) -> String {
        var buffer = ByteBuffer(capacity: 64)
        text(connection, rows, &buffer)
        return buffer.text()
    }
}
