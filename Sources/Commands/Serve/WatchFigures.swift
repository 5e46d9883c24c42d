import Sockets
import TCP
import Watching

/// What the metrics say of the watch, counted at one moment.
struct WatchFigures: Sendable {
    struct DwellKey: Hashable, Sendable {
        var program: String
        var state: State
    }

    /// How long connections were in a state.
    struct Dwell: Sendable {
        /// Microseconds; ascending.
        static let bounds: [UInt64] = [
            1000, 10_000, 100_000, 1_000_000, 5_000_000, 15_000_000, 60_000_000, 300_000_000, 900_000_000,
            3_600_000_000, 21_600_000_000, 86_400_000_000,
        ]

        var counts = [UInt64](repeating: 0, count: bounds.count)
        var count: UInt64 = 0
        /// Microseconds.
        var sum: UInt64 = 0

        mutating func add(_ histogram: Histogram) {
            counts = zip(counts, histogram.counts(notAbove: Self.bounds)).map(+)
            count += histogram.count
            sum &+= histogram.sum
        }
    }

    static let zeros = [Int](repeating: 0, count: 12)

    /// Without eBPF: repeated looks, which miss what is short.
    var isByLooks = false
    var stream = StreamCounts()
    /// By the program's label: by the state's raw value.
    var connections: [String: [Int]] = [:]
    var dwells: [DwellKey: Dwell] = [:]
    var opened: UInt64 = 0
    var ended: [LifeEnding: UInt64] = [:]
    var corrections: UInt64 = 0
    var known = 0
    var bytes = 0
    /// What found no place in the tracker's tables, by the table.
    var leftOut: [(table: String, count: UInt64)] = []
}
