package import Sockets
internal import TCP

/// A daemon's recollection beside the look that it belongs to.
struct Record {
    let recollection: Recollection
    /// What is remembered of connection n in the state that it is in; -1 for nothing.
    private let memoryOf: [Int32]

    /// `nil` where it is another moment's, or told by another clock.
    init?(_ recollection: Recollection?, of now: Snapshot) {
        guard let recollection, Diagnosis.canUse(recollection, with: now) else { return nil }
        self.recollection = recollection
        var table = CookieTable(capacity: recollection.connections.count)
        for (index, memory) in recollection.connections.enumerated() { table.insert(memory.cookie, at: Int32(index)) }
        memoryOf = now.connections.map { connection in
            guard let place = table.find(connection.cookie),
                recollection.connections[Int(place)].state == connection.state
            else { return -1 }
            return place
        }
    }

    func memory(_ index: Int32) -> Recollection.Memory? {
        let place = memoryOf[Int(index)]
        return place >= 0 ? recollection.connections[Int(place)] : nil
    }

    /// Milliseconds that the daemon has watched.
    var watched: UInt64 {
        recollection.time > recollection.since ? (recollection.time - recollection.since) / 1_000_000 : 0
    }

    /// How many there were over the last minutes, of one process or several, or of a namespace.
    /// - Parameters:
    ///   - state: `nil` for all that have a descriptor.
    ///   - now: how many the look sees. Where the daemon counted others than these, it says nothing about them.
    func growth(of subjects: [Recollection.Counts.Subject], in state: State?, now: Int) -> Growth? {
        let counts = recollection.counts
        guard let last = counts.times.last, recollection.time >= last, recollection.time - last < Self.stale else {
            return nil
        }
        var values = [Double](repeating: 0, count: counts.times.count)
        for series in counts.series where series.state == state && subjects.contains(series.subject) {
            for (place, value) in series.values.enumerated() where place < values.count {
                values[place] += Double(value)
            }
        }
        guard let latest = values.last, abs(latest - Double(now)) <= max(5, 0.2 * Double(now)) else { return nil }
        let first = counts.times[0]
        return Growth(times: counts.times.map { Double($0 - first) / 1e9 }, values: values)
    }

    func process(_ record: ProcessRecord) -> Recollection.Counts.Subject? {
        guard let ticks = record.startTicks else { return nil }
        return recollection.processes.firstIndex(of: ProcessIdentity(pid: record.pid, startTicks: ticks, command: ""))
            .map { .process($0) }
    }

    /// Nanoseconds after which the counts are of another time.
    private static let stale: UInt64 = 60_000_000_000
}

extension Diagnosis {
    /// The recollection was made close to the look, by the same clock.
    package static func canUse(_ recollection: Recollection, with now: Snapshot) -> Bool {
        let made = recollection.time / 1_000_000
        return made <= now.monotonic + mostApart && now.monotonic <= made + mostApart
            && recollection.since <= recollection.time
    }

    /// Milliseconds.
    private static let mostApart: UInt64 = 120_000
}
