import Sockets

extension Listing {
    /// One document: the host, the connections, what was left out and what could not be seen.
    func writeJSON(to output: inout Output) throws {
        output.buffer.appendJSONHead(of: snapshot)
        output.buffer.append(",\"connections\":[")
        var isFirst = true
        for index in order {
            output.buffer.append(isFirst ? "\n" : ",\n")
            isFirst = false
            writeObject(snapshot.connections[index], into: &output.buffer)
            try output.flushIfLarge()
        }
        output.buffer.append("],\n\"left_out\":")
        output.buffer.append(decimal: leftOut)
        output.buffer.appendJSONGaps(of: snapshot)
        output.buffer.append("}\n")
    }

    /// One connection a line, for `jq` and log shippers.
    func writeNDJSON(to output: inout Output) throws {
        for index in order {
            writeObject(snapshot.connections[index], into: &output.buffer)
            output.buffer.append(UInt8(ascii: "\n"))
            try output.flushIfLarge()
        }
    }

    private func writeObject(_ connection: Connection, into out: inout ByteBuffer) {
        out.append(UInt8(ascii: "{"))
        var isFirst = true
        for column in columns {
            out.append(isFirst ? "\"" : ",\"")
            isFirst = false
            out.append(column.key)
            out.append("\":")
            let start = out.count
            switch column.json {
            case .bare:
                column.plain(connection, rows, &out)
                if out.count == start { out.append("null") }
            case .string:
                out.append(UInt8(ascii: "\""))
                column.plain(connection, rows, &out)
                out.endJSONString(from: start)
            case .nested(let write):
                write(connection, rows, &out)
            }
        }
        out.append(UInt8(ascii: "}"))
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
