package import Sockets
package import TCP

/// Makes sentences of findings, in the reader's language. Every text for people that the diagnosis has stands in this
/// folder, one file a kind.
package struct Phrasebook: Sendable {
    package let language: Language

    package init(language: Language) { self.language = language }

    /// Every kind's phrases.
    static let kinds: [KindPhrases] = [
        .closeWaitLeak, .closeWaitPool, .acceptStalled, .acceptQueueFull, .timeWaitPorts, .timeWaitBuckets,
        .timeWaitNormal, .finWait2Held, .finWait2Orphaned, .closingStuck, .synFlood, .handshakeStuck,
        .connectUnanswered, .peerUnresponsive, .zeroWindow, .idleWithoutKeepalive, .manyConnections, .ephemeralPorts,
        .descriptorsLow, .closedDescriptors, .tcpMemory, .orphanLimit, .conntrackFull, .fileTable,
    ]

    private static let byKind = Dictionary(kinds.map { ($0.kind, $0) }, uniquingKeysWith: { first, _ in first })

    static let causes: [String: Phrase] = kinds.reduce(into: [:]) { all, kind in
        for (key, phrase) in kind.causes { all[key.rawValue] = phrase }
    }

    static let remedies: [String: RemedyPhrases] = kinds.reduce(into: shared) { all, kind in
        for (key, phrases) in kind.remedies { all[key.rawValue] = phrases }
    }

    private static let shared: [String: RemedyPhrases] = sharedRemedies.reduce(into: [:]) {
        $0[$1.key.rawValue] = $1.value
    }

    /// The kind in a few words.
    package func title(of kind: Finding.Kind) -> String { Self.byKind[kind]?.title[language] ?? kind.rawValue }

    /// The long text about a kind of finding: paragraphs, separated by empty lines.
    package func explain(_ kind: Finding.Kind) -> String {
        (Self.byKind[kind]?.explanation[language]).map(keepingUnits) ?? kind.rawValue
    }

    /// The long text about a state: what it means, who is at fault, what is normal, what to do.
    package func explain(_ state: State) -> String { keepingUnits(Self.states(state)[language]) }

    /// `17 min`, as findings write times.
    package func duration(seconds: Double) -> String {
        keepingUnits(NumberFormat(language: language).duration(seconds: seconds))
    }

    /// What could not be seen, in a sentence.
    package func describe(_ gap: Gap) -> String {
        let sentence = Self.gaps(gap.kind).what[language]
        let values = Placeholders(gap, language)
        return write(sentence, values)
    }

    /// How to see it.
    package func hint(_ gap: Gap) -> String { Self.gaps(gap.kind).hint[language] }

    package func render(_ finding: Finding, in snapshot: Snapshot) -> RenderedFinding {
        let values = Placeholders(finding, snapshot, language)
        let phrases = Self.byKind[finding.kind]
        let remedies = finding.remedies.map { remedy -> (Remedy.When, RenderedRemedy) in
            let phrase = Self.remedies[remedy.key]
            let rendered = RenderedRemedy(
                key: remedy.key, text: phrase.map { write($0.text[language], values) } ?? remedy.key,
                command: remedy.command, risk: phrase.map { write($0.risk[language], values) } ?? "")
            return (remedy.when, rendered)
        }
        var headline = phrases.map { write($0.headline[language], values) } ?? finding.kind.rawValue
        if headline.hasPrefix(Placeholders.unseen) { headline = headline.prefix(1).uppercased() + headline.dropFirst() }
        return RenderedFinding(
            headline: headline,
            evidence: evidence(finding, snapshot),
            cause: (Self.causes[finding.cause].map { write($0[language], values) } ?? finding.cause)
                + write(Self.past[language], values),
            runsOut: finding.forecast.map { keepingUnits(runsOut($0, finding, snapshot)) },
            runsOutTitle: title(of: finding.forecast),
            listTitle: finding.filterIsExact
                ? text("List them", "列出这些连接") : text("List them and their like", "列出这些及同类连接"),
            now: remedies.filter { $0.0 == .now }.map(\.1), forGood: remedies.filter { $0.0 == .forGood }.map(\.1))
    }

    private func evidence(_ finding: Finding, _ snapshot: Snapshot) -> [RenderedEvidence] {
        let numbers = NumberFormat(language: language)
        var lines = finding.facts.map { fact in
            RenderedEvidence(
                label: label(of: fact), value: keepingUnits(numbers.text(fact)), source: source(fact.source))
        }
        for (index, process) in finding.subject.processes.prefix(8).enumerated() {
            guard snapshot.processes.indices.contains(process) else { continue }
            let record = snapshot.processes[process]
            if let line = processLine(record) {
                lines.insert(
                    RenderedEvidence(label: label(of: "process"), value: line, source: "/proc/\(record.pid)"), at: index
                )
            }
        }
        if snapshot.namespaces.count > 1, let namespace = finding.subject.namespace,
            snapshot.namespaces.indices.contains(namespace)
        {
            let found = snapshot.namespaces[namespace]
            let name = found.name.map(\.escapedForTerminal) ?? "\(found.inode)"
            lines.append(RenderedEvidence(label: label(of: "netns"), value: name, source: "nsfs"))
        }
        return lines
    }

    /// `oracle (pid 22725), user oracle, oracle.service`: who exactly.
    private func processLine(_ record: ProcessRecord) -> String? {
        var parts = ["\(record.command.escapedForTerminal) (pid \(record.pid))"]
        if let user = record.user { parts.append("\(label(of: "user")) \(user.escapedForTerminal)") }
        if let unit = record.unit { parts.append(unit.escapedForTerminal) }
        if let container = record.container {
            parts.append("\(container.runtime.rawValue) \(String(container.id.prefix(12)).escapedForTerminal)")
        }
        if let line = record.commandLine, !line.isEmpty {
            let short = line.count > 60 ? String(line.prefix(60)) + "…" : line
            parts.append(short.escapedForTerminal)
        }
        return parts.count > 1 ? parts.joined(separator: text(", ", "，")) : nil
    }

    private func write(_ template: String, _ values: Placeholders) -> String {
        keepingUnits(fill(template, isChinese: language == .zh, values.value))
    }

    /// Inputs keep their names in every language; that there were two looks is a remark.
    private func source(_ name: String) -> String {
        if name.hasSuffix(Input.twice) {
            return name.dropLast(Input.twice.count) + text(", two samples", "，两次采样")
        }
        guard name.hasSuffix(Input.since) else { return name }
        return name.dropLast(Input.since.count) + text(", since it began", "，自其启动起")
    }

    private func text(_ en: String, _ zh: String) -> String { Phrase(en: en, zh: zh)[language] }

    private func title(of forecast: Forecast?) -> String {
        guard let forecast else { return text("Limit", "上限") }
        let isNear = Double(forecast.used) >= 0.8 * Double(forecast.limit)
        return isNear || forecast.secondsLeft != nil ? text("Runs out", "将耗尽") : text("Limit", "上限")
    }

    func label(of key: String) -> String { Self.labels[key]?[language] ?? key }

    private func label(of fact: Fact) -> String {
        (fact.isExact ? Self.labels[Self.exact(fact.key)]?[language] : nil) ?? label(of: fact.key)
    }
}

/// A finding in words.
package struct RenderedFinding: Sendable {
    /// One sentence.
    package var headline: String
    package var evidence: [RenderedEvidence]
    package var cause: String
    /// What runs out and when; `nil` where nothing does.
    package var runsOut: String?
    /// What stands above `runsOut`: it runs out, or it is a limit that is not near.
    package var runsOutTitle: String
    /// What stands above the filter: it lists these, or others of their kind too.
    package var listTitle: String
    package var now: [RenderedRemedy]
    package var forGood: [RenderedRemedy]
}

package struct RenderedEvidence: Sendable, Equatable {
    package var label: String
    package var value: String
    /// The input that it was read from.
    package var source: String
}

package struct RenderedRemedy: Sendable, Equatable {
    package var key: String
    package var text: String
    /// Ready to paste, where there is one.
    package var command: String?
    package var risk: String
}
