import Sockets

extension Listing {
    /// RFC 4180 with `\n` as line end: plain values, an empty field for what is not known.
    func writeCSV(to output: inout Output) throws {
        if hasHeader {
            output.buffer.append(string: columns.map(\.key).joined(separator: ","))
            output.buffer.append(UInt8(ascii: "\n"))
        }
        let cells = Cells(columns.map { Cell($0.plain) })
        try writeRows(to: &output) { connection, rows, out in
            cells.write(connection, rows, separator: UInt8(ascii: ","), into: &out) { $0.quoteCSV(from: $1) }
            out.append(UInt8(ascii: "\n"))
        }
    }
}
