import Sockets

extension Listing {
    /// RFC 4180 with `\n` as line end: plain values, an empty field for what is not known.
    func writeCSV(to output: inout Output) throws {
        if hasHeader {
            output.buffer.append(columns.map(\.key).joined(separator: ","))
            output.buffer.append(UInt8(ascii: "\n"))
        }
        let writers = columns.map(\.plain)
        for index in order {
            let connection = rows.connections[index]
            for (place, write) in writers.enumerated() {
                if place > 0 { output.buffer.append(UInt8(ascii: ",")) }
                let start = output.buffer.count
                write(connection, rows, &output.buffer)
                output.buffer.quoteCSV(from: start)
            }
            output.buffer.append(UInt8(ascii: "\n"))
            try output.flushIfLarge()
        }
    }
}
