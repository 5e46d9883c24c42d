import TCP

/// What is due when: a heap with at most one deadline a slot, the earliest first. What is due at the same time comes in
/// the order of the slots, so that a run can be repeated.
struct DeadlineHeap: Sendable {
    struct Entry: Equatable, Sendable {
        var deadline: Instant
        var slot: Int

        static func < (left: Self, right: Self) -> Bool {
            left.deadline == right.deadline ? left.slot < right.slot : left.deadline < right.deadline
        }
    }

    private var entries: [Entry] = []
    /// Where each slot's entry stands in `entries`; -1: it has none.
    private var places: [Int] = []

    init() {}

    var first: Entry? { entries.first }
    var count: Int { entries.count }

    subscript(slot: Int) -> Instant? {
        guard slot < places.count, places[slot] >= 0 else { return nil }
        return entries[places[slot]].deadline
    }

    /// Sets, moves or removes the deadline of a slot.
    mutating func set(_ deadline: Instant?, slot: Int) {
        guard let deadline else { return remove(slot) }
        while places.count <= slot { places.append(-1) }
        let entry = Entry(deadline: deadline, slot: slot)
        if places[slot] < 0 {
            entries.append(entry)
            rise(entries.count - 1, entry)
        } else if entry < entries[places[slot]] {
            rise(places[slot], entry)
        } else {
            sink(places[slot], entry)
        }
    }

    private mutating func remove(_ slot: Int) {
        guard slot < places.count, places[slot] >= 0 else { return }
        let place = places[slot]
        places[slot] = -1
        let last = entries.removeLast()
        guard place < entries.count else { return }
        if place > 0, last < entries[(place - 1) / 2] { rise(place, last) } else { sink(place, last) }
    }

    /// Puts an entry at a free place, or above it.
    private mutating func rise(_ place: Int, _ entry: Entry) {
        var place = place
        while place > 0 {
            let parent = (place - 1) / 2
            guard entry < entries[parent] else { break }
            put(entries[parent], at: place)
            place = parent
        }
        put(entry, at: place)
    }

    /// Puts an entry at a free place, or below it.
    private mutating func sink(_ place: Int, _ entry: Entry) {
        var place = place
        while true {
            var child = 2 * place + 1
            guard child < entries.count else { break }
            if child + 1 < entries.count, entries[child + 1] < entries[child] { child += 1 }
            guard entries[child] < entry else { break }
            put(entries[child], at: place)
            place = child
        }
        put(entry, at: place)
    }

    private mutating func put(_ entry: Entry, at place: Int) {
        entries[place] = entry
        places[entry.slot] = place
    }
}
