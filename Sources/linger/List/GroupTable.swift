import Sockets
import TCP

/// `linger list --group-by`: counts in every output.
struct GroupTable {
    var grouping: Grouping
    var groups: [Group]
    var hasHeader = true
    /// Groups that `--limit` left out.
    var leftOut = 0

    mutating func limit(to limit: Int?) {
        guard let limit, groups.count > limit else { return }
        leftOut = groups.count - limit
        groups.removeLast(leftOut)
    }

    func writeTable(_ screen: Screen, messages: Messages, to output: inout Output) throws {
        let titles = messages.groupTitles(grouping)
        guard screen.isAligned else {
            if hasHeader { output.buffer.append(string: titles.joined(separator: "\t") + "\n") }
            for group in groups {
                output.buffer.append(string: "\(group.count)\t\(group.title)\t\(states(of: group))\n")
                try output.flushIfLarge()
            }
            return
        }
        var table = AlignedTable(alignments: [.right, .left, .left])
        if hasHeader { table.append(titles, style: .bold) }
        for group in groups { table.append([String(group.count), group.title, states(of: group)]) }
        try table.write(screen, to: &output)
    }

    private func states(of group: Group) -> String {
        group.states.map { "\($0.state.name) \($0.count)" }.joined(separator: ", ")
    }

    func writeCSV(to output: inout Output) throws {
        if hasHeader { output.buffer.append(string: "count,\(grouping.rawValue),states\n") }
        for group in groups {
            output.buffer.append(decimal: group.count)
            output.buffer.append(UInt8(ascii: ","))
            let start = output.buffer.count
            output.buffer.append(string: group.key)
            output.buffer.quoteCSV(from: start)
            output.buffer.append(UInt8(ascii: ","))
            output.buffer.append(string: group.states.map { "\($0.state.key)=\($0.count)" }.joined(separator: " "))
            output.buffer.append(UInt8(ascii: "\n"))
            try output.flushIfLarge()
        }
    }

    func writeJSON(_ snapshot: Snapshot, to output: inout Output) throws {
        output.buffer.appendJSONHead(of: snapshot)
        output.buffer.append(",\"group_by\":")
        output.buffer.append(json: grouping.rawValue)
        output.buffer.append(",\"groups\":[")
        for (place, group) in groups.enumerated() {
            output.buffer.append(place == 0 ? "\n" : ",\n")
            write(group, into: &output.buffer)
            try output.flushIfLarge()
        }
        output.buffer.append("],\n\"left_out\":")
        output.buffer.append(decimal: leftOut)
        output.buffer.appendJSONGaps(of: snapshot)
        output.buffer.append("}\n")
    }

    func writeNDJSON(to output: inout Output) throws {
        for group in groups {
            write(group, into: &output.buffer)
            output.buffer.append(UInt8(ascii: "\n"))
            try output.flushIfLarge()
        }
    }

    private func write(_ group: Group, into out: inout ByteBuffer) {
        out.append("{\"")
        out.append(string: grouping.rawValue)
        out.append("\":")
        if group.key.isEmpty { out.append("null") } else { out.append(json: group.key) }
        out.append(",\"count\":")
        out.append(decimal: group.count)
        out.append(",\"states\":{")
        for (place, part) in group.states.enumerated() {
            out.append(place == 0 ? "\"" : ",\"")
            out.append(part.state.keyBytes)
            out.append("\":")
            out.append(decimal: part.count)
        }
        out.append("}}")
    }
}
