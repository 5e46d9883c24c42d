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

/// What a program did with others in CLOSE_WAIT.
struct CloseWaitPast {
    var basis: LeakVerdict.Basis
    var closed: UInt64 = 0
    /// Microseconds, of all and of 99 in 100.
    var slowest: UInt64 = 0
    var usual: UInt64 = 0
    /// Nanoseconds that are too long.
    var limit: UInt64
}

extension Tracker {
    /// Closed ones that make a past; with fewer, none was closed as far as this goes.
    private static let leastClosed: UInt64 = 20
    /// Nanoseconds: nothing shorter is too long, whatever the past says.
    private static let leastOverdue: UInt64 = 5_000_000_000
    /// Where nothing was closed there is no measure but patience.
    private static let patience: UInt64 = 60_000_000_000

    /// A connection is overdue that is longer in CLOSE_WAIT than any that the same program closed, of the same listener
    /// or to the same destination, ever was; where it closed too few to tell, after a minute. Time in CLOSE_WAIT of those
    /// that are older than the watch is a lower bound, so the verdict is too.
    package func leaks(at now: UInt64) -> [LeakVerdict] {
        var waiting: [DwellGroup: [(dwell: UInt64, stack: StackTable.Number?)]] = [:]
        visit { life in
            guard life.state == .closeWait, let dwell = life.dwell(until: now),
                let group = group(of: life, owner: owner(of: life))
            else { return }
            waiting[group, default: []].append((dwell.nanoseconds, life.stack))
        }
        return waiting.compactMap { group, lives in verdict(group, lives) }.sorted { $0.overdue > $1.overdue }
    }

    func closeWaitPast(of group: DwellGroup) -> CloseWaitPast {
        let closed = dwells.histogram(of: group, in: .closeWait)
        var past = CloseWaitPast(basis: .closedNone, limit: Self.patience)
        guard let closed else { return past }
        (past.closed, past.slowest, past.usual) = (closed.count, closed.most, closed.quantile(0.99) ?? 0)
        if closed.count >= Self.leastClosed {
            past.basis = .closedOthers(count: closed.count, longest: closed.most)
            past.limit = max(Self.leastOverdue, closed.most.multipliedReportingOverflow(by: 1000).partialValue)
        }
        return past
    }

    private func verdict(
        _ group: DwellGroup, _ lives: [(dwell: UInt64, stack: StackTable.Number?)]
    ) -> LeakVerdict? {
        let past = closeWaitPast(of: group)
        let overdue = lives.filter { $0.dwell > past.limit }
        guard !overdue.isEmpty else { return nil }
        var places: [StackTable.Number?: Int] = [:]
        for life in overdue { places[life.stack, default: 0] += 1 }
        return LeakVerdict(
            group: group, basis: past.basis, waiting: lives.count, overdue: overdue.count,
            longest: (overdue.map(\.dwell).max() ?? 0) / 1000, limit: past.limit,
            places: places.map { LeakVerdict.Place(stack: $0.key.flatMap { stacks[$0] }, count: $0.value) }
                .sorted { $0.count > $1.count })
    }
}
