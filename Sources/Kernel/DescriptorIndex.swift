/// Finds the descriptors of a socket by its cookie or its inode: a hash table with open addressing, at most half full,
/// and a chain through the descriptors of one socket. Built by the thread that reads the descriptors, while the other
/// still reads sockets.
struct DescriptorIndex: Sendable {
    /// A key and its first descriptor stand together: one look into memory, not two.
    private struct Slot {
        /// 0 is no key: neither a cookie nor an inode.
        var key: UInt64 = 0
        var head: UInt32 = DescriptorIndex.end
    }

    private var slots: [Slot]
    /// By descriptor: the next one of the same socket.
    private var nexts: [UInt32]
    private let shift: UInt64

    private static let end = UInt32.max

    init(_ descriptors: [SocketDescriptor], byCookie: Bool) {
        var bits: UInt64 = 4
        while 1 << bits < descriptors.count * 2 { bits += 1 }
        shift = 64 - bits
        slots = [Slot](repeating: Slot(), count: 1 << bits)
        nexts = [UInt32](repeating: Self.end, count: descriptors.count)
        // Backwards, so that chains run forwards.
        for place in descriptors.indices.reversed() {
            let key = byCookie ? descriptors[place].cookie : UInt64(descriptors[place].inode)
            guard key != 0 else { continue }
            let slot = slot(of: key)
            nexts[place] = slots[slot].head
            slots[slot] = Slot(key: key, head: UInt32(place))
        }
    }

    /// The first descriptor of a socket.
    func first(_ key: UInt64) -> Int? {
        guard key != 0 else { return nil }
        let head = slots[slot(of: key)].head
        return head == Self.end ? nil : Int(head)
    }

    /// The next descriptor of the same socket.
    func next(_ descriptor: Int) -> Int? {
        nexts[descriptor] == Self.end ? nil : Int(nexts[descriptor])
    }

    /// The slot that holds the key, or the empty one where it would stand.
    private func slot(of key: UInt64) -> Int {
        var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> shift)
        while slots[slot].key != 0, slots[slot].key != key { slot = (slot + 1) & (slots.count - 1) }
        return slot
    }
}
