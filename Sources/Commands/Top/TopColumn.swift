import TCP

/// A column of the table of groups.
enum TopColumn: CaseIterable, Sendable {
    case name, total, closeWait, established, finWait, timeWait, syn, closing, queue, opened, closed, oldest

    /// Cells, its title included; the name takes what is left.
    var width: Int {
        switch self {
        case .name: Self.leastName
        case .total, .closeWait, .established, .finWait, .timeWait, .syn, .closing: 6
        case .opened, .closed: 7
        case .oldest: 8
        case .queue: 11
        }
    }

    private static let leastName = 17
    /// More would only tear names and numbers apart.
    private static let mostName = 40

    /// In which order they are left out where there is no room: the smallest first.
    private var worth: Int {
        switch self {
        case .closing: 0
        case .syn: 1
        case .timeWait: 2
        case .finWait: 3
        case .opened: 4
        case .closed: 5
        case .established: 6
        case .queue: 7
        case .oldest: 8
        case .total: 9
        case .closeWait: 10
        case .name: 11
        }
    }

    /// Those that fit, in their order; and how many cells the name has.
    static func fitting(_ columns: Int, _ grouping: TopGrouping) -> (columns: [TopColumn], name: Int) {
        var chosen = allCases.filter { $0 != .queue || grouping == .listener }
        func used() -> Int { chosen.reduce(0) { $0 + $1.width + 1 } - 1 }
        while used() > columns, chosen.count > 1, let least = chosen.min(by: { $0.worth < $1.worth }) {
            chosen.removeAll { $0 == least }
        }
        return (chosen, min(leastName + max(columns - used(), 0), mostName))
    }

    /// What groups are sorted by; `nil` is unknown.
    func value(_ group: TopGroup, _ rates: TopRates?) -> Double? {
        switch self {
        case .name: nil
        case .total: Double(group.total)
        case .closeWait: Double(group[.closeWait])
        case .established: Double(group[.established])
        case .finWait: Double(group.count(in: .finWait1, .finWait2))
        case .timeWait: Double(group[.timeWait])
        case .syn: Double(group.count(in: .synSent, .synReceived))
        case .closing: Double(group.count(in: .closing, .lastAck))
        case .queue: group.queue.map { Double($0.waiting) }
        case .opened: rates.map { $0.opened(group.rateKey) }
        case .closed: rates.map { $0.closed(group.rateKey) }
        case .oldest: group.oldest.milliseconds.map(Double.init)
        }
    }

    func text(_ group: TopGroup, _ rates: TopRates?) -> String {
        switch self {
        case .name: group.title
        case .opened, .closed: value(group, rates).map(TopText.rate) ?? "-"
        case .oldest: group.oldest.text
        case .queue: group.queue.map { "\($0.waiting)/\($0.backlog)" } ?? "-"
        default: value(group, rates).map { TopText.count(Int($0)) } ?? "-"
        }
    }

    /// Red where it should not be; dim where it is nothing.
    func style(_ group: TopGroup, _ rates: TopRates?) -> Style {
        switch self {
        case .name, .total: .plain
        case .closeWait: group[.closeWait] > 0 ? .red : .dim
        case .queue: group.queue.map { $0.waiting > 0 && $0.waiting >= $0.backlog ? .red : .plain } ?? .dim
        case .finWait, .syn, .closing: value(group, rates) ?? 0 > 0 ? .yellow : .dim
        case .established, .timeWait, .opened, .closed: value(group, rates) ?? 0 > 0 ? .plain : .dim
        case .oldest: group.oldest == .unknown ? .dim : .plain
        }
    }
}

/// What the columns are sorted by, and in which direction.
struct TopOrder<Key: Sendable & Equatable>: Sendable, Equatable {
    var key: Key
    var isDescending = true
}

extension TopGroup {
    /// In order; equal ones by their size, then by name, so that they do not change places.
    static func sorted(_ groups: [TopGroup], by order: TopOrder<TopColumn>, _ rates: TopRates?) -> [TopGroup] {
        let keyed = groups.map { ($0, order.key.value($0, rates)) }
        return keyed.sorted { left, right in
            if order.key == .name, left.0.title != right.0.title {
                return (left.0.title < right.0.title) != order.isDescending
            }
            switch (left.1, right.1) {
            case (let one?, let other?) where one != other: return (one > other) == order.isDescending
            case (nil, _?): return false
            case (_?, nil): return true
            default: break
            }
            return (right.0.total, left.0.title) < (left.0.total, right.0.title)
        }.map(\.0)
    }
}
