import History
import Sockets

/// Rows for people: padded on a terminal, with a tab between elsewhere.
struct HistoryTable {
    private var rows: [[String]]
    private let alignments: [Column.Alignment]

    init(titles: [String], alignments: [Column.Alignment]) {
        rows = [titles]
        self.alignments = alignments
    }

    mutating func append(_ cells: [String]) { rows.append(cells) }

    func write(_ screen: Screen, to output: inout Output) throws {
        guard screen.isAligned else {
            for row in rows { output.buffer.append(string: row.joined(separator: "\t") + "\n") }
            return
        }
        var table = AlignedTable(alignments: alignments)
        for (place, row) in rows.enumerated() { table.append(row, style: place == 0 ? .bold : .plain) }
        try table.write(screen, to: &output)
    }

    static func text(_ way: ConnectionWay) -> String {
        switch way {
        case .listener(let place): "\u{2190} " + place.escapedForTerminal
        case .destination(let place): "\u{2192} " + place.escapedForTerminal
        case .other: "-"
        }
    }

    /// Microseconds.
    static func duration(_ microseconds: Int64) -> String { WatchTable.duration(UInt64(max(microseconds, 0))) }
}
