import Clearing
import Diagnosis
import Kernel
import Sockets

/// Which connections are meant: those of a filter, or those of a finding of `linger doctor`.
enum ClearSelection {
    case filter(Filter)
    case finding(number: Int?, kind: String?)

    /// `3`, `close_wait_leak` or `3:close_wait_leak`.
    init(finding text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if parts.count == 2, let number = Int(parts[0]) {
            self = .finding(number: number, kind: parts[1])
        } else if let number = Int(text) {
            self = .finding(number: number, kind: nil)
        } else {
            self = .finding(number: nil, kind: text)
        }
    }

    /// The finding that is meant, among those that there are now.
    /// - Parameter isUnattended: nobody will look at the plan before it is applied, so a number alone is too little.
    static func choose(
        _ number: Int?, _ kind: String?, among findings: [Finding], isUnattended: Bool, _ messages: ClearMessages
    ) throws(Failure) -> Finding {
        let kinds = findings.map(\.kind.rawValue)
        let name = number.map { String($0) } ?? kind ?? ""
        if let number {
            guard findings.indices.contains(number - 1) else { throw Failure(.usage, messages.noFinding(name, kinds)) }
            let found = findings[number - 1]
            if let kind, kind != found.kind.rawValue {
                throw Failure(.usage, messages.otherKind(number, kind.escapedForTerminal, found.kind.rawValue))
            }
            if kind == nil, isUnattended { throw Failure(.usage, messages.bareNumber(number, found.kind.rawValue)) }
            return found
        }
        let places = kinds.indices.filter { kinds[$0] == kind }
        guard let place = places.first else { throw Failure(.usage, messages.noFinding(name, kinds)) }
        guard places.count == 1 else { throw Failure(.usage, messages.manyFindings(name, places.map { $0 + 1 })) }
        return findings[place]
    }
}
