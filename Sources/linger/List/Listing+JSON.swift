import Sockets

extension Listing {
    /// One document: the host, the connections, what was left out and what could not be seen.
    func writeJSON(to output: inout Output) throws {
        output.buffer.appendJSONHead(of: snapshot)
        output.buffer.append(",\"connections\":[")
        let members = members
        var isFirst = true
        for index in order {
            output.buffer.append(isFirst ? "\n" : ",\n")
            isFirst = false
            writeObject(members, rows.connections[index], into: &output.buffer)
            try output.flushIfLarge()
        }
        output.buffer.append("],\n\"left_out\":")
        output.buffer.append(decimal: leftOut)
        output.buffer.appendJSONGaps(of: snapshot)
        output.buffer.append("}\n")
    }

    /// One connection a line, for `jq` and log shippers.
    func writeNDJSON(to output: inout Output) throws {
        let members = members
        for index in order {
            writeObject(members, rows.connections[index], into: &output.buffer)
            output.buffer.append(UInt8(ascii: "\n"))
            try output.flushIfLarge()
        }
    }

    /// `{"state":` and what writes the value, `,"recv_q":` and so on: made once.
    private var members: [(head: [UInt8], write: Column.Writer)] {
        columns.enumerated().map { place, column in
            (Array("\(place == 0 ? "{" : ",")\"\(column.key)\":".utf8), column.jsonWriter)
        }
    }

    private func writeObject(
        _ members: [(head: [UInt8], write: Column.Writer)], _ connection: Connection, into out: inout ByteBuffer
    ) {
        for (head, write) in members {
            out.append(head)
            write(connection, rows, &out)
        }
        out.append(UInt8(ascii: "}"))
    }
}

extension Column {
    /// Writes the value as JSON.
    var jsonWriter: Writer {
        let plain = plain
        switch json {
        case .bare:
            return { connection, rows, out in
                let start = out.count
                plain(connection, rows, &out)
                if out.count == start { out.append("null") }
            }
        case .string:
            return { connection, rows, out in
                let start = out.count
                out.append(UInt8(ascii: "\""))
                plain(connection, rows, &out)
                out.endJSONString(from: start)
            }
        case .nested(let write):
            return write
        }
    }
}

extension ByteBuffer {
    /// Opens a document of `list`. The keys that it shares with `DoctorJSON` mean the same. The schema's number grows when
    /// a reader of the old form would misread the new one.
    mutating func appendJSONHead(of snapshot: Snapshot) {
        append("{\"schema\":1,\"linger\":")
        append(json: lingerVersion)
        append(",\"host\":")
        append(json: snapshot.host)
        append(",\"kernel\":")
        append(json: snapshot.kernel)
        append(",\"time_ms\":")
        append(decimal: snapshot.time)
        append(",\"sources\":{\"sockets\":")
        append(json: snapshot.socketSource.rawValue)
        append(",\"holders\":")
        append(json: snapshot.holderSource.rawValue)
        append(UInt8(ascii: "}"))
    }

    mutating func appendJSONGaps(of snapshot: Snapshot) {
        append(",\"gaps\":[")
        for (place, gap) in snapshot.gaps.enumerated() {
            append(place == 0 ? "{\"kind\":" : ",{\"kind\":")
            append(json: gap.kind.rawValue)
            append(",\"subject\":")
            append(json: gap.subject)
            append(",\"reason\":")
            append(json: gap.reason)
            append(",\"count\":")
            append(decimal: gap.count)
            append(gap.isPartial ? ",\"partial\":true}" : ",\"partial\":false}")
        }
        append(UInt8(ascii: "]"))
    }
}
