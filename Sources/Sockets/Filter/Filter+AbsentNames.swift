/// A name in a filter that nothing in a snapshot has, so that its condition can hold for no connection.
package struct AbsentName: Sendable, Hashable {
    /// `pid`, `process`, `user`, `unit`, `container` or `netns`.
    package var keyword: FilterKeyword
    package var name: String
}

extension Filter {
    /// The names that no holder, owner or namespace in the snapshot has, in the order of the filter. An answer to "why
    /// is the list empty?", as far as the snapshot knows.
    package func absentNames(in snapshot: Snapshot) -> [AbsentName] {
        var names: [AbsentName] = []
        for condition in program.conditions {
            guard let name = condition.name, Self.isAbsent(PreparedTest(condition, snapshot), snapshot),
                !names.contains(name)
            else { continue }
            names.append(name)
        }
        return names
    }

    private static func isAbsent(_ test: PreparedTest, _ snapshot: Snapshot) -> Bool {
        func isHeld(_ verdicts: [PreparedTest.Verdict]) -> Bool {
            snapshot.holders.contains {
                verdicts.indices.contains(Int($0.process)) && verdicts[Int($0.process)] == .same
            }
        }
        return switch test {
        case .holder(let verdicts, negated: false): !isHeld(verdicts)
        case .user(let verdicts, let uids, negated: false):
            !isHeld(verdicts) && !snapshot.connections.contains { $0.uid.map(uids.contains) ?? false }
        case .namespace(let verdicts, negated: false): !verdicts.contains(.same)
        default: false
        }
    }
}

extension FilterCondition {
    fileprivate var name: AbsentName? {
        switch self {
        case .process(.pid(let pid), _): AbsentName(keyword: .pid, name: "\(pid)")
        case .process(.name(let glob), _): AbsentName(keyword: .process, name: glob.text)
        case .process(.unit(let glob), _): AbsentName(keyword: .unit, name: glob.text)
        case .process(.container(let glob), _): AbsentName(keyword: .container, name: glob.text)
        case .user(let name, _, _): AbsentName(keyword: .user, name: name)
        case .namespace(let glob, _, _): AbsentName(keyword: .netns, name: glob.text)
        default: nil
        }
    }
}
