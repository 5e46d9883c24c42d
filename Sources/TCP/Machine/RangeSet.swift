/// A few ranges of sequence numbers that do not touch each other, the latest changed first: what arrived out of order
/// (the order is then that of RFC 2018, section 4, SACK blocks), or what the peer has reported by SACK.
///
/// It holds eight; a ninth is refused, which TCP allows: the bytes come again. No heap.
struct RangeSet: Equatable, Sendable {
    static let capacity = 8
    private(set) var count = 0
    private var ranges = InlineArray<8, SequenceRange>(repeating: SequenceRange(start: SequenceNumber(0), count: 0))

    static func == (left: Self, right: Self) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where left.ranges[index] != right.ranges[index] { return false }
        return true
    }

    var isEmpty: Bool { count == 0 }

    subscript(index: Int) -> SequenceRange { ranges[index] }

    /// Takes a range in, joined with those that it overlaps or touches. `false`, and nothing changed, when it would be one
    /// too many.
    mutating func insert(_ range: SequenceRange) -> Bool {
        guard !range.isEmpty else { return true }
        var joined = range
        var kept = 0
        var joins = false
        for index in 0..<count where touches(ranges[index], range) { joins = true }
        guard joins || count < Self.capacity else { return false }
        var others = InlineArray<8, SequenceRange>(repeating: range)
        for index in 0..<count {
            let other = ranges[index]
            if touches(other, range) {
                if other.start < joined.start { joined.start = other.start }
                if other.end > joined.end { joined.end = other.end }
            } else {
                others[kept] = other
                kept += 1
            }
        }
        ranges[0] = joined
        for index in 0..<kept { ranges[index + 1] = others[index] }
        count = kept + 1
        return true
    }

    private func touches(_ left: SequenceRange, _ right: SequenceRange) -> Bool {
        left.start <= right.end && right.start <= left.end
    }

    /// Forgets all that lies before `number`.
    mutating func remove(before number: SequenceNumber) {
        var kept = 0
        for index in 0..<count where ranges[index].end > number {
            var range = ranges[index]
            if range.start < number { range.start = number }
            ranges[kept] = range
            kept += 1
        }
        count = kept
    }

    mutating func removeAll() { count = 0 }

    /// The range that has `number` in it.
    func range(holding number: SequenceNumber) -> SequenceRange? {
        for index in 0..<count where ranges[index].start <= number && number < ranges[index].end {
            return ranges[index]
        }
        return nil
    }

    /// Where the next range at or after `number` begins.
    func start(from number: SequenceNumber) -> SequenceNumber? {
        var found: SequenceNumber?
        for index in 0..<count where ranges[index].start >= number {
            if let known = found, known <= ranges[index].start { continue }
            found = ranges[index].start
        }
        return found
    }

    /// The end of the last range.
    var end: SequenceNumber? {
        guard count > 0 else { return nil }
        var end = ranges[0].end
        for index in 1..<max(count, 1) where ranges[index].end > end { end = ranges[index].end }
        return end
    }

    /// How many numbers of `start ..< end` are in the set.
    func count(from start: SequenceNumber, to end: SequenceNumber) -> Int {
        var sum = 0
        for index in 0..<count {
            let low = ranges[index].start < start ? start : ranges[index].start
            let high = ranges[index].end > end ? end : ranges[index].end
            if high > low { sum += high - low }
        }
        return sum
    }

    /// The first part of `range` that is here already (RFC 2883 reports it).
    func overlap(with range: SequenceRange) -> SequenceRange? {
        var found: SequenceRange?
        for index in 0..<count {
            let start = ranges[index].start < range.start ? range.start : ranges[index].start
            let end = ranges[index].end > range.end ? range.end : ranges[index].end
            guard start < end else { continue }
            if let known = found, known.start <= start { continue }
            found = SequenceRange(start: start, end: end)
        }
        return found
    }
}
