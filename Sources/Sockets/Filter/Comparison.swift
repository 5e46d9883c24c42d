/// An operator between a condition and its value.
package enum Comparison: String, Sendable, Hashable, CaseIterable {
    case equal = "=", notEqual = "!=", atLeast = ">=", atMost = "<=", above = ">", below = "<"

    /// `ss` has a word or two for each.
    init?(word: String) {
        switch word {
        case "eq": self = .equal
        case "ne", "neq": self = .notEqual
        case "ge", "geq": self = .atLeast
        case "le", "leq": self = .atMost
        case "gt": self = .above
        case "lt": self = .below
        default: return nil
        }
    }
}

/// A comparison with a number, as the range that it accepts: quick to test, and an empty one (`> 65535`) is no special case.
struct NumberTest: Sendable, Hashable {
    private var lower: UInt64
    private var upper: UInt64
    private var inverted = false

    init(_ comparison: Comparison, _ value: UInt64) {
        (lower, upper) = (value, value)
        switch comparison {
        case .equal: break
        case .notEqual: inverted = true
        case .atLeast: upper = .max
        case .atMost: lower = 0
        case .above: (lower, upper) = value == .max ? (1, 0) : (value + 1, .max)
        case .below: (lower, upper) = value == 0 ? (1, 0) : (0, value - 1)
        }
    }

    /// Unknown is accepted by no comparison, `!=` included.
    func accepts(_ value: (some FixedWidthInteger & UnsignedInteger)?) -> Bool {
        guard let value else { return false }
        let number = UInt64(value)
        return (number >= lower && number <= upper) != inverted
    }

    /// Whether it accepts the number and every larger one: what is known of a lower bound is that it can be more.
    func acceptsAll(from value: (some FixedWidthInteger & UnsignedInteger)?) -> Bool {
        guard let value else { return false }
        let number = UInt64(value)
        return inverted ? number > upper : number >= lower && upper == .max
    }

    /// The part of a range of ports in which all numbers lie that it accepts; the range itself where there is no such
    /// part: what is never true is left to the test.
    func bounds(within range: ClosedRange<UInt16>) -> ClosedRange<UInt16> {
        guard !inverted else { return range }
        let first = max(UInt64(range.lowerBound), lower)
        let last = min(UInt64(range.upperBound), upper)
        return first <= last ? UInt16(first)...UInt16(last) : range
    }
}
