import Sockets

/// The labels that programs have in the metrics: so many have their own name, all others share `other`, so that their
/// number stays bounded whatever runs on the host. Pure.
struct ProgramLabels {
    static let other = "other"
    /// Nobody is known to hold or to have opened it.
    static let unknown = "unknown"

    let most: Int
    private var names: Set<String> = []

    init(most: Int) { self.most = most }

    /// For counters and histograms, which must never go down: whoever came first keeps its name.
    mutating func lasting(_ command: String?) -> String {
        guard let command else { return Self.unknown }
        let name = command.escapedForTerminal
        if names.contains(name) { return name }
        guard names.count < most else { return Self.other }
        names.insert(name)
        return name
    }

    /// For gauges: those with the most have their names.
    func largest(_ counts: [String: [Int]]) -> [String: [Int]] {
        guard counts.count > most else { return counts }
        let ranked = counts.sorted { one, two in
            let (first, second) = (one.value.reduce(0, +), two.value.reduce(0, +))
            return first == second ? one.key < two.key : first > second
        }
        var result: [String: [Int]] = [:]
        for (place, entry) in ranked.enumerated() {
            let name = place < most || entry.key == Self.unknown ? entry.key : Self.other
            if let known = result[name] {
                result[name] = zip(known, entry.value).map(+)
            } else {
                result[name] = entry.value
            }
        }
        return result
    }
}
