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

    /// Where a group stands in `groups`; its histograms in `histograms` begin at twelve times that.
    private var places: [DwellGroup: Int] = [:]
    private var groups: [DwellGroup] = []
    /// By group, then by the state's raw value; empty ones where nothing was recorded.
    private var histograms: [Histogram] = []
    /// Where the group of the last record stands: a life is recorded state after state.
    private var last = 0

    private static let states = 12
    /// Dwell times of groups that found no place.
    package private(set) var leftOut: UInt64 = 0

    init() {}

    /// - Parameter dwell: nanoseconds; filed in microseconds.
    mutating func record(_ dwell: UInt64, in state: State, of group: DwellGroup) {
        guard let place = place(of: group) ?? add(group) else {
            leftOut += 1
            return
        }
        last = place
        histograms[place * Self.states + Int(state.rawValue)].record(dwell / 1000)
    }

    private func place(of group: DwellGroup) -> Int? {
        if last < groups.count, groups[last] == group { return last }
        return places[group]
    }

    private mutating func add(_ group: DwellGroup) -> Int? {
        guard groups.count < Self.mostGroups else { return nil }
        places[group] = groups.count
        groups.append(group)
        histograms += repeatElement(Histogram(), count: Self.states)
        return groups.count - 1
    }

    /// Microseconds.
    package func histogram(of group: DwellGroup, in state: State) -> Histogram? {
        guard let place = place(of: group) else { return nil }
        let histogram = histograms[place * Self.states + Int(state.rawValue)]
        return histogram.count == 0 ? nil : histogram
    }

    package func visit(_ body: (DwellGroup, State, Histogram) -> Void) {
        for (place, group) in groups.enumerated() {
            for state in State.allCases {
                let histogram = histograms[place * Self.states + Int(state.rawValue)]
                if histogram.count > 0 { body(group, state, histogram) }
            }
        }
    }
}
