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

    fileprivate struct Cell {
        var count = 0
        var entered = 0
        var left = 0
        var dwell = Histogram()

        var isEmpty: Bool { count == 0 && entered == 0 && left == 0 }
    }

    private static let mostKeys = 8192

    /// By the state's raw value.
    private var cells: [Key: [Cell]] = [:]

    /// - Parameter dwell: nanoseconds, where they are known exactly.
    mutating func note(
        from old: State, to new: State, dwell: UInt64?, of life: Life, _ process: ProcessIdentity?,
        _ way: DwellGroup.Way?
    ) {
        guard old != new, let way else { return }
        let key = key(process, way, life.namespace)
        // One search of the table for all of it.
        cells[key, default: Self.empty].note(from: old, to: new, dwell: dwell)
    }

    /// - Parameter process: that opened the group's connections, or listens.
    mutating func add(_ group: CourseTally.Group, _ process: ProcessIdentity?) {
        cells[key(process, group.way, group.namespace), default: Self.empty].add(group)
    }

    /// The rows of the minute; then the next one begins.
    /// - Parameter minute: since 1970.
    mutating func close(_ minute: Int64, _ tracker: Tracker) -> [MinuteRow] {
        tracker.visit { life in
            guard let group = tracker.group(of: life, owner: nil) else { return }
            let process = tracker.owner(of: life) ?? tracker.listener(of: life)
            let key = key(process, group.way, life.namespace)
            cells[key, default: Self.empty][Int(life.state.rawValue)].count += 1
        }
        var rows: [MinuteRow] = []
        for (key, states) in cells {
            for state in State.allCases {
                let cell = states[Int(state.rawValue)]
                guard !cell.isEmpty else { continue }
                rows.append(
                    MinuteRow(
                        minute: minute, process: key.process, way: ConnectionWay(key.way), state: state,
                        namespace: key.namespace, count: Int64(cell.count), opened: Int64(cell.entered),
                        closed: Int64(cell.left), dwell: MinuteRow.Dwell(cell.dwell)))
            }
        }
        cells.removeAll(keepingCapacity: cells.count < 1024)
        return rows
    }

    private static let empty = [Cell](repeating: Cell(), count: 12)

    private func key(_ process: ProcessIdentity?, _ way: DwellGroup.Way, _ namespace: UInt32) -> Key {
        let key = Key(process: process, way: way, namespace: namespace)
        if cells.count < Self.mostKeys || cells[key] != nil { return key }
        return Key(process: nil, way: nil, namespace: 0)
    }
}

extension [MinuteBook.Cell] {
    fileprivate mutating func add(_ group: CourseTally.Group) {
        for state in State.allCases {
            let stay = group[state]
            self[Int(state.rawValue)].entered += stay.entered
            self[Int(state.rawValue)].left += stay.left
            self[Int(state.rawValue)].dwell.add(stay.dwell)
        }
    }

    fileprivate mutating func note(from old: State, to new: State, dwell: UInt64?) {
        if new != .closed { self[Int(new.rawValue)].entered += 1 }
        guard old != .closed, old != .listen else { return }
        self[Int(old.rawValue)].left += 1
        if let dwell { self[Int(old.rawValue)].dwell.record(dwell / 1000) }
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
