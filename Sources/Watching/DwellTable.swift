package import Sockets
package import TCP

/// Connections that are alike: of one program, through one listener or to one destination.
package struct DwellGroup: Hashable, Sendable {
    package enum Way: Hashable, Sendable {
        /// Namespace and port.
        case listener(UInt32, UInt16)
        case destination(Endpoint)
    }

    /// The program's name (`comm`); `nil` where nobody was seen to open them.
    package var command: String?
    package var way: Way

    package init(command: String?, way: Way) {
        self.command = command
        self.way = way
    }
}

/// How long finished connections were in each state, by group. Bounded: what finds no place in a table that is full is
/// counted, and not recorded.
package struct DwellTable: Sendable {
    private static let mostGroups = 1024

    /// By the state's raw value.
    private var groups: [DwellGroup: [Histogram]] = [:]
    private static let empty = [Histogram](repeating: Histogram(), count: 12)
    /// Dwell times of groups that found no place.
    package private(set) var leftOut: UInt64 = 0

    init() {}

    /// - Parameter dwell: nanoseconds; filed in microseconds.
    mutating func record(_ dwell: UInt64, in state: State, of group: DwellGroup) {
        guard groups.count < Self.mostGroups || groups[group] != nil else {
            leftOut += 1
            return
        }
        groups[group, default: Self.empty][Int(state.rawValue)].record(dwell / 1000)
    }

    /// - Parameter dwells: microseconds.
    mutating func add(_ dwells: Histogram, in state: State, of group: DwellGroup) {
        guard groups.count < Self.mostGroups || groups[group] != nil else { return leftOut += dwells.count }
        groups[group, default: Self.empty][Int(state.rawValue)].add(dwells)
    }

    /// Microseconds.
    package func histogram(of group: DwellGroup, in state: State) -> Histogram? {
        groups[group].map { $0[Int(state.rawValue)] }.flatMap { $0.count > 0 ? $0 : nil }
    }

    package func visit(_ body: (DwellGroup, State, Histogram) -> Void) {
        for (group, states) in groups {
            for state in State.allCases where states[Int(state.rawValue)].count > 0 {
                body(group, state, states[Int(state.rawValue)])
            }
        }
    }
}
