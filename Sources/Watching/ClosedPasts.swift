internal import Sockets
internal import TCP

/// How long processes left connections in CLOSE_WAIT before they closed them, by listener or destination.
///
/// By process and not by program: one that ends closes all that it forgot, and its successor must not be measured by that.
/// For the same reason only those count that the process closed itself.
struct ClosedPasts: Sendable {
    struct Key: Hashable {
        var owner: ProcessIdentity?
        var way: DwellGroup.Way
    }

    struct Past: Sendable {
        var closed: UInt64 = 0
        /// Nanoseconds.
        var slowest: UInt64 = 0

        /// With fewer, the past says nothing.
        var isTelling: Bool { closed >= 20 }

        mutating func note(_ dwell: UInt64) { add(Past(closed: 1, slowest: dwell)) }

        mutating func add(_ other: Past) {
            closed += other.closed
            slowest = max(slowest, other.slowest)
        }
    }

    private static let most = 8192

    private var pasts: [Key: Past] = [:]

    subscript(key: Key) -> Past? { pasts[key] }

    /// - Parameter isKnown: a process still has connections; the past of others goes where there is no room.
    mutating func note(_ dwell: UInt64, _ key: Key, isKnown: (ProcessIdentity) -> Bool) {
        add(Past(closed: 1, slowest: dwell), key, isKnown: isKnown)
    }

    mutating func add(_ past: Past, _ key: Key, isKnown: (ProcessIdentity) -> Bool) {
        if pasts.count >= Self.most, pasts[key] == nil {
            pasts = pasts.filter { $0.key.owner.map(isKnown) ?? false }
            guard pasts.count < Self.most else { return }
        }
        pasts[key, default: Past()].add(past)
    }
}

extension Life {
    /// Nanoseconds in CLOSE_WAIT until its process closed it; `nil` where it did not, or that was not seen.
    var closedAfter: UInt64? {
        for index in 0..<Int(stateCount) where state(at: index) == .closeWait {
            let isLast = index == Int(stateCount) - 1
            let wasClosed = isLast ? ending == .resetHere : state(at: index + 1) == .lastAck
            return wasClosed ? dwell(at: index) : nil
        }
        return nil
    }
}
