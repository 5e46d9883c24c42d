import ArgumentParser
import Diagnosis
import History
import Sockets

struct HistoryFindingsCommand: HistoryQuery {
    static let configuration = CommandConfiguration(
        commandName: "findings",
        abstract: "What linger doctor found between two times, since when and until when.",
        usage: "linger history findings [<options>]")

    @OptionGroup var options: HistoryOptions

    func write(_ session: HistorySession, to output: inout Output) throws {
        let findings = try session.ask { reader throws(HistoryError) in try reader.findings(session.span) }
        if session.isJSON {
            var json = HistoryJSON(session)
            json.array("findings", findings) { json, finding in
                json.pair("kind", finding.kind)
                json.pair("key", finding.key)
                json.pair("severity", finding.severity)
                json.pair("sentence", finding.sentence)
                json.pair("first_seen_us", finding.firstSeen)
                json.pair("last_seen_us", finding.lastSeen)
                json.pair("resolved_us", finding.resolvedAt)
                json.pair("finding", finding.json)
            }
            return json.end(to: &output)
        }
        guard !findings.isEmpty else { return Notes.note(session.messages.noFindings) }
        var page = Page(screen: session.screen)
        for finding in findings {
            let severity =
                [Finding.Severity.critical, .warning, .info].first { $0.key == finding.severity } ?? .warning
            page.headline(
                session.messages.severity(severity), finding.sentence.escapedForTerminal, style: Style(severity))
            page.line(
                session.messages.findingTimes(
                    first: session.times.second(finding.firstSeen), last: session.times.second(finding.lastSeen),
                    resolved: finding.resolvedAt.map(session.times.second)), indent: 2, style: .dim)
            page.command("linger explain \(finding.kind.escapedForTerminal)", indent: 2)
        }
        output.buffer.append(string: page.text)
    }
}

struct HistoryGapsCommand: HistoryQuery {
    static let configuration = CommandConfiguration(
        commandName: "gaps",
        abstract: "What the history does not know: what was lost or not recorded, when, and why.",
        usage: "linger history gaps [<options>]")

    @OptionGroup var options: HistoryOptions

    static let dependsOnGaps = false

    func write(_ session: HistorySession, to output: inout Output) throws {
        let gaps = try session.ask { reader throws(HistoryError) in try reader.gaps(session.span) }
        if session.isJSON {
            var json = HistoryJSON(session)
            json.array("gaps", gaps) { json, gap in
                json.pair("kind", gap.kind.rawValue)
                json.pair("from_us", gap.from)
                json.pair("to_us", gap.to)
                json.pair("count", gap.count)
                json.pair("detail", gap.detail)
            }
            return json.end(to: &output)
        }
        guard !gaps.isEmpty else { return Notes.note(session.messages.noGaps) }
        var table = HistoryTable(
            titles: session.messages.gapTitles, alignments: [.left, .left, .right, .right, .left])
        for gap in gaps {
            let detail = gap.detail.isEmpty ? "" : " (\(gap.detail.escapedForTerminal))"
            table.append([
                session.times.second(gap.from), session.times.second(gap.to),
                HistoryTable.duration(gap.to - gap.from), gap.count == 0 ? "-" : String(gap.count),
                session.messages.historyGap(gap.kind) + detail,
            ])
        }
        try table.write(session.screen, to: &output)
    }
}

struct HistoryActionsCommand: HistoryQuery {
    static let configuration = CommandConfiguration(
        commandName: "actions",
        abstract: "What was cleared by whom: the lines of the audit, as docs/clearing.md has them.",
        usage: "linger history actions [<options>]")

    @OptionGroup var options: HistoryOptions

    static let dependsOnGaps = false

    func write(_ session: HistorySession, to output: inout Output) throws {
        let actions = try session.ask { reader throws(HistoryError) in try reader.actions(session.span) }
        if session.isJSON {
            var json = HistoryJSON(session)
            json.array("actions", actions) { json, action in
                json.pair("time_us", action.time)
                json.pair("source", action.source)
                json.pair("run", action.run)
                json.pair("record", action.record.rawValue)
                json.pair("line", action.json)
            }
            return json.end(to: &output)
        }
        guard !actions.isEmpty else { return Notes.note(session.messages.noActions) }
        var table = HistoryTable(
            titles: session.messages.actionTitles, alignments: [.left, .left, .left, .left, .left])
        for action in actions {
            table.append([
                session.times.second(action.time), action.source.escapedForTerminal, action.run.escapedForTerminal,
                action.record.rawValue, action.json.escapedForTerminal,
            ])
        }
        try table.write(session.screen, to: &output)
    }
}
