/// Finds the descriptors of a socket by its cookie or its inode: a hash table with open addressing, at most half full,
/// and a chain through the descriptors of one socket. Built by the thread that reads the descriptors, while the other
/// still reads sockets.
struct DescriptorIndex: Sendable {
    /// What is known of a key stands together: one look into memory, not two.
    private struct Slot {
        /// 0 is no key: neither a cookie nor an inode.
        var key: UInt64 = 0
        var first: UInt32 = 0
        var count: UInt32 = 0
    }

    /// The keys are cookies, or else inodes.
    let isByCookie: Bool
    private var slots: [Slot]
    /// By descriptor: the next one of the same socket.
    private var nexts: [UInt32]
    private let shift: UInt64

    private static let end = UInt32.max

    init(_ descriptors: [SocketDescriptor], byCookie: Bool) {
        isByCookie = byCookie
        var bits: UInt64 = 4
        while 1 << bits < descriptors.count * 2 { bits += 1 }
        shift = 64 - bits
        slots = [Slot](unsafeUninitializedCapacity: 1 << bits) { slots, count in
            UnsafeMutableRawBufferPointer(slots).preferHugePages()
            slots.initialize(repeating: Slot())
            count = slots.count
        }
        nexts = [UInt32](repeating: Self.end, count: descriptors.count)
        // Backwards, so that chains run forwards.
        for place in descriptors.indices.reversed() {
            let key = byCookie ? descriptors[place].cookie : UInt64(descriptors[place].inode)
            guard key != 0 else { continue }
            let slot = slot(of: key)
            let count = slots[slot].count
            if count > 0 { nexts[place] = slots[slot].first }
            slots[slot] = Slot(key: key, first: UInt32(place), count: count + 1)
        }
    }

    /// The first descriptor of a socket, and how many it has.
    func find(_ key: UInt64) -> (first: UInt32, count: UInt32)? {
        guard key != 0 else { return nil }
        let slot = slots[slot(of: key)]
        return slot.count == 0 ? nil : (slot.first, slot.count)
    }

    /// The next descriptor of the same socket.
    func next(_ descriptor: UInt32) -> UInt32? {
        let next = nexts[Int(descriptor)]
        return next == Self.end ? nil : next
    }

    /// The slot that holds the key, or the empty one where it would stand.
    private func slot(of key: UInt64) -> Int {
        var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> shift)
        while slots[slot].key != 0, slots[slot].key != key { slot = (slot + 1) & (slots.count - 1) }
        return slot
    }
}
