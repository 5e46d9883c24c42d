import GRDB
import Sockets
import TCP

/// Which lives are asked for.
package struct LifeQuery: Sendable {
    package enum Which: Sendable, Equatable {
        case cookie(UInt64)
        /// One end, or both in any order: `10.0.0.1:443`.
        case ends([String])
        case all
    }

    package var which: Which
    package var span: HistorySpan
    package var limit = 100

    package init(_ which: Which, span: HistorySpan) {
        self.which = which
        self.span = span
    }
}

extension HistoryReader {
    /// The latest first. A connection that was kept several times (a leak is, while it lives) is there as it was last.
    package func lives(_ query: LifeQuery) throws(HistoryError) -> [LifeRow] {
        try read { db in
            var condition = "TRUE"
            var arguments: StatementArguments = ["from": query.span.from, "to": query.span.to, "limit": query.limit]
            switch query.which {
            case .all: break
            case .cookie(let cookie):
                condition = "l.cookie = :cookie"
                arguments += ["cookie": Int64(bitPattern: cookie)]
            case .ends(let ends):
                condition =
                    ends.count == 1
                    ? "(l.local = :one OR l.remote = :one)"
                    : "(l.local = :one AND l.remote = :other OR l.local = :other AND l.remote = :one)"
                arguments += ["one": ends.first]
                if ends.count > 1 { arguments += ["other": ends[1]] }
            }
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT l.*, max(l.ended_us) AS newest, n.value AS path, k.value AS frames, p.pid, p.start_ticks,
                      p.program
                    FROM life l JOIN text n ON n.id = l.states LEFT JOIN text k ON k.id = l.stack
                    LEFT JOIN process p ON p.id = l.process
                    WHERE l.ended_us >= :from AND ifnull(l.began_us, l.ended_us) <= :to AND \(condition)
                    GROUP BY l.cookie, l.host ORDER BY l.ended_us DESC LIMIT :limit
                    """, arguments: arguments
            ).map(LifeRow.init)
        }
    }
}

extension LifeRow {
    fileprivate init(_ row: Row) {
        let began = row["began_us"] as Int64?
        let names = (row["path"] as String).split(separator: " ")
        let entered = (row["entered"] as String).split(separator: " ")
        let states = zip(names, entered).compactMap { name, offset -> Entry? in
            guard let state = State.allCases.first(where: { $0.key == name }) else { return nil }
            return Entry(state, entered: Int64(offset).flatMap { offset in began.map { $0 + offset } })
        }
        let pid = row["pid"] as Int32?
        self.init(
            reason: row["reason"], cookie: UInt64(bitPattern: row["cookie"] as Int64), namespace: row["netns"],
            local: row["local"], remote: row["remote"], isOutgoing: row["is_outgoing"],
            process: pid.map {
                ProcessIdentity(
                    pid: $0, startTicks: UInt64(clamping: row["start_ticks"] as Int64), command: row["program"])
            },
            descriptor: row["descriptor"], states: states, ended: row["ended_us"], ending: row["ending"],
            closedFirst: row["closed_first"], error: row["error"],
            bytesAcked: UInt64(clamping: row["bytes_acked"] as Int64),
            bytesReceived: UInt64(clamping: row["bytes_received"] as Int64), retransmissions: row["retransmissions"],
            stack: row["frames"] ?? "", beganBefore: row["began_before"], hasHoles: row["has_holes"])
    }
}
