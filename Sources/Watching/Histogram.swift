/// How often which value came, each kept to within 1/32 of itself (log-linear buckets, as HdrHistogram has them; see
/// docs/decisions/0007).
///
/// Values below 64 are exact. Memory: 4 bytes for each bucket between the smallest and the largest value, 7.5 KB if they
/// lie as far apart as numbers go.
package struct Histogram: Sendable, Equatable {
    private static let precision = 5

    package private(set) var count: UInt64 = 0
    package private(set) var least: UInt64 = .max
    package private(set) var most: UInt64 = 0
    /// Of all values; wraps around where they are too many for it.
    package private(set) var sum: UInt64 = 0
    /// Counts from bucket `first` on.
    private var buckets: [UInt32] = []
    private var first = 0

    package init() {}

    package mutating func record(_ value: UInt64) {
        count += 1
        least = min(least, value)
        most = max(most, value)
        sum &+= value
        let index = Self.bucket(of: value)
        reach(index)
        add(1, at: index - first)
    }

    /// Adds all values of another.
    package mutating func add(_ other: Histogram) {
        guard other.count > 0 else { return }
        count += other.count
        least = min(least, other.least)
        most = max(most, other.most)
        sum &+= other.sum
        reach(other.first)
        reach(other.first + other.buckets.count - 1)
        for (offset, number) in other.buckets.enumerated() { add(number, at: other.first + offset - first) }
    }

    /// Makes room for a bucket.
    private mutating func reach(_ index: Int) {
        if buckets.isEmpty { first = index }
        if index < first {
            buckets.insert(contentsOf: repeatElement(0, count: first - index), at: 0)
            first = index
        } else if index >= first + buckets.count {
            buckets.append(contentsOf: repeatElement(0, count: index - first - buckets.count + 1))
        }
    }

    private mutating func add(_ number: UInt32, at place: Int) {
        let (sum, overflow) = buckets[place].addingReportingOverflow(number)
        buckets[place] = overflow ? .max : sum
    }

    /// The smallest value that at least this part of all values does not exceed: never below the true one, and at most
    /// 1/32 above it; `nil` for none.
    /// - Parameter part: 0.5 for the median.
    package func quantile(_ part: Double) -> UInt64? {
        guard count > 0 else { return nil }
        let wanted = max(1, min(count, UInt64((part * Double(count)).rounded(.up))))
        var passed: UInt64 = 0
        for (offset, number) in buckets.enumerated() {
            passed += UInt64(number)
            if passed >= wanted { return min(most, Self.upperBound(of: first + offset)) }
        }
        return most
    }

    /// How many values are not above each bound: never more than there are, and what lies up to 1/32 below a bound may be
    /// missing.
    /// - Parameter bounds: ascending.
    package func counts(notAbove bounds: [UInt64]) -> [UInt64] {
        var counts: [UInt64] = []
        var passed: UInt64 = 0
        var next = 0
        for bound in bounds {
            while next < buckets.count, Self.upperBound(of: first + next) <= bound {
                passed += UInt64(buckets[next])
                next += 1
            }
            counts.append(bound >= most ? count : passed)
        }
        return counts
    }

    private static func bucket(of value: UInt64) -> Int {
        let exponent = 63 - (value | 1).leadingZeroBitCount
        guard exponent > precision else { return Int(value) }
        let shift = exponent - precision
        // Each power of two has 32 buckets: behind the exact ones of 0 to 63.
        return (shift + 1) << precision + Int(value >> UInt64(shift)) & ((1 << precision) - 1)
    }

    private static func upperBound(of bucket: Int) -> UInt64 {
        guard bucket >= 2 << precision else { return UInt64(bucket) }
        let shift = bucket >> precision - 1
        let mantissa = UInt64(1 << precision + bucket & ((1 << precision) - 1))
        return (mantissa << UInt64(shift)) | (1 << UInt64(shift) - 1)
    }
}
