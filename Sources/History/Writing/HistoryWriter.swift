import GRDB

/// Writes the history. Safe to be called from any thread; no call but `flush` and `close` waits for the disk.
///
/// Rows wait in memory and go into the file in one transaction a second at most. What was committed survives `kill -9`.
package final class HistoryWriter: Sendable {
    /// Opens the file, or makes one, and brings it up to date.
    ///
    /// - Parameter clock: microseconds since 1970.
    package init(
        path: String, host: HostRow, settings: HistorySettings = HistorySettings(),
        clock: @escaping @Sendable () -> Int64
    ) throws(HistoryError) {}

    /// Takes rows to be written soon.
    package func record(_ batch: HistoryBatch) {}

    /// Writes what waits, and returns when it is committed.
    package func flush() throws(HistoryError) {}

    /// Writes what waits, as far as that can be done, and closes the file. Nothing is recorded any more.
    package func close() {}

    package var status: HistoryStatus { HistoryStatus() }
}
