import Diagnosis
import Sockets

/// What `linger doctor` found, and how it says so.
struct DoctorReport {
    let before: Snapshot?
    let now: Snapshot
    let history: HistoryUse
    let findings: [Finding]
    let messages: Messages

    init(before: Snapshot?, now: Snapshot, history: HistoryUse, thresholds: Thresholds, messages: Messages) {
        self.init(
            before: before, now: now, history: history,
            findings: Diagnosis.run(
                before: before, now: now, recollection: history.recollection, thresholds: thresholds),
            messages: messages)
    }

    init(
        before: Snapshot?, now: Snapshot, history: HistoryUse = .none, findings: [Finding], messages: Messages
    ) {
        self.before = before
        self.now = now
        self.history = history
        self.findings = findings
        self.messages = messages
    }

    var status: ExitStatus {
        if now.gaps.contains(where: \.isPartial) { return .partlySeen }
        return Diagnosis.outcome(of: findings) == .clean ? .success : .findings
    }

    private var problems: [Finding] { findings.filter { $0.severity > .info } }
    private var notes: [Finding] { findings.filter { $0.severity == .info } }

    /// For people: what is wrong, what looks wrong and is not, what could not be seen, and a line that sums it up.
    func write(_ screen: Screen, to output: inout Output) {
        let phrasebook = Phrasebook(language: messages.language)
        var page = Page(screen: screen)
        for finding in problems {
            write(finding, phrasebook.render(finding, in: now), on: &page)
            page.line()
        }
        if !notes.isEmpty {
            page.title(messages.harmlessTitle)
            for finding in notes {
                let rendered = phrasebook.render(finding, in: now)
                page.paragraph(rendered.headline, indent: 2, style: .bold)
                page.paragraph(rendered.cause, indent: 4)
                write(rendered.now + rendered.forGood, indent: 4, on: &page)
            }
            page.line()
        }
        if !now.gaps.isEmpty {
            page.title(messages.unseenTitle)
            for gap in now.gaps {
                page.item("-", messages.gap(gap, phrasebook), indent: 2)
            }
            page.line()
        }
        // What was said first has left the screen by now.
        if findings.count > 1 {
            page.title(messages.overviewTitle)
            writeOverview(phrasebook, indent: 2, on: &page)
            page.line()
        }
        writeSummary(on: &page)
        if !findings.isEmpty { page.paragraph(messages.history(history), style: .dim) }
        output.buffer.append(string: page.text)
    }

    /// One line a finding, and a line that sums it up.
    func writeBrief(_ screen: Screen, to output: inout Output) {
        var page = Page(screen: screen)
        writeOverview(Phrasebook(language: messages.language), indent: 0, on: &page)
        writeSummary(on: &page)
        output.buffer.append(string: page.text)
    }

    private func writeOverview(_ phrasebook: Phrasebook, indent: Int, on page: inout Page) {
        let isOnePlace = Set(findings.compactMap(\.subject.namespace)).count <= 1
        page.overview(
            (problems + notes).map { finding in
                (
                    messages.severity(finding.severity), Style(finding.severity), isOnePlace ? "" : place(of: finding),
                    phrasebook.render(finding, in: now).headline
                )
            }, indent: indent)
    }

    /// The network namespace, or a dash for what concerns the host.
    private func place(of finding: Finding) -> String {
        guard let index = finding.subject.namespace, now.namespaces.indices.contains(index) else { return "-" }
        let namespace = now.namespaces[index]
        return namespace.name?.escapedForTerminal ?? "net:[\(namespace.inode)]"
    }

    private func writeSummary(on page: inout Page) {
        page.paragraph(
            messages.doctorSummary(
                critical: problems.count { $0.severity == .critical },
                warnings: problems.count { $0.severity == .warning },
                notes: notes.count, connections: now.connections.count, processes: now.processes.count,
                namespaces: now.namespaces.count, isPartial: now.gaps.contains(where: \.isPartial)),
            style: problems.isEmpty ? .plain : .bold)
    }

    private func write(_ finding: Finding, _ rendered: RenderedFinding, on page: inout Page) {
        page.headline(messages.severity(finding.severity), rendered.headline, style: Style(finding.severity))
        page.title(messages.evidenceTitle, indent: 2)
        page.table(rendered.evidence.map { ($0.label, $0.value, $0.source) }, indent: 4)
        page.title(messages.causeTitle, indent: 2)
        page.paragraph(rendered.cause, indent: 4)
        if let runsOut = rendered.runsOut {
            page.title(rendered.runsOutTitle, indent: 2)
            page.paragraph(runsOut, indent: 4)
        }
        if !rendered.now.isEmpty {
            page.title(messages.nowTitle, indent: 2)
            write(rendered.now, indent: 4, on: &page)
        }
        if !rendered.forGood.isEmpty {
            page.title(messages.forGoodTitle, indent: 2)
            write(rendered.forGood, indent: 4, on: &page)
        }
        // Where listing them is a remedy, it stands there.
        if let filter = finding.filter,
            !finding.remedies.contains(where: { $0.command?.contains("linger list") == true })
        {
            page.title(rendered.listTitle, indent: 2)
            page.command("linger list \(Shell.quoted(filter))", indent: 4)
        }
        page.title(messages.moreTitle, indent: 2)
        page.command("linger explain \(finding.kind.rawValue)", indent: 4)
    }

    private func write(_ remedies: [RenderedRemedy], indent: Int, on page: inout Page) {
        for (place, remedy) in remedies.enumerated() {
            page.item("\(place + 1).", remedy.text, indent: indent)
            if let command = remedy.command { page.command(command, indent: indent + 3) }
            if !remedy.risk.isEmpty {
                page.paragraph(messages.risk(remedy.risk), indent: indent + 3, style: .dim)
            }
        }
    }

    func writeJSON(to output: inout Output) {
        let seconds = before.map { now.monotonic > $0.monotonic ? Double(now.monotonic - $0.monotonic) / 1000 : 0 }
        let json = DoctorJSON(now, phrasebook: Phrasebook(language: messages.language))
        output.buffer.append(
            json.bytes(
                of: findings, version: lingerVersion, sampleSeconds: seconds, history: history,
                exitCode: status.rawValue))
    }
}

extension Style {
    init(_ severity: Finding.Severity) {
        self =
            switch severity {
            case .critical: .red
            case .warning: .yellow
            case .info: .dim
            }
    }
}

/// Words for a shell.
enum Shell {
    /// The text as one word of a POSIX shell.
    static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
