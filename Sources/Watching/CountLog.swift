internal import Sockets
internal import TCP

/// How many connections each process had in each state, counted every ten seconds over the last quarter of an hour. What
/// grows, and how surely, is told by it.
///
/// Bounded: the largest series of each count are kept, as `mostSeries` has it.
package struct CountLog: Sendable {
    /// Nanoseconds between two counts.
    package static let interval: UInt64 = 10_000_000_000
    private static let most = 91
    private static let mostSeries = 512

    private enum Subject: Hashable {
        case process(ProcessIdentity)
        case namespace(UInt32)
    }

    private struct Key: Hashable {
        var subject: Subject
        var state: State?
    }

    private var counted: [(time: UInt64, values: [Key: UInt32])] = []

    package init() {}

    /// It is time to count.
    package func isDue(at now: UInt64) -> Bool { counted.last.map { now >= $0.time + Self.interval } ?? true }

    /// Counts, where it is time to. Goes over all lives: 12 ms for 100,000.
    package mutating func note(_ tracker: Tracker, at now: UInt64) {
        guard isDue(at: now) else { return }
        // Flat arrays, by owner and by namespace in the order in which they come: neighbours mostly share one.
        var owned = [UInt32](repeating: 0, count: tracker.owners.places * Self.states)
        var placed: [UInt32] = []
        var namespaces: [UInt32] = []
        tracker.visit { life in
            guard life.state != .listen else { return }
            let state = Int(life.state.rawValue)
            if let owner = life.owner { owned[Int(owner.raw) * Self.states + state] += 1 }
            var place = namespaces.lastIndex(of: life.namespace) ?? namespaces.count
            if place == namespaces.count, place < Self.mostNamespaces {
                namespaces.append(life.namespace)
                placed += repeatElement(0, count: Self.states)
            }
            place *= Self.states
            if place < placed.count { placed[place + state] += 1 }
        }
        var values: [Key: UInt32] = [:]
        for number in 0..<tracker.owners.places {
            let states = owned[number * Self.states..<(number + 1) * Self.states]
            guard states.contains(where: { $0 > 0 }),
                let process = tracker.owners[OwnerTable.Number(raw: UInt32(number))]
            else { continue }
            Self.add(states, of: .process(process), to: &values)
        }
        for (number, namespace) in namespaces.enumerated() {
            let states = placed[number * Self.states..<(number + 1) * Self.states]
            Self.add(states, of: .namespace(namespace), to: &values)
        }
        if values.count > Self.mostSeries {
            values = Dictionary(
                uniqueKeysWithValues: values.sorted { $0.value > $1.value }.prefix(Self.mostSeries).map {
                    ($0.key, $0.value)
                })
        }
        if counted.count == Self.most { counted.removeFirst() }
        counted.append((now, values))
    }

    private static let states = 12
    private static let mostNamespaces = 64
    /// States whose sockets a process can hold.
    private static let held: [State] = [
        .established, .synSent, .synReceived, .finWait1, .finWait2, .closeWait, .lastAck, .closing,
    ]

    private static func add(_ states: ArraySlice<UInt32>, of subject: Subject, to values: inout [Key: UInt32]) {
        func count(_ state: State) -> UInt32 { states[states.startIndex + Int(state.rawValue)] }
        values[Key(subject: subject, state: nil)] = held.reduce(0) { $0 + count($1) }
        for state in State.allCases where count(state) > 0 {
            values[Key(subject: subject, state: state)] = count(state)
        }
    }

    /// The series of what was there at the last count; 0 at earlier ones where it was not, or was not among the largest.
    /// - Parameter number: of a process in the recollection.
    func series(_ number: (ProcessIdentity) -> Int) -> Recollection.Counts {
        var counts = Recollection.Counts(times: counted.map(\.time))
        guard let last = counted.last else { return counts }
        for key in last.values.keys {
            let subject: Recollection.Counts.Subject =
                switch key.subject {
                case .process(let process): .process(number(process))
                case .namespace(let inode): .namespace(inode)
                }
            counts.series.append(
                Recollection.Counts.Series(
                    subject: subject, state: key.state, values: counted.map { $0.values[key] ?? 0 }))
        }
        return counts
    }
}
