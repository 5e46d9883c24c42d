internal import Sockets
internal import TCP

/// Connections in CLOSE_WAIT that their program seems to have forgotten, as far as its own past tells.
package struct LeakVerdict: Sendable, Equatable {
    /// What the verdict rests on.
    package enum Basis: Sendable, Equatable {
        /// The program closed others of the same listener or destination: so many, the slowest after so many
        /// microseconds.
        case closedOthers(count: UInt64, longest: UInt64)
        /// It never closed one while it was watched.
        case closedNone
    }

    package struct Place: Sendable, Equatable {
        /// Where they were opened; `nil` where it was not seen.
        package var stack: CallStack?
        package var count: Int
    }

    package var group: DwellGroup
    package var basis: Basis
    /// Connections of the group in CLOSE_WAIT, and those of them that are there too long.
    package var waiting: Int
    package var overdue: Int
    /// Microseconds of the one that is there longest, at least.
    package var longest: UInt64
    /// Nanoseconds beyond which one is overdue.
    package var limit: UInt64
    /// Where the overdue ones were opened, most first.
    package var places: [Place]
}

extension Tracker {
    /// Where nothing was closed there is no measure but patience, in nanoseconds.
    private static let patience: UInt64 = 60_000_000_000
    /// Nothing shorter is too long, whatever the past says.
    private static let leastOverdue: UInt64 = 5_000_000_000

    /// A connection is overdue that is longer in CLOSE_WAIT than any that the same process closed, of the same listener
    /// or to the same destination, ever was; where it closed too few to tell, after a minute. Time in CLOSE_WAIT of those
    /// that are older than the watch is a lower bound, so the verdict is too.
    package func leaks(at now: UInt64) -> [LeakVerdict] {
        var groups: [DwellGroup: Waiting] = [:]
        visit { life in
            guard life.state == .closeWait, let dwell = life.dwell(until: now), let way = way(of: life) else { return }
            let owner = owner(of: life)
            let key = ClosedPasts.Key(owner: owner, way: way)
            groups[DwellGroup(command: owner?.command, way: way), default: Waiting()].add(
                dwell.nanoseconds, life.stack, key, limit: closeWaitLimit(key))
        }
        return groups.compactMap { group, waiting in verdict(group, waiting) }.sorted { $0.overdue > $1.overdue }
    }

    /// Nanoseconds in CLOSE_WAIT that are too long.
    func closeWaitLimit(_ key: ClosedPasts.Key) -> UInt64 {
        guard let past = pasts[key], past.isTelling else { return Self.patience }
        return max(Self.leastOverdue, past.slowest)
    }

    /// Those of a group that wait.
    private struct Waiting {
        var count = 0
        var keys: Set<ClosedPasts.Key> = []
        var overdue = 0
        var longest: UInt64 = 0
        var places: [StackTable.Number?: Int] = [:]

        mutating func add(_ dwell: UInt64, _ stack: StackTable.Number?, _ key: ClosedPasts.Key, limit: UInt64) {
            count += 1
            keys.insert(key)
            guard dwell > limit else { return }
            overdue += 1
            longest = max(longest, dwell)
            places[stack, default: 0] += 1
        }
    }

    private func verdict(_ group: DwellGroup, _ waiting: Waiting) -> LeakVerdict? {
        guard waiting.overdue > 0 else { return nil }
        let telling = waiting.keys.compactMap { pasts[$0] }.filter(\.isTelling)
        let basis: LeakVerdict.Basis =
            telling.isEmpty
            ? .closedNone
            : .closedOthers(
                count: telling.reduce(0) { $0 + $1.closed }, longest: (telling.map(\.slowest).max() ?? 0) / 1000)
        return LeakVerdict(
            group: group, basis: basis, waiting: waiting.count, overdue: waiting.overdue,
            longest: waiting.longest / 1000,
            limit: waiting.keys.map(closeWaitLimit).min() ?? Self.patience,
            places: waiting.places.map { LeakVerdict.Place(stack: $0.key.flatMap { stacks[$0] }, count: $0.value) }
                .sorted { $0.count > $1.count })
    }
}
