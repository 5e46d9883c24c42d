/// How fast a number grows, and how surely that is known.
///
/// The model: what comes and goes does so by chance around a steady rate, so the number is a walk with a drift. The rate is
/// the whole growth over the whole time. How far it can be off is told by how unevenly the time's parts grew, or, with two
/// looks only, by the noise of counting (what came and went, as independent events).
package struct Growth: Sendable, Hashable {
    package enum Method: String, Sendable {
        /// Two looks, seconds apart.
        case twoLooks = "two_looks"
        /// Counts of the last minutes, from the daemon.
        case record
    }

    /// How often the truth is between `low` and `high`.
    package static let confidence = 0.9

    package var perSecond: Double
    package var method: Method
    /// Over how long it was seen.
    package var seconds: Double
    /// Of the number, in a second.
    let variance: Double
    /// How many standard errors `confidence` is.
    let quantile: Double

    /// Standard error of `perSecond`.
    private var error: Double { (variance / seconds).squareRoot() }
    package var low: Double { perSecond - quantile * error }
    package var high: Double { perSecond + quantile * error }

    /// By two looks.
    /// - Parameters:
    ///   - net: what came, less what went.
    ///   - moved: what came and what went; `nil` where only the difference is known: it was that at least.
    ///   - seconds: between the looks, more than 0.
    package init(net: Double, moved: Double? = nil, seconds: Double) {
        perSecond = net / seconds
        method = .twoLooks
        self.seconds = seconds
        // Two more than were seen: that nothing moved once does not mean that nothing ever moves.
        variance = (max(moved ?? 0, net.magnitude) + 2) / seconds
        quantile = 1.645
    }

    /// By counts: at most ten parts of the last ten minutes, at least four.
    /// - Parameter times: seconds, ascending, as many as there are values.
    package init?(times: [Double], values: [Double]) {
        guard times.count == values.count, let end = times.last else { return nil }
        // Before its first one it was not there.
        let present = values.firstIndex { $0 > 0 } ?? values.count
        let first = max(present, times.firstIndex { $0 >= end - Self.longest } ?? 0)
        let intervals = times.count - 1 - first
        let parts = min(Self.mostParts, intervals)
        guard parts >= Self.leastParts else { return nil }
        let places = (0...parts).map { first + intervals * $0 / parts }
        let seconds = end - times[places[0]]
        guard seconds >= Self.shortest else { return nil }
        let rate = (values[places[parts]] - values[places[0]]) / seconds
        var squares = 0.0
        for (start, stop) in zip(places, places.dropFirst()) {
            let length = times[stop] - times[start]
            guard length > 0 else { return nil }
            let residual = values[stop] - values[start] - rate * length
            squares += residual * residual / length
        }
        perSecond = rate
        method = .record
        self.seconds = seconds
        // What comes regularly still comes in whole ones.
        variance = max(squares / Double(parts - 1), 1 / seconds)
        quantile = Self.student[parts - Self.leastParts]
    }

    private static let longest = 600.5
    private static let shortest = 30.0
    private static let leastParts = 4
    private static let mostParts = 10
    /// Student's t for 90 %, with 3 to 9 degrees of freedom.
    private static let student = [2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833]

    /// Seconds until `left` more have come, with the earliest and the latest that `confidence` allows: the rate can be off,
    /// and what will come is as uneven as what came. `latest` is `nil` where it need not come at all.
    func time(until left: Double) -> (earliest: Double, middle: Double, latest: Double?)? {
        guard perSecond > 0, left > 0 else { return nil }
        // (left − rate·t)² = quantile²·(variance·t + error²·t²): both times are its roots.
        let square = quantile * quantile
        let a = perSecond * perSecond - square * error * error
        let b = 2 * perSecond * left + square * variance
        let root = (b * b - 4 * a * left * left).squareRoot()
        guard root.isFinite else { return nil }
        return (2 * left * left / (b + root), left / perSecond, a > 0 ? (b + root) / (2 * a) : nil)
    }
}
