import GRDB

/// Asks the history, also while another process writes it. Each call sees the file as it is at that moment.
package struct HistoryReader: Sendable {
    let path: String
    private let queue: DatabaseQueue

    package init(path: String) throws(HistoryError) {
        let file = HistoryFile(path: path)
        self.path = file.path
        queue = try HistoryDatabase.openToRead(file)
    }

    func read<Result>(_ body: (Database) throws -> Result) throws(HistoryError) -> Result {
        do {
            return try queue.read(body)
        } catch {
            throw HistoryError(error, path: path)
        }
    }

    /// What there is: of which hosts, of which time, how much.
    package func summary() throws(HistoryError) -> HistorySummary {
        try read { db in
            func number(_ sql: String) throws -> Int64? { try Int64.fetchOne(db, sql: sql) }
            var summary = HistorySummary()
            summary.schema = Int(try number("PRAGMA user_version") ?? 0)
            summary.hosts = try String.fetchAll(db, sql: "SELECT DISTINCT name FROM host ORDER BY last_seen_us DESC")
            summary.firstMinute = try number(
                """
                SELECT min(m) FROM (SELECT min(minute) AS m FROM minute UNION SELECT min(minute) FROM ten_minutes
                  UNION SELECT min(minute) FROM hour)
                """)
            summary.lastMinute = try number(
                """
                SELECT max(m) FROM (SELECT max(minute) AS m FROM minute UNION SELECT max(minute) + 9 FROM ten_minutes
                  UNION SELECT max(minute) + 59 FROM hour)
                """)
            summary.lives = try number("SELECT count(*) FROM life") ?? 0
            summary.findings = try number("SELECT count(*) FROM finding") ?? 0
            summary.gaps = try number("SELECT count(*) FROM gap") ?? 0
            summary.actions = try number("SELECT count(*) FROM action") ?? 0
            summary.bytes = HistoryFile(path: path).byteCount
            return summary
        }
    }
}

package struct HistorySummary: Sendable, Equatable {
    package var schema = 0
    /// The latest first.
    package var hosts: [String] = []
    /// Minutes since 1970; `nil` where nothing was counted yet.
    package var firstMinute: Int64?
    package var lastMinute: Int64?
    package var lives: Int64 = 0
    package var findings: Int64 = 0
    package var gaps: Int64 = 0
    package var actions: Int64 = 0
    /// Of the file and its write-ahead log.
    package var bytes: Int64 = 0

    package init() {}

    package var isEmpty: Bool { firstMinute == nil && lives == 0 && findings == 0 && gaps == 0 && actions == 0 }
}

/// A stretch of time, both ends in microseconds since 1970.
package struct HistorySpan: Sendable, Hashable {
    package var from: Int64
    package var to: Int64

    package init(from: Int64, to: Int64) {
        self.from = from
        self.to = to
    }

    var minutes: ClosedRange<Int64> {
        let first = from.minute
        return first...max(first, to.minute)
    }
}

extension Int64 {
    /// The minute that a time in microseconds is in.
    var minute: Int64 { self / 60_000_000 }
}
