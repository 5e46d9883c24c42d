import Sockets

extension Listing {
    /// RFC 4180 with `\n` as line end: plain values, an empty field for what is not known.
    func writeCSV(to output: inout Output) throws {
        if hasHeader {
            output.buffer.append(string: columns.map(\.key).joined(separator: ","))
            output.buffer.append(UInt8(ascii: "\n"))
        }
        let writers = columns.map(\.plain)
        try writeRows(to: &output) { connection, rows, out in
            var isFirst = true
            for write in writers {
                if !isFirst { out.append(UInt8(ascii: ",")) }
                isFirst = false
                let start = out.count
                write(connection, rows, &out)
                out.quoteCSV(from: start)
            }
            out.append(UInt8(ascii: "\n"))
        }
    }
}
