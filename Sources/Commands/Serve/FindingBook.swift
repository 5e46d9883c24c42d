import Diagnosis
import History
import Sockets

/// Which findings are there, since when, and which are over. Pure.
struct FindingBook {
    private(set) var present: [String: FindingRow] = [:]

    /// - Parameter open: those that were there when the last daemon ended.
    init(open: [FindingRow] = []) {
        for row in open { present[row.key] = row }
    }

    /// Takes what a look found.
    /// - Parameters:
    ///   - time: microseconds since 1970.
    ///   - isHindered: the look did not see all that earlier ones saw: what it did not find is not over.
    /// - Returns: the rows that changed: all that are there, and those that are over now.
    mutating func note(
        _ findings: [Finding], in snapshot: Snapshot, at time: Int64, isHindered: Bool = false
    ) -> [FindingRow] {
        let phrasebook = Phrasebook(language: .en)
        let json = DoctorJSON(snapshot, phrasebook: phrasebook)
        var now: [String: FindingRow] = [:]
        for finding in findings {
            let key = finding.key(in: snapshot)
            // The worst comes first.
            guard now[key] == nil else { continue }
            now[key] = FindingRow(
                key: key, kind: finding.kind.rawValue, severity: finding.severity.key,
                sentence: phrasebook.render(finding, in: snapshot).headline,
                json: String(decoding: json.bytes(of: finding), as: UTF8.self),
                firstSeen: present[key]?.firstSeen ?? time, lastSeen: time)
        }
        var rows = Array(now.values)
        if isHindered {
            present.merge(now) { $1 }
            return rows
        }
        for (key, row) in present where now[key] == nil {
            var over = row
            over.resolvedAt = time
            rows.append(over)
        }
        present = now
        return rows
    }
}

extension Finding {
    /// The same for the same trouble in a later look: the kind, and whom it is about.
    func key(in snapshot: Snapshot) -> String {
        var parts = [kind.rawValue]
        for index in subject.processes where snapshot.processes.indices.contains(index) {
            let process = snapshot.processes[index]
            parts.append("pid \(process.pid) \(process.startTicks ?? 0)")
        }
        if let listener = subject.listener, snapshot.connections.indices.contains(listener) {
            parts.append("listener \(snapshot.connections[listener].local)")
        }
        if let source = subject.source { parts.append("source \(source)") }
        if let destination = subject.destination { parts.append("destination \(destination)") }
        if let namespace = subject.namespace, snapshot.namespaces.indices.contains(namespace) {
            parts.append("netns \(snapshot.namespaces[namespace].inode)")
        }
        return parts.joined(separator: " ")
    }
}
