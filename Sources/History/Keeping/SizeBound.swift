import GRDB

/// Shares of the size bound, in pages of the file.
struct SizeBound: Sendable {
    static let pageSize: Int64 = 4096
    /// Pages of the log for one page of its index, at least.
    private static let indexBytes: Int64 = 131_072

    /// For the write-ahead log: it never grows beyond.
    let logBytes: Int64
    /// For the file itself; SQLite holds to it (`max_page_count`).
    let pages: Int64
    /// Pages that one transaction may make or change: it fits into the log four times.
    let transactionPages: Int64

    init(maximumBytes: Int64) {
        let bytes = max(maximumBytes, HistorySettings.leastBytes)
        logBytes = min(bytes / 4, 32_000_000)
        pages = (bytes - logBytes - Self.indexBytes) / Self.pageSize
        transactionPages = logBytes / 4 / Self.pageSize
    }

    /// Rows that one step may delete: each can change a page of its own in the table and in two indices.
    var slice: Int { Int(transactionPages / 3) }

    /// The log is so long that the next transaction could leave its share.
    var logLimit: Int64 { logBytes - transactionPages * (Self.pageSize + 24) - 4096 }

    /// Pages that hold something.
    static func used(_ db: Database) throws -> Int64 {
        let all = try Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        return all - (try Int64.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0)
    }

    // MARK: Dropping

    /// What a life takes with its places in the indices, about (docs/history.md has the measurement).
    private static let bytesPerLife: Int64 = 180
    private static let levels = ["hour", "ten_minutes", "minute"]

    /// Deletes a slice of the oldest rows, of lives if they take more than half of the room, else of counts; when there
    /// are none, of findings that are over, gaps and actions.
    ///
    /// - Returns: what was deleted, and of which time; `nil` where there is nothing more to delete.
    func dropOldest(_ db: Database) throws -> GapRow? {
        let lives = try Int64.fetchOne(db, sql: "SELECT max(id) - min(id) + 1 FROM life") ?? 0
        let takeMost = lives * Self.bytesPerLife > (try Self.used(db)) * Self.pageSize / 2
        if takeMost, let dropped = try dropLives(db) { return dropped }
        for level in Self.levels {
            if let dropped = try dropCounts(db, level) { return dropped }
        }
        if let dropped = try dropLives(db) { return dropped }
        for (table, column, condition) in [
            ("gap", "to_us", "TRUE"), ("finding", "last_seen_us", "resolved_us IS NOT NULL"),
            ("action", "time_us", "TRUE"),
        ] {
            if let dropped = try drop(db, table, column, condition) { return dropped }
        }
        return nil
    }

    private func dropLives(_ db: Database) throws -> GapRow? { try drop(db, "life", "ended_us", "TRUE") }

    private func drop(_ db: Database, _ table: String, _ column: String, _ condition: String) throws -> GapRow? {
        // Rows that came together may be of one time: they go by their numbers.
        let oldest =
            "SELECT id, \(column) AS time FROM \(table) WHERE \(condition) ORDER BY \(column), id LIMIT \(slice)"
        guard let row = try Row.fetchOne(db, sql: "SELECT min(time), max(time), count(*) FROM (\(oldest))"),
            let from = row[0] as Int64?, let to = row[1] as Int64?
        else { return nil }
        try db.execute(sql: "DELETE FROM \(table) WHERE id IN (SELECT id FROM (\(oldest)))")
        return GapRow(from: from, to: to, kind: .sizeBound, count: row[2], detail: table)
    }

    private func dropCounts(_ db: Database, _ level: String) throws -> GapRow? {
        guard let bounds = try Row.fetchOne(db, sql: "SELECT min(minute), max(minute) FROM \(level)"),
            let oldest = bounds[0] as Int64?, let newest = bounds[1] as Int64?
        else { return nil }
        let next = try Row.fetchOne(
            db, sql: "SELECT minute, series FROM \(level) ORDER BY minute, series LIMIT 1 OFFSET ?", arguments: [slice])
        if let next {
            try db.execute(
                sql: "DELETE FROM \(level) WHERE (minute, series) < (?, ?)",
                arguments: [next[0] as Int64, next[1] as Int64])
        } else {
            try db.execute(sql: "DELETE FROM \(level)")
        }
        let last = next.map { $0[0] as Int64 } ?? newest
        return GapRow(
            from: oldest * 60_000_000, to: last * 60_000_000, kind: .sizeBound, count: Int64(db.changesCount),
            detail: "counts")
    }
}
