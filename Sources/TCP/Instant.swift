/// A duration in microseconds.
package typealias Microseconds = Int64

/// A point in time on a clock that only goes forward; where its zero lies does not matter. Nothing in `TCP` reads a clock:
/// time is always an argument.
package struct Instant: Hashable, Comparable, Sendable {
    package var microseconds: Int64

    @inlinable
    package init(microseconds: Int64) { self.microseconds = microseconds }

    @inlinable
    package static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }

    @inlinable
    package static func + (instant: Self, duration: Microseconds) -> Self {
        Self(microseconds: instant.microseconds + duration)
    }

    @inlinable
    package static func - (later: Self, earlier: Self) -> Microseconds { later.microseconds - earlier.microseconds }
}
