import History
import Sockets
import TCP
import Watching

/// What happened in the minute that goes on, by process, listener or destination, and state. Pure; bounded: what finds no
/// place is counted with `other`.
struct MinuteBook {
    private struct Key: Hashable {
        var process: ProcessIdentity?
        /// `nil`: all that found no place.
        var way: DwellGroup.Way?
        var namespace: UInt32
    }

    /// Of one key in one state.
    private struct Cell {
        var count = 0
        var entered = 0
        var left = 0
        var dwell = Histogram()

        var isEmpty: Bool { count == 0 && entered == 0 && left == 0 }
    }

    private static let mostKeys = 8192

    /// Where a key stands in `keys`; its cells in `cells` begin at twelve times that.
    private var places: [Key: Int] = [:]
    private var keys: [Key] = []
    /// By key, then by the state's raw value.
    private var cells: [Cell] = []
    /// Where the keys stand that were asked for last: what comes together mostly belongs together.
    private var recent: [Int] = []
    private var nextRecent = 0

    private static let states = 12
    private static let mostRecent = 4

    /// - Parameter dwell: nanoseconds, where they are known exactly.
    mutating func note(
        from old: State, to new: State, dwell: UInt64?, of life: Life, _ process: ProcessIdentity?,
        _ way: DwellGroup.Way?
    ) {
        guard old != new, let way else { return }
        let place = place(of: Key(process: process, way: way, namespace: life.namespace)) * Self.states
        if new != .closed { cells[place + Int(new.rawValue)].entered += 1 }
        guard old != .closed, old != .listen else { return }
        cells[place + Int(old.rawValue)].left += 1
        if let dwell { cells[place + Int(old.rawValue)].dwell.record(dwell / 1000) }
    }

    /// The rows of the minute; then the next one begins.
    /// - Parameter minute: since 1970.
    mutating func close(_ minute: Int64, _ tracker: Tracker) -> [MinuteRow] {
        tracker.visit { life in
            guard let group = tracker.group(of: life, owner: nil) else { return }
            let process = tracker.owner(of: life) ?? tracker.listener(of: life)
            let place = place(of: Key(process: process, way: group.way, namespace: life.namespace)) * Self.states
            cells[place + Int(life.state.rawValue)].count += 1
        }
        var rows: [MinuteRow] = []
        for (place, key) in keys.enumerated() {
            for state in State.allCases {
                let cell = cells[place * Self.states + Int(state.rawValue)]
                guard !cell.isEmpty else { continue }
                rows.append(
                    MinuteRow(
                        minute: minute, process: key.process, way: ConnectionWay(key.way), state: state,
                        namespace: key.namespace, count: Int64(cell.count), opened: Int64(cell.entered),
                        closed: Int64(cell.left), dwell: MinuteRow.Dwell(cell.dwell)))
            }
        }
        self = MinuteBook()
        return rows
    }

    private mutating func place(of key: Key) -> Int {
        for place in recent where keys[place] == key { return place }
        let place = places[key] ?? add(key)
        if recent.count < Self.mostRecent {
            recent.append(place)
        } else {
            recent[nextRecent] = place
            nextRecent = (nextRecent + 1) % Self.mostRecent
        }
        return place
    }

    private mutating func add(_ key: Key) -> Int {
        var key = key
        if keys.count >= Self.mostKeys {
            key = Key(process: nil, way: nil, namespace: 0)
            if let place = places[key] { return place }
        }
        places[key] = keys.count
        keys.append(key)
        cells += repeatElement(Cell(), count: Self.states)
        return keys.count - 1
    }
}

extension ConnectionWay {
    fileprivate init(_ way: DwellGroup.Way?) {
        switch way {
        case .listener(_, let port)?: self = .listener("*:\(port)")
        case .destination(let endpoint)?: self = .destination(endpoint.description)
        case nil: self = .other
        }
    }
}

extension MinuteRow.Dwell {
    fileprivate init?(_ histogram: Histogram) {
        func quantile(_ part: Double) -> Int64? { histogram.quantile(part).map { Int64(clamping: $0) } }
        guard let p50 = quantile(0.5), let p90 = quantile(0.9), let p99 = quantile(0.99) else { return nil }
        self.init(p50: p50, p90: p90, p99: p99)
    }
}
