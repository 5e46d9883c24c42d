import ArgumentParser
import History
import Sockets

struct HistoryLeaksCommand: HistoryQuery {
    static let configuration = CommandConfiguration(
        commandName: "leaks",
        abstract: "Who leaves connections in CLOSE_WAIT, how fast they grow, and where it opens them.",
        usage: "linger history leaks [<options>]",
        discussion: """
            The most first. GROWTH is an hour's, from the first to the last time that is
            recorded of them; SINCE, the time from which there were always some.
            """)

    @Option(parsing: .unconditional, help: ArgumentHelp("Lines at most.", valueName: "n"))
    var limit = 10

    @OptionGroup var options: HistoryOptions

    func write(_ session: HistorySession, to output: inout Output) throws {
        guard limit > 0 else { throw Failure(.usage, session.messages.badLimit(limit)) }
        let leaks = try session.ask { reader throws(HistoryError) in try reader.leaks(session.span, limit: limit) }
        if session.isJSON { return writeJSON(leaks, session, to: &output) }
        guard !leaks.isEmpty else { return Notes.note(session.messages.noLeaks) }
        var table = HistoryTable(
            titles: session.messages.leakTitles, alignments: [.right, .right, .right, .left, .left, .left])
        for leak in leaks {
            let program = leak.program.isEmpty ? "-" : leak.program.escapedForTerminal
            table.append([
                String(leak.last), String(leak.most), Self.growth(leak.growth),
                session.times.minute(leak.since * 60_000_000), program + (leak.pid.map { "[\($0)]" } ?? ""),
                HistoryTable.text(leak.way),
            ])
        }
        try table.write(session.screen, to: &output)
        writePlaces(leaks, session, to: &output)
    }

    /// Each stack once: several lines of one program share them.
    private func writePlaces(_ leaks: [LeakLine], _ session: HistorySession, to output: inout Output) {
        var seen: Set<String> = []
        for leak in leaks {
            for place in leak.places where seen.insert("\(leak.program) \(leak.pid ?? 0) \(place.stack)").inserted {
                let title = session.messages.openedIn(
                    place.count, leak.program.escapedForTerminal + (leak.pid.map { "[\($0)]" } ?? ""))
                output.buffer.append(string: "\n" + session.screen.paint(title, .bold) + "\n")
                for frame in place.stack.split(separator: "\n") {
                    output.buffer.append(string: "    " + String(frame).escapedForTerminal + "\n")
                }
            }
        }
    }

    private static func growth(_ perHour: Double?) -> String {
        guard let perHour else { return "-" }
        let rounded = (perHour * 10).rounded() / 10
        let text = rounded == rounded.rounded() ? String(Int64(clamping: rounded)) : String(rounded)
        return (rounded > 0 ? "+" : "") + text + "/h"
    }

    private func writeJSON(_ leaks: [LeakLine], _ session: HistorySession, to output: inout Output) {
        var json = HistoryJSON(session)
        json.array("leaks", leaks) { json, leak in
            json.pair("program", leak.program)
            json.pair("pid", leak.pid)
            json.way(leak.way)
            json.pair("netns", leak.namespace)
            json.pair("last", leak.last)
            json.pair("most", leak.most)
            json.pair("growth_per_hour", leak.growth)
            json.pair("since_minute", leak.since)
            json.array("places", leak.places) { json, place in
                json.pair("count", place.count)
                json.stack(place.stack)
            }
        }
        json.end(to: &output)
    }
}

extension Int64 {
    fileprivate init(clamping number: Double) {
        self = number.isFinite ? Int64(Swift.max(-9e15, Swift.min(9e15, number))) : 0
    }
}

extension HistoryJSON {
    mutating func stack(_ stack: String) {
        writer.key("stack")
        writer.beginArray()
        for frame in stack.split(separator: "\n") { writer.value(String(frame)) }
        writer.endArray()
    }
}
