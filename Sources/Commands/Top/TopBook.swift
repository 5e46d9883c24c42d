import Sockets
import TCP

/// What looks alone tell of time: since when each connection is in its state, at least, and how many are opened and closed.
struct TopBook {
    private struct Entry {
        var state: State
        /// Nanoseconds on the monotonic clock: it was in the state then, or before.
        var since: UInt64
        var isOpen: Bool
    }

    private var entries: [UInt64: Entry] = [:]
    private var before: TopSample?

    /// Files the ages, and returns what was opened and closed since the look before; `nil` for the first.
    mutating func take(_ sample: inout TopSample) -> TopRates? {
        let now = sample.monotonic
        var next: [UInt64: Entry] = [:]
        next.reserveCapacity(sample.connections.count)
        var rates = TopRates()
        var ages: [TopAge] = []
        ages.reserveCapacity(sample.connections.count)
        for (index, connection) in sample.connections.enumerated() {
            let known = connection.cookie == 0 ? nil : entries[connection.cookie]
            let told = connection.ageAtLeast.map { UInt64($0) * 1_000_000 }
            var since = told.map { now > $0 ? now - $0 : 0 } ?? now
            if let known, known.state == connection.state { since = min(since, known.since) }
            let isExact = connection.state == .timeWait && told != nil
            ages.append(
                connection.state == .listen
                    ? .unknown
                    : TopAge(isExact ? told.map { $0 / 1_000_000 } : (now - since) / 1_000_000, isExact: isExact))
            guard connection.cookie != 0 else { continue }
            next[connection.cookie] = Entry(state: connection.state, since: since, isOpen: connection.isOpen)
            if connection.isOpen, known?.isOpen != true {
                for key in sample.rateKeys(of: index) { rates.open(key) }
            }
        }
        defer {
            entries = next
            before = sample
            before?.report = nil
        }
        sample.ages = ages
        guard let before else { return nil }
        for (index, connection) in before.connections.enumerated()
        where connection.isOpen && connection.cookie != 0 && next[connection.cookie]?.isOpen != true {
            for key in before.rateKeys(of: index) { rates.close(key) }
        }
        rates.seconds = max(Double(now - min(now, before.monotonic)) / 1e9, 0.001)
        return rates
    }
}

extension Connection {
    /// Somebody uses it still: what the kernel carries on alone is closed.
    fileprivate var isOpen: Bool {
        switch state {
        case .listen, .closed, .timeWait: false
        case .established, .synSent, .synReceived, .finWait1, .finWait2, .closeWait, .lastAck, .closing:
            holding != .orphan && holding != .request
        }
    }
}

extension TopSample {
    /// The groups whose opened and closed connections it counts in.
    func rateKeys(of index: Int) -> [TopKey] {
        let connection = connections[index]
        var keys: [TopKey] = []
        for holder in rows.holders(of: connection) {
            let key = self.key(.process(rows.processIndex(holder)))
            if !keys.contains(key) { keys.append(key) }
        }
        if rows.listener(of: connection) != nil {
            keys.append(.port(inode(ofNamespace: connection.namespace), connection.local.port))
            keys.append(.client(connection.remote.address))
        } else {
            keys.append(.outgoing)
            keys.append(.remote(connection.remote))
        }
        return keys
    }
}

/// Rates of the last few looks together: one alone jumps.
struct TopRateWindow {
    private var parts: [TopRates] = []
    /// Seconds that are looked back.
    private static let span = 5.0

    mutating func add(_ rates: TopRates) -> TopRates {
        parts.append(rates)
        while parts.count > 1, parts.dropFirst().reduce(0, { $0 + $1.seconds }) >= Self.span { parts.removeFirst() }
        var sum = TopRates()
        sum.seconds = parts.reduce(0) { $0 + $1.seconds }
        for part in parts {
            for (key, counts) in part.counts {
                sum.counts[key, default: TopRates.Counts()].opened += counts.opened
                sum.counts[key, default: TopRates.Counts()].closed += counts.closed
            }
        }
        return sum
    }
}
