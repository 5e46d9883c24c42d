import Sockets
import TCP

/// A key with a cheap hash. Keys come from the network, so `Census` mixes the process's random seed in.
protocol CensusKey: Equatable {
    var folded: UInt64 { get }
}

/// Counts how often each key occurs, in flat arrays: a `Dictionary` of 45,000 peers takes five times as long.
struct Census<Key: CensusKey> {
    private(set) var keys: [Key] = []
    private(set) var counts: [Int32] = []
    private var slots: [Int32]
    private var last: Int32 = -1

    init(_ expected: Int) { slots = Array(repeating: -1, count: Self.slots(for: min(expected, 1024))) }

    mutating func add(_ key: Key) {
        // Neighbours in a dump mostly share a key.
        if last >= 0, keys[Int(last)] == key {
            counts[Int(last)] += 1
            return
        }
        var slot = start(key)
        while slots[slot] >= 0 {
            let place = slots[slot]
            if keys[Int(place)] == key {
                counts[Int(place)] += 1
                last = place
                return
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        last = Int32(keys.count)
        slots[slot] = last
        keys.append(key)
        counts.append(1)
        if keys.count * 2 > slots.count { grow() }
    }

    /// The key that occurs most often; of equals the first.
    var top: (key: Key, count: Int)? {
        guard var best = counts.indices.first else { return nil }
        for place in counts.indices where counts[place] > counts[best] { best = place }
        return (keys[best], Int(counts[best]))
    }

    private mutating func grow() {
        slots = Array(repeating: -1, count: slots.count * 4)
        for place in keys.indices {
            var slot = start(keys[place])
            while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(place)
        }
    }

    private func start(_ key: Key) -> Int {
        let product = (key.folded ^ censusSeed).multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
        return Int(truncatingIfNeeded: product.high ^ product.low) & (slots.count - 1)
    }

    private static func slots(for count: Int) -> Int {
        var slots = 16
        while slots < count * 2 { slots *= 2 }
        return slots
    }
}

/// Random for each process, so that nobody can choose addresses that collide.
private let censusSeed = UInt64(truncatingIfNeeded: Hasher().finalize())

extension IPAddress: CensusKey {
    var folded: UInt64 { low ^ (high &* 0xff51_afd7_ed55_8ccd) }
}

extension Endpoint: CensusKey {
    var folded: UInt64 { address.folded ^ UInt64(port) << 40 }
}

extension Int32: CensusKey {
    var folded: UInt64 { UInt64(UInt32(bitPattern: self)) }
}
