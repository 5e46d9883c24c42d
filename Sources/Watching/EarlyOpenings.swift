internal import Sockets

/// Openings of sockets that are not known yet: connect and listen are told right before their first transition, and a
/// look that is under way will tell of what was there before. Bounded: the oldest goes first, and is counted.
struct EarlyOpenings: Sendable {
    private static let most = 16_384

    private var openings: [UInt64: Opening] = [:]
    /// Cookies in the order in which they came; some were taken meanwhile.
    private var order: [UInt64] = []
    private var next = 0
    private(set) var forgotten: UInt64 = 0

    mutating func keep(_ opening: Opening) {
        if openings.updateValue(opening, forKey: opening.cookie) == nil { order.append(opening.cookie) }
        while openings.count > Self.most, next < order.count {
            if openings.removeValue(forKey: order[next]) != nil { forgotten += 1 }
            next += 1
        }
        // Half of it is behind us: give it back.
        if order.count > 2 * Self.most {
            order = order[next...].filter { openings[$0] != nil }
            next = 0
        }
    }

    func isKept(_ cookie: UInt64) -> Bool { !openings.isEmpty && openings[cookie] != nil }

    mutating func take(_ cookie: UInt64) -> Opening? {
        openings.isEmpty ? nil : openings.removeValue(forKey: cookie)
    }
}
