import ArgumentParser
import History
import Sockets
import TCP
import Watching

struct HistoryConnectionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connection",
        abstract: "One connection's life, of those that were unusual enough to be kept in full.",
        usage: "linger history connection [<cookie-or-end> ...] [<options>]",
        discussion: """
            Names it by its cookie, as linger list -o json and linger watch show it, or
            by one end or both. Without a name: the latest ones. Kept are leaks, resets,
            timeouts and the like; the others are counted only. All times are searched,
            unless --from or --to is given.

            EXAMPLES
              linger history connection 1f2a
              linger history connection 10.0.0.7:41822
              linger history connection 10.0.0.1:8080 10.0.0.7:41822
            """)

    @Argument(help: ArgumentHelp("A cookie, or one or two of address:port.", valueName: "cookie-or-end"))
    var names: [String] = []

    @Option(parsing: .unconditional, help: ArgumentHelp("Lives at most, the latest.", valueName: "n"))
    var limit = 20

    @OptionGroup var options: HistoryOptions

    func run() throws {
        let session = try HistorySession(options, isAll: !names.isEmpty)
        var output = Output(messages: session.messages)
        let isFound = try write(session, to: &output)
        try output.flush()
        if !isFound { Notes.note(session.messages.noLife(isNamed: !names.isEmpty)) }
    }

    /// - Returns: false where there is none.
    func write(_ session: HistorySession, to output: inout Output) throws -> Bool {
        guard limit > 0 else { throw Failure(.usage, session.messages.badLimit(limit)) }
        var query = LifeQuery(try which(session.messages), span: session.span)
        query.limit = limit
        let lives = try session.ask { reader throws(HistoryError) in try reader.lives(query) }
        if session.isJSON {
            writeJSON(lives, session, to: &output)
        } else if names.isEmpty {
            try writeList(lives, session, to: &output)
        } else {
            for (place, life) in lives.enumerated() {
                if place > 0 { output.buffer.append(UInt8(ascii: "\n")) }
                write(life, session, to: &output)
            }
        }
        return !lives.isEmpty || session.isJSON
    }

    private func which(_ messages: Messages) throws(Failure) -> LifeQuery.Which {
        switch names.count {
        case 0: return .all
        case 1 where !names[0].contains(":") || names[0].hasPrefix("0x"):
            let digits = names[0].hasPrefix("0x") ? names[0].dropFirst(2) : names[0][...]
            guard let cookie = UInt64(digits, radix: 16) else { throw Failure(.usage, messages.badLifeName(names[0])) }
            return .cookie(cookie)
        case 1, 2:
            for name in names where !name.contains(":") { throw Failure(.usage, messages.badLifeName(name)) }
            return .ends(names)
        default: throw Failure(.usage, messages.tooManyEnds)
        }
    }

    private func writeList(_ lives: [LifeRow], _ session: HistorySession, to output: inout Output) throws {
        guard !lives.isEmpty else { return }
        var table = HistoryTable(
            titles: session.messages.historyLifeTitles,
            alignments: [.left, .left, .left, .left, .right, .left, .left])
        for life in lives {
            table.append([
                session.times.second(life.ended), String(life.cookie, radix: 16), life.local.escapedForTerminal,
                life.remote.escapedForTerminal, life.lasted.map(HistoryTable.duration) ?? "-",
                session.messages.lifeReason(life.reason), life.process.map(WatchTable.name) ?? "-",
            ])
        }
        try table.write(session.screen, to: &output)
    }

    private func write(_ life: LifeRow, _ session: HistorySession, to output: inout Output) {
        let messages = session.messages
        var page = Page(screen: session.screen)
        let arrow =
            switch life.isOutgoing {
            case true?: " \u{2192} "
            case false?: " \u{2190} "
            case nil: " \u{2014} "
            }
        page.title(life.local.escapedForTerminal + arrow + life.remote.escapedForTerminal)
        let holder = life.process.map { WatchTable.name($0) + (life.descriptor.map { " fd \($0)" } ?? "") }
        page.table(
            messages.lifeFacts(
                cookie: String(life.cookie, radix: 16), netns: "net:[\(life.namespace)]", process: holder ?? "-",
                reason: messages.lifeReason(life.reason), direction: messages.direction(life.isOutgoing),
                ending: life.ending.map(messages.lifeReason) ?? messages.lastSeenAlive,
                at: session.times.second(life.ended),
                closedFirst: messages.closedFirst(life.closedFirst.flatMap(Life.Side.init)),
                error: life.error == 0 ? "-" : String(life.error), sent: life.bytesAcked,
                received: life.bytesReceived, retransmissions: life.retransmissions
            ).map { ($0.0, $0.1, "") }, indent: 2)
        page.title(messages.lifeStatesTitle, indent: 2)
        for (index, entry) in life.states.enumerated() {
            let entered =
                entry.entered.map(session.times.microsecond) ?? messages.notSeen
                + String(repeating: " ", count: 26 - DisplayWidth.of(messages.notSeen))
            let bound = index == 0 && life.beganBefore ? "\u{2264}" : " "
            let dwell = life.dwell(at: index).map(HistoryTable.duration) ?? "-"
            let name = entry.state.name.description
            page.line(
                bound + entered + "  " + name + String(repeating: " ", count: max(1, 13 - name.count)) + dwell,
                indent: 3)
        }
        if life.hasHoles { page.paragraph(messages.lifeHasHoles, indent: 2, style: .dim) }
        if !life.stack.isEmpty {
            page.title(messages.lifeStackTitle, indent: 2)
            for frame in life.stack.split(separator: "\n") { page.line(String(frame).escapedForTerminal, indent: 4) }
        }
        output.buffer.append(string: page.text)
    }

    private func writeJSON(_ lives: [LifeRow], _ session: HistorySession, to output: inout Output) {
        var json = HistoryJSON(session)
        json.array("lives", lives) { json, life in
            json.pair("reason", life.reason)
            json.pair("cookie", String(life.cookie, radix: 16))
            json.pair("netns", life.namespace)
            json.pair("local", life.local)
            json.pair("remote", life.remote)
            json.pair("way", life.isOutgoing.map { $0 ? "out" : "in" })
            json.pair("pid", life.process?.pid)
            json.pair("start_ticks", life.process?.startTicks)
            json.pair("program", life.process?.command)
            json.pair("fd", life.descriptor)
            json.array("states", Array(life.states.enumerated())) { json, place in
                json.pair("state", place.element.state.key)
                json.pair("entered_us", place.element.entered)
                json.pair("dwell_us", life.dwell(at: place.offset))
            }
            json.pair("ended_us", life.ended)
            json.pair("ending", life.ending)
            json.pair("closed_first", life.closedFirst)
            json.pair("error", life.error == 0 ? nil : life.error)
            json.pair("bytes_acked", life.bytesAcked)
            json.pair("bytes_received", life.bytesReceived)
            json.pair("total_retransmissions", life.retransmissions)
            json.pair("began_before", life.beganBefore)
            json.pair("has_holes", life.hasHoles)
            json.stack(life.stack)
        }
        json.end(to: &output)
    }
}

extension LifeRow {
    /// From when it was first seen to its end.
    fileprivate var lasted: Int64? { began.map { ended - $0 } }
}
