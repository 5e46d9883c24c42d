/// A filter made ready for one snapshot: names of processes, units and interfaces are sets of numbers.
package struct PreparedFilter: Sendable {
    private let steps: [FilterProgram.Step<PreparedTest>]
    private let families: Set<IPAddress.Family>
    private let holders: [Holder]

    init(_ filter: Filter, _ snapshot: Snapshot) {
        steps = filter.program.steps.map { step in
            switch step {
            case .test(let condition): .test(PreparedTest(condition, snapshot))
            case .negate: .negate
            case .jumpIfFalse(let target): .jumpIfFalse(target)
            case .jumpIfTrue(let target): .jumpIfTrue(target)
            }
        }
        families = filter.families
        holders = snapshot.holders
    }

    /// It has no condition.
    package var matchesAll: Bool { steps.isEmpty && families.count != 1 }

    /// - Parameter connection: one of the snapshot's.
    package func matches(_ connection: Connection) -> Bool {
        if families.count == 1, !families.contains(connection.family) { return false }
        var register = true
        var index = 0
        while index < steps.count {
            switch steps[index] {
            case .test(let test): register = test.accepts(connection, holders)
            case .negate: register.toggle()
            case .jumpIfFalse(let target):
                if !register {
                    index = target
                    continue
                }
            case .jumpIfTrue(let target):
                if register {
                    index = target
                    continue
                }
            }
            index += 1
        }
        return register
    }
}
