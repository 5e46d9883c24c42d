import GRDB
internal import TCP

/// Connections in CLOSE_WAIT of one program through one listener or to one destination, over a stretch of time.
package struct LeakLine: Sendable, Equatable {
    /// Where unusual lives of the program were opened.
    package struct Place: Sendable, Equatable {
        /// Lines of the stack, the innermost first.
        package var stack: String
        package var count: Int64
    }

    /// Empty where nobody was seen to open them.
    package var program: String
    package var pid: Int32?
    package var way: ConnectionWay
    /// Inode of the network namespace.
    package var namespace: UInt32
    package var last: Int64
    package var most: Int64
    /// Connections an hour, from the first to the last time that is recorded of them; `nil` where there is only one.
    package var growth: Double?
    /// The minute since which there were always some, as far as it is recorded.
    package var since: Int64
    /// Of those that were kept as leaks, most first.
    package var places: [Place]
}

extension HistoryReader {
    /// Who leaves connections in CLOSE_WAIT, most first.
    package func leaks(_ span: HistorySpan, limit: Int) throws(HistoryError) -> [LeakLine] {
        try read { db in
            let arguments: StatementArguments = ["from": span.minutes.lowerBound, "to": span.minutes.upperBound]
            let times = try Int64.fetchAll(
                db, sql: "SELECT DISTINCT time FROM (\(Self.levels)) ORDER BY time", arguments: arguments)
            guard let end = times.last else { return [] }
            var before: [Int64: Int64] = [:]
            for (earlier, later) in zip(times, times.dropFirst()) { before[later] = earlier }

            var runs: [Name: Run] = [:]
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT c.time, sum(c.count), sum(c.most), s.program, p.pid, w.kind, w.place, s.netns
                    FROM (\(Self.levels)) c JOIN series s ON s.id = c.series JOIN way w ON w.id = s.way
                    LEFT JOIN process p ON p.id = s.process WHERE s.state = \(State.closeWait.rawValue)
                    GROUP BY c.time, s.program, s.process, w.id, s.netns ORDER BY c.time
                    """, arguments: arguments)
            while let row = try rows.next() {
                let name = Name(
                    program: row[3], pid: row[4], way: ConnectionWay(kind: row[5], place: row[6]), namespace: row[7])
                runs[name, default: Run()].add(row[1], most: row[2], at: row[0], before: before[row[0]])
            }
            return try runs.filter { $0.value.most > 0 }
                .map { try line($0.key, $0.value, end: end, span, db) }
                .sorted { ($0.last, $0.most, $0.growth ?? 0) > ($1.last, $1.most, $1.growth ?? 0) }
                .prefix(limit).map(\.self)
        }
    }

    private struct Name: Hashable {
        var program: String
        var pid: Int32?
        var way: ConnectionWay
        var namespace: UInt32
    }

    private struct Run {
        var first: (time: Int64, count: Int64)?
        var last: (time: Int64, count: Int64) = (0, 0)
        var since: Int64 = 0
        var most: Int64 = 0

        mutating func add(_ count: Int64, most: Int64, at time: Int64, before: Int64?) {
            if first == nil { first = (time, count) }
            if last.count == 0 || last.time != before { since = time }
            last = (time, count)
            self.most = max(self.most, most)
        }
    }

    private func line(_ name: Name, _ run: Run, end: Int64, _ span: HistorySpan, _ db: Database) throws -> LeakLine {
        let now = run.last.time == end ? run.last.count : 0
        var growth: Double?
        if let first = run.first, run.last.time > first.time {
            growth = Double(run.last.count - first.count) * 60 / Double(run.last.time - first.time)
        }
        return LeakLine(
            program: name.program, pid: name.pid, way: name.way, namespace: name.namespace, last: now, most: run.most,
            growth: growth, since: run.since, places: try places(name, span, db))
    }

    private func places(_ name: Name, _ span: HistorySpan, _ db: Database) throws -> [LeakLine.Place] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT t.value, count(DISTINCT l.cookie) AS lives FROM life l JOIN text t ON t.id = l.stack
                JOIN process p ON p.id = l.process
                WHERE l.reason = 'leak' AND l.ended_us BETWEEN ? AND ? AND p.program = ? AND (? IS NULL OR p.pid = ?)
                GROUP BY t.id ORDER BY lives DESC LIMIT 3
                """, arguments: [span.from, span.to, name.program, name.pid, name.pid]
        ).map { LeakLine.Place(stack: $0[0], count: $0[1]) }
    }
}
