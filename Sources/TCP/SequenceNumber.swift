/// A place in one direction's stream of bytes, modulo 2^32 (RFC 9293, section 3.4).
///
/// Numbers are compared by the shorter way around the circle, so `<` is meaningful only between numbers that are less than
/// 2^31 apart, as all numbers of one connection are. It is not transitive: that is why this is not `Comparable`.
package struct SequenceNumber: Hashable, Sendable, RawRepresentable {
    package var rawValue: UInt32

    @inlinable
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    @inlinable
    package init(_ rawValue: UInt32) { self.rawValue = rawValue }

    /// `count` bytes further on.
    @inlinable
    package static func + (number: Self, count: Int) -> Self {
        Self(number.rawValue &+ UInt32(truncatingIfNeeded: count))
    }

    /// `count` bytes back.
    @inlinable
    package static func - (number: Self, count: Int) -> Self {
        Self(number.rawValue &- UInt32(truncatingIfNeeded: count))
    }

    @inlinable
    package static func += (number: inout Self, count: Int) { number = number + count }

    /// How many bytes `earlier` lies behind `later`; negative when it lies before it (-2^31 ..< 2^31).
    @inlinable
    package static func - (later: Self, earlier: Self) -> Int {
        Int(Int32(bitPattern: later.rawValue &- earlier.rawValue))
    }

    @inlinable
    package static func < (left: Self, right: Self) -> Bool { left - right < 0 }

    @inlinable
    package static func <= (left: Self, right: Self) -> Bool { left - right <= 0 }

    @inlinable
    package static func > (left: Self, right: Self) -> Bool { left - right > 0 }

    @inlinable
    package static func >= (left: Self, right: Self) -> Bool { left - right >= 0 }
}

/// Bytes `start ..< end` of a stream; empty when both are the same.
package struct SequenceRange: Hashable, Sendable {
    package var start: SequenceNumber
    package var end: SequenceNumber

    @inlinable
    package init(start: SequenceNumber, end: SequenceNumber) {
        self.start = start
        self.end = end
    }

    @inlinable
    package init(start: SequenceNumber, count: Int) {
        self.start = start
        self.end = start + count
    }

    @inlinable
    package var count: Int { end - start }

    @inlinable
    package var isEmpty: Bool { start == end }
}
