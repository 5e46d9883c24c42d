import Sockets

extension Listing {
    /// Columns padded to their widest cell on a terminal, nothing cut; separated by one tab elsewhere.
    func writeTable(_ screen: Screen, language: Language, to output: inout Output) throws {
        if screen.isAligned {
            try writeAligned(screen, language: language, to: &output)
        } else {
            try writeTabs(language: language, to: &output)
        }
    }

    private func writeTabs(language: Language, to output: inout Output) throws {
        if hasHeader {
            for (place, column) in columns.enumerated() {
                if place > 0 { output.buffer.append(UInt8(ascii: "\t")) }
                output.buffer.append(string: column.title(in: language))
            }
            output.buffer.append(UInt8(ascii: "\n"))
        }
        let cells = Cells(columns.map { Cell($0.text) })
        try writeRows(to: &output) { connection, rows, out in
            cells.write(connection, rows, separator: UInt8(ascii: "\t"), into: &out)
            out.append(UInt8(ascii: "\n"))
        }
    }

    private func writeAligned(_ screen: Screen, language: Language, to output: inout Output) throws {
        var table = AlignedTable(alignments: columns.map(\.alignment))
        if hasHeader {
            table.append(columns.map { $0.title(in: language) }, style: .bold)
        }
        let statePlace = columns.firstIndex { $0.name == Column.state.name }
        for index in order {
            let connection = rows.connections[index]
            table.beginRow()
            for (place, column) in columns.enumerated() {
                table.appendCell(style: place == statePlace ? Style(connection.state) : .plain) { out in
                    column.text(connection, rows, &out)
                }
            }
        }
        try table.write(screen, to: &output)
    }
}
