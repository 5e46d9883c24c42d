import Sockets
import TCP

/// What the names in templates stand for: the finding's facts by their keys, and
///
/// - `who`: the processes, by name and pid; `holds`: the verb that goes with them
/// - `connections`: how many it is about, with the word
/// - `listener`, `source`, `destination`, `netns`
/// - `addresses`: how many source addresses, with the word; `culprit`: `who`, only where a process is known
/// - `used`, `limit`, `left` of the forecast
/// - `at_least`: these words where the age of the oldest is a bound, nothing where it is exact
struct Placeholders {
    private var values: [String: String] = [:]

    /// The names beside those of facts.
    static let names = [
        "who", "holds", "connections", "listener", "source", "destination", "netns", "used", "limit", "left", "pids",
        "subject", "reason", "number", "addresses", "culprit", "at_least",
    ]

    init(_ gap: Gap, _ language: Language) {
        if !gap.subject.isEmpty { values["subject"] = gap.subject.escapedForTerminal }
        if !gap.reason.isEmpty { values["reason"] = gap.reason.escapedForTerminal }
        values["number"] = NumberFormat(language: language).count(UInt64(max(0, gap.count)))
    }

    init(_ finding: Finding, _ snapshot: Snapshot, _ language: Language) {
        let numbers = NumberFormat(language: language)
        for fact in finding.facts { values[fact.key] = numbers.text(fact) }
        if let oldest = finding.facts.first(where: { $0.key == FactKey.oldest.rawValue }) {
            values["at_least"] = oldest.isExact ? "" : language == .zh ? "至少" : "at least "
        }
        let subject = finding.subject
        let records = subject.processes.filter(snapshot.processes.indices.contains).map { snapshot.processes[$0] }
        values["who"] = Self.names(of: records, owner: values[FactKey.owner.rawValue], language)
        values["holds"] = Self.verb(records.count, language)
        if !records.isEmpty {
            values["pids"] = records.map { "\($0.pid)" }.joined(separator: language == .zh ? "、" : ", ")
        }
        let facts = finding.facts.first { $0.key == FactKey.count.rawValue }
        if case .count(let count)? = facts?.value {
            values["connections"] = Self.connections(count, numbers)
        } else {
            values["connections"] = Self.connections(UInt64(finding.connections.count), numbers)
        }
        if let listener = subject.listener, snapshot.connections.indices.contains(listener) {
            let local = snapshot.connections[listener].local
            values["listener"] = local.address.isWildcard ? Self.port(local.port, language) : local.description
        }
        if case .count(let count)? = finding.facts.first(where: { $0.key == FactKey.sources.rawValue })?.value {
            let word = language == .zh ? "个地址" : count == 1 ? "address" : "addresses"
            values["addresses"] = "\(numbers.count(count)) \(word)"
        }
        if !records.isEmpty { values["culprit"] = values["who"] }
        values["source"] = subject.source?.description
        values["destination"] = subject.destination.map { $0.port == 0 ? $0.address.description : $0.description }
        if snapshot.namespaces.count > 1, let namespace = subject.namespace,
            snapshot.namespaces.indices.contains(namespace)
        {
            let found = snapshot.namespaces[namespace]
            values["netns"] = found.name.map(\.escapedForTerminal) ?? "\(found.inode)"
        }
        if let forecast = finding.forecast {
            values["used"] = numbers.count(forecast.used)
            values["limit"] = numbers.count(forecast.limit)
            values["left"] = numbers.count(forecast.limit > forecast.used ? forecast.limit - forecast.used : 0)
        }
    }

    /// `?name` is nothing where the name is known: it makes a part in brackets depend on it.
    func value(_ name: String) -> String? {
        name.hasPrefix("?") ? values[String(name.dropFirst())].map { _ in "" } : values[name]
    }

    /// It begins with a small letter, and so with a large one at the beginning of a sentence: a process's name keeps its own.
    static let unseen = "a process that could not be seen"

    private static func names(of records: [ProcessRecord], owner: String?, _ language: Language) -> String {
        let names = records.prefix(4).map { "\($0.command.escapedForTerminal) (pid \($0.pid))" }
        let more = records.count - names.count
        switch language {
        case .en:
            if names.isEmpty { return unseen + (owner.map { " (user id \($0))" } ?? "") }
            if more > 0 { return names.joined(separator: ", ") + " and \(more) more" }
            guard let last = names.last, names.count > 1 else { return names[0] }
            return names.dropLast().joined(separator: ", ") + " and " + last
        case .zh:
            if names.isEmpty { return "一个看不到的进程" + (owner.map { "（用户 ID \($0)）" } ?? "") }
            return names.joined(separator: "、") + (more > 0 ? " 等 \(records.count) 个进程" : "")
        }
    }

    private static func verb(_ processes: Int, _ language: Language) -> String {
        switch language {
        case .en: processes > 1 ? "share" : "holds"
        case .zh: processes > 1 ? "共同持有" : "持有"
        }
    }

    private static func connections(_ count: UInt64, _ numbers: NumberFormat) -> String {
        switch numbers.language {
        case .en: numbers.count(count) + (count == 1 ? " connection" : " connections")
        case .zh: numbers.count(count) + " 条连接"
        }
    }

    private static func port(_ port: UInt16, _ language: Language) -> String {
        switch language {
        case .en: "port \(port)"
        case .zh: "端口 \(port)"
        }
    }
}
