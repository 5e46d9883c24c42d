/// Finds a connection of one look by its cookie or its identity: open addressing over two flat arrays, because a `Dictionary` of 90,000
/// entries takes longer to build than all rules together.
struct CookieTable {
    private var keys: [UInt64]
    private var places: [Int32]
    private let mask: Int

    init(capacity: Int) {
        var slots = 16
        while slots < capacity * 2 { slots *= 2 }
        keys = Array(repeating: 0, count: slots)
        places = Array(repeating: -1, count: slots)
        mask = slots - 1
    }

    /// The first connection with a cookie wins; 0 is no cookie.
    mutating func insert(_ cookie: UInt64, at place: Int32) {
        guard cookie != 0 else { return }
        var slot = start(cookie)
        while keys[slot] != 0 {
            if keys[slot] == cookie { return }
            slot = (slot + 1) & mask
        }
        keys[slot] = cookie
        places[slot] = place
    }

    func find(_ cookie: UInt64) -> Int32? {
        guard cookie != 0 else { return nil }
        var slot = start(cookie)
        while keys[slot] != 0 {
            if keys[slot] == cookie { return places[slot] }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// Fibonacci hashing: cookies are handed out in order.
    private func start(_ cookie: UInt64) -> Int {
        Int(truncatingIfNeeded: (cookie &* 0x9e37_79b9_7f4a_7c15) >> 32) & mask
    }
}
