/// Timers in the order in which they are due: a binary heap.
struct TimerQueue: Sendable {
    struct Entry: BitwiseCopyable, Sendable {
        var due: UInt64
        var cookie: UInt64
    }

    private var heap: [Entry] = []

    var count: Int { heap.count }
    var byteCount: Int { heap.capacity * MemoryLayout<Entry>.stride }

    mutating func insert(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].due < heap[parent].due else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// The earliest one that is due by now.
    mutating func popDue(_ now: UInt64) -> Entry? {
        guard let first = heap.first, first.due <= now else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].due < heap[least].due { least = child }
            }
            if least == parent { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
