package import Sockets
import TCP

/// What must hold for the filter parser, whatever the bytes: words are split at NUL bytes.
///
/// - Returns: what does not hold; `nil` if all does.
package func checkFilter(_ bytes: some Collection<UInt8>, against snapshot: Snapshot) -> String? {
    let words = bytes.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    let resolver = NameResolver(
        service: { $0 == "https" ? 443 : nil }, host: { $0 == "localhost" ? [IPAddress(v4: 0x7f00_0001)] : [] },
        interface: { $0 == "lo" ? 1 : nil }, user: { $0 == "root" ? 0 : nil },
        cgroup: { $0 == "system.slice" ? 42 : nil })
    do {
        let filter = try Filter(parsing: words, resolver: resolver)
        let prepared = filter.prepared(for: snapshot)
        for connection in snapshot.connections where prepared.matches(connection) {
            if !filter.states.contains(connection.state) {
                return "matches \(connection.state), which is not in its states"
            }
            if !filter.families.contains(connection.family) { return "matches a family that is not in its families" }
        }
        // What was accepted once, as several words or as one, means the same.
        guard let again = try? Filter(parsing: [filter.text], resolver: resolver), again == filter else {
            return "means something else as one word"
        }
        return nil
    } catch {
        guard (0...error.text.utf8.count).contains(error.offset) else { return "its error is outside of the text" }
        for language in Language.allCases {
            let message = error.message(language: language)
            if message.isEmpty || message.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
                return "its message is empty or has control characters"
            }
        }
        let lines = error.marked.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.count != 2 || lines[1].last != "^" { return "its mark is not two lines" }
        return nil
    }
}
