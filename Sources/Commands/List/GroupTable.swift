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
                output.buffer.append(string: cells(of: group).joined(separator: "\t") + "\n")
                try output.flushIfLarge()
            }
            return
        }
        var table = AlignedTable(alignments: [.right] + titles.dropFirst().map { _ in .left })
        if hasHeader { table.append(titles, style: .bold) }
        for group in groups { table.append(cells(of: group)) }
        try table.write(screen, to: &output)
    }

    /// What a group by state has in its states, its title says.
    private func cells(of group: Group) -> [String] {
        let states = group.states.map { "\($0.state.name) \($0.count)" }.joined(separator: ", ")
        return [String(group.count), group.title] + (grouping == .state ? [] : [states])
    }

    func writeCSV(to output: inout Output) throws {
        if hasHeader {
            let keys = ["count"] + grouping.fields + (grouping == .state ? [] : ["states"])
            output.buffer.append(string: keys.joined(separator: ",") + "\n")
        }
        for group in groups {
            output.buffer.append(decimal: group.count)
            for value in group.values {
                output.buffer.append(UInt8(ascii: ","))
                let start = output.buffer.count
                switch value {
                case .text(let text): output.buffer.append(string: text)
                case .number(let number): output.buffer.append(decimal: number)
                case nil: break
                }
                output.buffer.quoteCSV(from: start)
            }
            if grouping != .state {
                output.buffer.append(UInt8(ascii: ","))
                output.buffer.append(string: group.states.map { "\($0.state.key)=\($0.count)" }.joined(separator: " "))
            }
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
        out.append("{")
        for (field, value) in zip(grouping.fields, group.values) {
            out.append(json: field)
            out.append(":")
            switch value {
            case .text(let text): out.append(json: text)
            case .number(let number): out.append(decimal: number)
            case nil: out.append("null")
            }
            out.append(",")
        }
        out.append("\"count\":")
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
