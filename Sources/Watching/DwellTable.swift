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

    private var groups: [DwellGroup: [State: Histogram]] = [:]
    /// Dwell times of groups that found no place.
    package private(set) var leftOut: UInt64 = 0

    init() {}

    /// - Parameter dwell: nanoseconds; filed in microseconds.
    mutating func record(_ dwell: UInt64, in state: State, of group: DwellGroup) {
        guard groups.count < Self.mostGroups || groups[group] != nil else {
            leftOut += 1
            return
        }
        groups[group, default: [:]][state, default: Histogram()].record(dwell / 1000)
    }

    /// Microseconds.
    package func histogram(of group: DwellGroup, in state: State) -> Histogram? { groups[group]?[state] }

    package func visit(_ body: (DwellGroup, State, Histogram) -> Void) {
        for (group, states) in groups { for (state, histogram) in states { body(group, state, histogram) } }
    }
}
