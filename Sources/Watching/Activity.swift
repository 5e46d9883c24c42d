/// What was opened and closed in an interval, by group.
package struct Activity: Sendable {
    package struct Counts: Sendable, Equatable {
        package var opened: UInt64 = 0
        package var closed: UInt64 = 0

        package init() {}
    }

    /// Groups that are counted apart; the rest is one sum.
    private static let mostGroups = 4096

    package private(set) var groups: [DwellGroup: Counts] = [:]
    package private(set) var total = Counts()

    package init() {}

    package mutating func open(_ group: DwellGroup?) {
        total.opened += 1
        if let group, hasRoom(group) { groups[group, default: Counts()].opened += 1 }
    }

    package mutating func close(_ group: DwellGroup?) {
        total.closed += 1
        if let group, hasRoom(group) { groups[group, default: Counts()].closed += 1 }
    }

    private func hasRoom(_ group: DwellGroup) -> Bool { groups.count < Self.mostGroups || groups[group] != nil }
}
