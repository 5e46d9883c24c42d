/// Lives by cookie. A life costs its own size and up to 32 bytes of index, whatever their number: they stand in blocks
/// that are never moved, and places of the dead are used again.
struct LifeStore: ~Copyable {
    /// Where a life stands while it is in the store.
    struct Place: BitwiseCopyable, Hashable, Sendable {
        fileprivate(set) var raw: UInt32
    }

    private static let blockShift: UInt32 = 12
    private static let blockSize = 1 << blockShift
    private static let none = UInt32.max
    /// A slot of the index whose life was taken out: the search goes on behind it.
    private static let removed = UInt32.max - 1

    /// Where a life stands, and a half of its cookie, so that a search need not go to each life that it passes.
    private struct Slot: BitwiseCopyable {
        var raw: UInt32
        var tag: UInt32

        static let none = Slot(raw: LifeStore.none, tag: 0)
    }

    private var blocks: [UnsafeMutablePointer<Life>] = []
    /// The first free place; a free place keeps the next one in its cookie.
    private var free = none
    private var index: UnsafeMutablePointer<Slot>
    private var indexSize: Int
    private var removedSlots = 0
    private(set) var count = 0

    init() {
        indexSize = 1 << 10
        index = .allocate(capacity: indexSize)
        index.update(repeating: .none, count: indexSize)
    }

    deinit {
        for block in blocks { block.deallocate() }
        index.deallocate()
    }

    /// Bytes that the store takes.
    var byteCount: Int {
        blocks.count * Self.blockSize * MemoryLayout<Life>.stride + indexSize * MemoryLayout<Slot>.size
    }

    /// Places that were ever used: an upper bound of every `Place`'s number.
    var places: Int { blocks.count * Self.blockSize }

    subscript(place: Place) -> Life {
        get { pointer(place.raw).pointee }
        nonmutating set { pointer(place.raw).pointee = newValue }
    }

    /// Changes a life where it stands.
    func update(_ place: Place, _ body: (inout Life) -> Void) { body(&pointer(place.raw).pointee) }

    func number(of place: Place) -> Int { Int(place.raw) }

    func place(of cookie: UInt64) -> Place? {
        let tag = UInt32(truncatingIfNeeded: cookie)
        var slot = home(cookie)
        while true {
            let found = index[slot]
            if found.raw == Self.none { return nil }
            if found.tag == tag, found.raw != Self.removed, pointer(found.raw).pointee.cookie == cookie {
                return Place(raw: found.raw)
            }
            slot = (slot + 1) & (indexSize - 1)
        }
    }

    /// - Precondition: no life of that cookie is in the store.
    mutating func insert(_ life: Life) -> Place {
        // At most three quarters full, the removed included.
        if (count + removedSlots + 1) * 4 > indexSize * 3 { rebuild() }
        let raw = takeFree()
        pointer(raw).pointee = life
        link(raw, life.cookie)
        count += 1
        return Place(raw: raw)
    }

    mutating func remove(_ place: Place) {
        let cookie = pointer(place.raw).pointee.cookie
        var slot = home(cookie)
        while index[slot].raw != place.raw {
            guard index[slot].raw != Self.none else { return }
            slot = (slot + 1) & (indexSize - 1)
        }
        // The end of a run need not be kept for those behind it.
        if index[(slot + 1) & (indexSize - 1)].raw == Self.none {
            index[slot] = .none
        } else {
            index[slot].raw = Self.removed
            removedSlots += 1
        }
        pointer(place.raw).pointee.cookie = UInt64(free)
        free = place.raw
        count -= 1
    }

    /// Every life, in no order. The body may not insert or remove.
    func visit(_ body: (Place) -> Void) {
        for slot in 0..<indexSize where index[slot].raw < Self.removed { body(Place(raw: index[slot].raw)) }
    }

    private func pointer(_ raw: UInt32) -> UnsafeMutablePointer<Life> {
        blocks[Int(raw >> Self.blockShift)] + (Int(raw) & (Self.blockSize - 1))
    }

    private mutating func takeFree() -> UInt32 {
        if free == Self.none { addBlock() }
        let raw = free
        free = UInt32(truncatingIfNeeded: pointer(raw).pointee.cookie)
        return raw
    }

    private mutating func addBlock() {
        let block = UnsafeMutablePointer<Life>.allocate(capacity: Self.blockSize)
        let first = UInt32(blocks.count) << Self.blockShift
        blocks.append(block)
        for offset in (0..<Self.blockSize).reversed() {
            (block + offset).initialize(to: .vacant(next: UInt64(free)))
            free = first + UInt32(offset)
        }
    }

    /// Makes room, and forgets the removed.
    private mutating func rebuild() {
        let old = (index, indexSize)
        while (count + 1) * 2 > indexSize { indexSize *= 2 }
        index = .allocate(capacity: indexSize)
        index.update(repeating: .none, count: indexSize)
        removedSlots = 0
        for slot in 0..<old.1 where old.0[slot].raw < Self.removed {
            link(old.0[slot].raw, pointer(old.0[slot].raw).pointee.cookie)
        }
        old.0.deallocate()
    }

    private mutating func link(_ raw: UInt32, _ cookie: UInt64) {
        var slot = home(cookie)
        while index[slot].raw < Self.removed { slot = (slot + 1) & (indexSize - 1) }
        if index[slot].raw == Self.removed { removedSlots -= 1 }
        index[slot] = Slot(raw: raw, tag: UInt32(truncatingIfNeeded: cookie))
    }

    /// Cookies are numbers in a row: multiplied, they spread (Fibonacci hashing).
    private func home(_ cookie: UInt64) -> Int {
        Int(truncatingIfNeeded: (cookie &* 0x9e37_79b9_7f4a_7c15) >> 32) & (indexSize - 1)
    }
}
