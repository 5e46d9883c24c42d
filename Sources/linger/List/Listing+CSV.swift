import Sockets

extension Listing {
    /// RFC 4180 with `\n` as line end: plain values, an empty field for what is not known.
    func writeCSV(to output: inout Output) throws {
        if hasHeader {
            output.buffer.append(columns.map(\.key).joined(separator: ","))
            output.buffer.append(UInt8(ascii: "\n"))
        }
        for index in order {
            let connection = snapshot.connections[index]
            var isFirst = true
            for column in columns {
                if !isFirst { output.buffer.append(UInt8(ascii: ",")) }
                isFirst = false
                let start = output.buffer.count
                column.plain(connection, rows, &output.buffer)
                output.buffer.quoteCSV(from: start)
            }
            output.buffer.append(UInt8(ascii: "\n"))
            try output.flushIfLarge()
        }
    }
}
