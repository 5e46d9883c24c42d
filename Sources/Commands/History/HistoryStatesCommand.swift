import ArgumentParser
import History
import Sockets
import TCP

enum HistoryKey: String, CaseIterable, ExpressibleByArgument {
    case state, program, process, through

    var key: CountQuery.Key {
        switch self {
        case .state: .state
        case .program: .program
        case .process: .process
        case .through: .way
        }
    }
}

struct HistoryStatesCommand: HistoryQuery {
    static let configuration = CommandConfiguration(
        commandName: "states",
        abstract: "How many connections there were over time.",
        discussion: """
            One line for each state, program, process, or listener and destination.
            LAST is at the end of the time that is asked for, MOST the largest count in
            it. OVER TIME is blank where nothing was recorded.
            """)

    @Option(help: "What has a line of its own: state, program, process, or through (listener or destination).")
    var by = HistoryKey.state

    @Option(help: ArgumentHelp("Only this state, in any spelling; can be repeated.", valueName: "state"))
    var state: [String] = []

    @Option(help: ArgumentHelp("Only this program's name, or this process number.", valueName: "name-or-pid"))
    var process: String?

    @Option(
        help: ArgumentHelp("Only listeners and destinations that this is a part of, as in :5432.", valueName: "place"))
    var through: String?

    @Option(help: ArgumentHelp("Only this network namespace, by its inode.", valueName: "inode"))
    var netns: UInt32?

    @Option(parsing: .unconditional, help: ArgumentHelp("Lines at most; 0 for all.", valueName: "n"))
    var limit = 20

    @OptionGroup var options: HistoryOptions

    func write(_ session: HistorySession, to output: inout Output) throws {
        let counts = try counts(session)
        let lines = limit > 0 ? counts.lines.prefix(limit) : counts.lines[...]
        if session.isJSON {
            writeJSON(counts, session, to: &output)
        } else if lines.isEmpty {
            Notes.note(session.messages.nothingRecorded)
        } else {
            try writeTable(counts, lines, session, to: &output)
        }
    }

    private func counts(_ session: HistorySession) throws -> CountLines {
        guard limit >= 0 else { throw Failure(.usage, session.messages.badLimit(limit)) }
        var query = CountQuery(span: session.span, key: by.key)
        for name in state {
            guard let found = StateSet(named: name) else {
                let known = State.allCases.map(\.key)
                throw Failure(
                    .usage, session.messages.noState(name, nearest: Suggestion.nearest(to: name, among: known)))
            }
            query.states.formUnion(State.allCases.filter(found.contains))
        }
        (query.process, query.place, query.namespace) = (process, through, netns)
        if !session.isJSON { query.points = session.screen.lineLimit.map { min(max($0 - 50, 10), 60) } ?? 30 }
        return try session.ask { reader throws(HistoryError) in try reader.counts(query) }
    }

    private func writeTable(
        _ counts: CountLines, _ lines: ArraySlice<CountLines.Line>, _ session: HistorySession, to output: inout Output
    ) throws {
        let messages = session.messages
        let minutes = HistoryTable.duration(counts.minutesPerPoint * 60_000_000)
        let title = messages.countsTitle(
            session.times.minute(session.span.from), session.times.minute(session.span.to), minutes)
        output.buffer.append(string: session.screen.paint(title, .bold) + "\n")
        var table = HistoryTable(
            titles: messages.countTitles(by), alignments: [.left, .right, .right, .right, .right, .left])
        for line in lines {
            table.append([
                Self.name(line), String(line.last), String(line.most), String(line.opened), String(line.closed),
                Sparkline.text(line.points),
            ])
        }
        try table.write(session.screen, to: &output)
        if lines.count < counts.lines.count {
            Notes.note(messages.leftOut(counts.lines.count - lines.count, limit: limit))
        }
    }

    private static func name(_ line: CountLines.Line) -> String {
        if let state = line.state { return state.name.description }
        if let way = line.way { return HistoryTable.text(way) }
        let program = line.program.flatMap { $0.isEmpty ? nil : $0.escapedForTerminal } ?? "-"
        return program + (line.pid.map { "[\($0)]" } ?? "")
    }

    private func writeJSON(_ counts: CountLines, _ session: HistorySession, to output: inout Output) {
        var json = HistoryJSON(session)
        json.pair("by", by == .through ? "way" : by.rawValue)
        json.pair("first_minute", counts.firstMinute)
        json.pair("minutes_per_point", counts.minutesPerPoint)
        json.pair("last_minute", counts.lastMinute)
        json.array("lines", limit > 0 ? counts.lines.prefix(limit) : counts.lines[...]) { json, line in
            switch by {
            case .state: json.pair("state", line.state?.key)
            case .program: json.pair("program", line.program)
            case .process:
                json.pair("program", line.program)
                json.pair("pid", line.pid)
            case .through: json.way(line.way)
            }
            json.pair("last", line.last)
            json.pair("most", line.most)
            json.pair("opened", line.opened)
            json.pair("closed", line.closed)
            json.writer.key("points")
            json.writer.beginArray()
            for point in line.points { json.writer.value(point) }
            json.writer.endArray()
        }
        json.end(to: &output)
    }
}
