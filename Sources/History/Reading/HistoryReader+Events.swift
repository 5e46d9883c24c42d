import GRDB

extension HistoryReader {
    /// That were there at some time of the span, the earliest first.
    package func findings(_ span: HistorySpan) throws(HistoryError) -> [FindingRow] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM finding WHERE first_seen_us <= ? AND ifnull(resolved_us, last_seen_us) >= ?
                    ORDER BY first_seen_us, id
                    """, arguments: [span.to, span.from]
            ).map { row in
                FindingRow(
                    key: row["key"], kind: row["kind"], severity: row["severity"], sentence: row["sentence"],
                    json: row["json"], firstSeen: row["first_seen_us"], lastSeen: row["last_seen_us"],
                    resolvedAt: row["resolved_us"])
            }
        }
    }

    /// That touch the span, the earliest first. Those of a kind that this Linger does not know are left out.
    package func gaps(_ span: HistorySpan) throws(HistoryError) -> [GapRow] {
        try read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM gap WHERE from_us <= ? AND to_us >= ? ORDER BY from_us, id",
                arguments: [span.to, span.from]
            ).compactMap { row in
                GapRow.Kind(rawValue: row["kind"]).map {
                    GapRow(from: row["from_us"], to: row["to_us"], kind: $0, count: row["count"], detail: row["detail"])
                }
            }
        }
    }

    /// The lines of the audit within the span, in their order.
    package func actions(_ span: HistorySpan) throws(HistoryError) -> [ActionRow] {
        try read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM action WHERE time_us BETWEEN ? AND ? ORDER BY id",
                arguments: [span.from, span.to]
            ).compactMap { row in
                ActionRow.Record(rawValue: row["record"]).map {
                    ActionRow(
                        time: row["time_us"], source: row["source"], run: row["run"], record: $0, json: row["json"])
                }
            }
        }
    }

    /// When the history was last written to, of any host; `nil` where it never was. A daemon that starts can tell from it
    /// how long none was running.
    package func lastSeen() throws(HistoryError) -> Int64? {
        try read { db in try Int64.fetchOne(db, sql: "SELECT max(last_seen_us) FROM host") }
    }
}
