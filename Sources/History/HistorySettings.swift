/// How much is kept, and for how long.
package struct HistorySettings: Sendable, Equatable {
    /// Seconds that rows are kept, by what they are. The size bound goes before.
    package struct Retention: Sendable, Equatable {
        /// As minutes; then ten of them become one row.
        package var minutes: Int64 = 2 * 86_400
        /// As ten minutes; then six of them become one row, of the program and no more of the process.
        package var tenMinutes: Int64 = 14 * 86_400
        package var hours: Int64 = 365 * 86_400
        package var lives: Int64 = 30 * 86_400
        /// Findings that are over, and gaps.
        package var findings: Int64 = 365 * 86_400
        package var actions: Int64 = 365 * 86_400

        package init() {}
    }

    /// A bound for the file with its write-ahead log and that log's index.
    package var maximumBytes: Int64 = 500_000_000
    package var retention = Retention()
    /// Rows that may wait to be written; what comes when so many wait is not kept, and a gap says so.
    package var mostWaiting = 200_000
    /// Seconds between two transactions.
    package var interval = 1.0

    /// Less would hold next to nothing.
    package static let leastBytes: Int64 = 4_000_000

    package init() {}
}
