import GRDB

/// What becomes of rows with age: minutes become ten minutes, those become hours, and in the end all are deleted.
///
/// Each step is small and within a transaction of the caller's; stopped between two steps, nothing is counted twice.
struct Ageing {
    let retention: HistorySettings.Retention
    /// Rows that one step deletes of a table that is not merged.
    let slice: Int

    /// What a row becomes that meets another of the same time: the later one's count, the sum of what went on. Quantiles
    /// cannot be added: the largest is an upper bound of that of all.
    static let merge = """
        count = excluded.count, most = max(most, excluded.most), opened = opened + excluded.opened,
        closed = closed + excluded.closed, p50_us = max(ifnull(p50_us, excluded.p50_us), ifnull(excluded.p50_us, p50_us)),
        p90_us = max(ifnull(p90_us, excluded.p90_us), ifnull(excluded.p90_us, p90_us)),
        p99_us = max(ifnull(p99_us, excluded.p99_us), ifnull(excluded.p99_us, p99_us))
        """

    /// - Parameter now: microseconds since 1970.
    /// - Returns: false where nothing is old enough.
    func step(_ db: Database, now: Int64) throws -> Bool {
        let second = now / 1_000_000
        func minute(_ age: Int64) -> Int64 { (second - age) / 60 }
        func time(_ age: Int64) -> Int64 { now - age * 1_000_000 }
        if try gather(
            db, from: "minute", into: "ten_minutes", length: 10, before: minute(retention.minutes), Self.tenMinutes)
        {
            return true
        }
        if try gather(
            db, from: "ten_minutes", into: "hour", length: 60, before: minute(retention.tenMinutes), Self.hour)
        {
            return true
        }
        for (table, column, limit) in [
            ("hour", "minute", minute(retention.hours)), ("life", "ended_us", time(retention.lives)),
            ("finding", "last_seen_us", time(retention.findings)), ("gap", "to_us", time(retention.findings)),
            ("action", "time_us", time(retention.actions)),
        ] where try delete(db, from: table, where: column, isBelow: limit) { return true }
        return false
    }

    /// Gathers the oldest stretch, if all of it is old enough.
    private func gather(
        _ db: Database, from fine: String, into coarse: String, length: Int64, before limit: Int64, _ sql: String
    ) throws -> Bool {
        guard let oldest = try Int64.fetchOne(db, sql: "SELECT min(minute) FROM \(fine)") else { return false }
        let start = oldest - oldest % length
        guard start + length <= limit else { return false }
        if coarse == "hour" { try addPrograms(db, start, start + length) }
        try db.cachedStatement(sql: sql).execute(arguments: ["start": start, "end": start + length])
        try db.cachedStatement(sql: "DELETE FROM \(fine) WHERE minute < ?").execute(arguments: [start + length])
        return true
    }

    /// `count` is what it was at the last minute that is known of the stretch: 0 for those that were gone by then.
    private static let tenMinutes = """
        INSERT INTO ten_minutes
        SELECT :start, series, sum(iif(minute = (SELECT max(minute) FROM minute WHERE minute < :end), count, 0)),
          max(most), sum(opened), sum(closed), max(p50_us), max(p90_us), max(p99_us)
        FROM minute WHERE minute >= :start AND minute < :end GROUP BY series
        ON CONFLICT DO UPDATE SET \(merge)
        """

    /// Hours are kept by program: processes come and go, and would never become fewer.
    private static let hour = """
        INSERT INTO hour
        SELECT :start, id, sum(iif(minute = (SELECT max(minute) FROM ten_minutes WHERE minute < :end), count, 0)),
          max(most), sum(opened), sum(closed), max(p50), max(p90), max(p99)
        FROM (
          SELECT program.id, t.minute, sum(t.count) AS count, sum(t.most) AS most, sum(t.opened) AS opened,
            sum(t.closed) AS closed, max(t.p50_us) AS p50, max(t.p90_us) AS p90, max(t.p99_us) AS p99
          FROM ten_minutes t JOIN series s ON s.id = t.series
          JOIN series program ON program.process = 0 AND program.way = s.way AND program.state = s.state
            AND program.program = s.program AND program.netns = s.netns AND program.host = s.host
          WHERE t.minute >= :start AND t.minute < :end GROUP BY program.id, t.minute)
        GROUP BY id
        ON CONFLICT DO UPDATE SET \(merge)
        """

    private func addPrograms(_ db: Database, _ start: Int64, _ end: Int64) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO series (host, process, program, way, state, netns, used)
                SELECT DISTINCT host, 0, program, way, state, netns, :start FROM series
                WHERE id IN (SELECT series FROM ten_minutes WHERE minute >= :start AND minute < :end)
                ON CONFLICT DO UPDATE SET used = max(used, excluded.used)
                """
        ).execute(arguments: ["start": start, "end": end])
    }

    private func delete(
        _ db: Database, from table: String, where column: String, isBelow limit: Int64
    ) throws -> Bool {
        if table == "hour" {
            guard let oldest = try Int64.fetchOne(db, sql: "SELECT min(minute) FROM hour"), oldest < limit else {
                return false
            }
            try db.execute(sql: "DELETE FROM hour WHERE minute = ?", arguments: [oldest])
            return true
        }
        try db.cachedStatement(
            sql: """
                DELETE FROM \(table) WHERE id IN (
                  SELECT id FROM \(table) WHERE \(column) < ? ORDER BY \(column) LIMIT ?)
                """
        ).execute(arguments: [limit, slice])
        return db.changesCount > 0
    }

    /// Deletes names that no row uses any more. What was used a while ago is known to within `RowWriter.usedEvery`.
    static func sweep(_ db: Database) throws {
        let fine = try Int64.fetchOne(
            db,
            sql: "SELECT min(m) FROM (SELECT min(minute) AS m FROM minute UNION SELECT min(minute) FROM ten_minutes)")
        let oldest = try Int64.fetchOne(
            db, sql: "SELECT min(m) FROM (SELECT ? AS m UNION SELECT min(minute) FROM hour)", arguments: [fine])
        let life = try Int64.fetchOne(db, sql: "SELECT min(ended_us) / 60000000 FROM life")
        func limit(_ minutes: Int64?...) -> Int64 { (minutes.compactMap(\.self).min() ?? .max) - RowWriter.usedEvery }
        try db.execute(
            sql: "DELETE FROM series WHERE (process <> 0 AND used < ?) OR (process = 0 AND used < ?)",
            arguments: [limit(fine), limit(oldest)])
        try db.execute(
            sql: "DELETE FROM process WHERE used < ? AND id NOT IN (SELECT process FROM series)",
            arguments: [limit(life)])
        try db.execute(sql: "DELETE FROM way WHERE id NOT IN (SELECT way FROM series)")
        try db.execute(sql: "DELETE FROM text WHERE used < ?", arguments: [limit(life)])
    }
}
