import Sockets

extension Listing {
    /// One document: the host, the connections, what was left out and what could not be seen.
    func writeJSON(to output: inout Output) throws {
        output.buffer.appendJSONHead(of: snapshot)
        output.buffer.append(",\"connections\":[")
        let fields = columns.map(JSONField.init)
        if let first = order.first {
            output.buffer.append("\n")
            Self.writeObject(fields, rows.connections[first], rows, &output.buffer)
        }
        try writeRows(from: 1, to: &output) { connection, rows, out in
            out.append(",\n")
            Self.writeObject(fields, connection, rows, &out)
        }
        output.buffer.append("],\n\"left_out\":")
        output.buffer.append(decimal: leftOut)
        output.buffer.appendJSONGaps(of: snapshot)
        output.buffer.append("}\n")
    }

    /// One connection a line, for `jq` and log shippers.
    func writeNDJSON(to output: inout Output) throws {
        let fields = columns.map(JSONField.init)
        try writeRows(to: &output) { connection, rows, out in
            Self.writeObject(fields, connection, rows, &out)
            out.append(UInt8(ascii: "\n"))
        }
    }

    private static func writeObject(
        _ fields: [JSONField], _ connection: Connection, _ rows: Rows, _ out: inout ByteBuffer
    ) {
        out.append(UInt8(ascii: "{"))
        var isFirst = true
        for field in fields {
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            field.write(connection, rows, &out)
        }
        out.append(UInt8(ascii: "}"))
    }
}

/// A column of a JSON row. A class: rows go through it without copying the column's parts.
private final class JSONField: Sendable {
    /// `"recv_q":`
    private let head: [UInt8]
    private let plain: Column.Writer
    private let kind: Column.JSON

    init(_ column: Column) {
        head = Array("\"\(column.key)\":".utf8)
        plain = column.plain
        kind = column.json
    }

    func write(_ connection: Connection, _ rows: Rows, _ out: inout ByteBuffer) {
        out.append(head)
        let start = out.count
        switch kind {
        case .bare:
            plain(connection, rows, &out)
            if out.count == start { out.append("null") }
        case .string:
            out.append(UInt8(ascii: "\""))
            plain(connection, rows, &out)
            out.endJSONString(from: start)
        case .nested(let write):
            write(connection, rows, &out)
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
            append(gap.isPartial ? ",\"is_partial\":true}" : ",\"is_partial\":false}")
        }
        append(UInt8(ascii: "]"))
    }
}
