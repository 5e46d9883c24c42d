import Clearing
import Diagnosis
import Sockets

/// What `linger tune` proposes, for people and for programs.
struct TunePage {
    let plan: TunePlan
    let findings: [Finding]
    let snapshot: Snapshot
    let file: String
    let messages: TuneMessages

    /// The file as it would be if there were none: what stands in the one that is there is kept.
    private var fileText: String? {
        plan.changes.contains(where: \.lasts) ? SysctlFile.text(nil, with: plan.changes) : nil
    }

    /// What is a program's to change, or a person's: told, never done.
    private var advice: [(finding: Finding, remedy: RenderedRemedy)] {
        let phrasebook = Phrasebook(language: messages.language)
        let ours = Set(findings.flatMap(\.remedies).filter { $0.setting != nil }.map(\.key))
        return findings.flatMap { finding in
            phrasebook.render(finding, in: snapshot).forGood
                .filter { !ours.contains($0.key) && $0.key != "setting.keep" && !$0.key.isEmpty }
                .map { (finding, $0) }
        }
    }

    private func rendered(_ change: SettingChange) -> RenderedRemedy? {
        guard let finding = findings.first(where: { $0.kind == change.findings.first }) else { return nil }
        let all = Phrasebook(language: messages.language).render(finding, in: snapshot)
        return (all.now + all.forGood).first { $0.key == change.remedy }
    }

    /// As a person types it.
    private func sysctl(_ change: SettingChange) -> String {
        change.setting.command(in: change.namespace)
    }

    func text(_ screen: Screen) -> String {
        var page = Page(screen: screen)
        if !plan.changes.isEmpty {
            let headline = messages.headline(plan.changes.count)
            page.headline(headline.tag, headline.text, style: .yellow)
            for change in plan.changes { write(change, on: &page) }
            if let fileText {
                page.title(messages.fileTitle(file.escapedForTerminal), indent: 2)
                for line in fileText.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
                    page.line(String(line), indent: 4, style: .cyan)
                }
            }
        }
        if !plan.left.isEmpty {
            page.title(messages.leftTitle, indent: 2)
            for one in plan.left {
                page.item("-", messages.left(one, place(one.namespace)), indent: 4)
            }
        }
        let advice = advice
        if !advice.isEmpty {
            page.title(messages.adviceTitle, indent: 2)
            for one in advice { page.item("-", "\(one.finding.kind.rawValue): \(one.remedy.text)", indent: 4) }
        }
        return page.text
    }

    private func write(_ change: SettingChange, on page: inout Page) {
        page.title("\(change.tunable.name): \(change.before) → \(change.after)", indent: 2)
        page.item(
            "-",
            messages.why(change.findings.map(\.rawValue).joined(separator: ", "), change.tunable.formula),
            indent: 4)
        if let remedy = rendered(change) {
            page.item("-", remedy.text, indent: 4)
            if !remedy.risk.isEmpty { page.item("-", messages.risk(remedy.risk), indent: 4) }
        }
        page.item("-", messages.place(change, place(change.namespace)), indent: 4)
        page.command(sysctl(change), indent: 6)
    }

    private func place(_ namespace: NetworkNamespace?) -> String? {
        namespace.map { $0.name?.escapedForTerminal ?? "net:[\($0.inode)]" }
    }

    // MARK: JSON

    func json(kept: String?, exitCode: Int32) -> [UInt8] {
        var json = JSONWriter(reservingCapacity: 2048)
        json.beginObject()
        json.key("schema")
        json.value(1)
        json.key("applied")
        json.value(kept != nil)
        json.key("changes")
        json.beginArray()
        for change in plan.changes { write(change, to: &json) }
        json.endArray()
        json.key("left_alone")
        json.beginArray()
        for one in plan.left {
            json.beginObject()
            json.key("name")
            json.value(one.setting.name)
            json.key("proposed")
            json.value(one.setting.value)
            json.key("netns")
            json.value(one.namespace?.inode)
            json.key("finding")
            json.value(one.finding.rawValue)
            json.key("reason")
            json.value(one.reason.key)
            json.endObject()
        }
        json.endArray()
        json.key("advice")
        json.beginArray()
        for one in advice {
            json.beginObject()
            json.key("finding")
            json.value(one.finding.kind.rawValue)
            json.key("key")
            json.value(one.remedy.key)
            json.key("text")
            json.value(one.remedy.text)
            json.endObject()
        }
        json.endArray()
        json.key("file")
        json.value(fileText == nil ? nil : file)
        json.key("file_text")
        json.value(fileText)
        json.key("undo_record")
        json.value(kept)
        json.key("exit_code")
        json.value(exitCode)
        json.endObject()
        json.newline()
        return json.bytes
    }

    private func write(_ change: SettingChange, to json: inout JSONWriter) {
        json.beginObject()
        json.key("name")
        json.value(change.tunable.name)
        json.key("scope")
        json.value(change.tunable.scope.rawValue)
        json.key("netns")
        json.value(change.namespace?.inode)
        json.key("before")
        json.value(change.before)
        json.key("after")
        json.value(change.after)
        json.key("formula")
        json.value(change.tunable.formula)
        json.key("findings")
        json.beginArray()
        for finding in change.findings { json.value(finding.rawValue) }
        json.endArray()
        json.key("command")
        json.value(sysctl(change))
        json.key("lasts")
        json.value(change.lasts)
        json.key("documentation")
        json.value(change.tunable.documentation)
        json.endObject()
    }
}
