import GRDB
import Sockets
import TCP

/// Puts rows into the tables, within a transaction of the caller's. Texts, processes and series stand once, under numbers
/// that are remembered here.
struct RowWriter: Sendable {
    private let host: Int64
    /// Minutes since 1970: when a number was last used is noted no more often than once in so many minutes.
    static let usedEvery: Int64 = 60
    /// Numbers that are remembered; with more, all are forgotten and looked up again.
    private static let mostNumbers = 50_000

    private var texts: [String: Number] = [:]
    private var processes: [ProcessKey: Number] = [:]
    private var ways: [ConnectionWay: Int64] = [:]
    private var series: [SeriesKey: Number] = [:]

    private struct Number {
        var id: Int64
        /// The minute that the table knows it was used in.
        var used: Int64
    }

    /// A program that renames itself gets another row: its name is what people look for.
    private struct ProcessKey: Hashable {
        var pid: Int32
        var startTicks: UInt64
        var command: String

        init(_ identity: ProcessIdentity) {
            (pid, startTicks, command) = (identity.pid, identity.startTicks, identity.command)
        }
    }

    private struct SeriesKey: Hashable {
        var process: Int64
        var program: String
        var way: Int64
        var state: State
        var namespace: UInt32
    }

    init(_ db: Database, host: HostRow, at time: Int64) throws {
        try db.execute(
            sql: """
                INSERT INTO host (name, boot, kernel, first_seen_us, last_seen_us) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET kernel = excluded.kernel, last_seen_us = excluded.last_seen_us
                """, arguments: [host.name, host.boot, host.kernel, time, time])
        self.host =
            try Int64.fetchOne(
                db, sql: "SELECT id FROM host WHERE name = ? AND boot = ?", arguments: [host.name, host.boot]) ?? 0
    }

    /// To be called when a transaction did not come to its end, or rows were deleted: numbers may be gone.
    mutating func forget() {
        texts = [:]
        processes = [:]
        ways = [:]
        series = [:]
    }

    // MARK: Rows

    mutating func write(_ row: ProcessRow, _ db: Database, minute: Int64) throws {
        let id = try number(of: row.identity, db, minute: minute)
        try db.cachedStatement(
            sql: """
                UPDATE process SET command_line = coalesce(?, command_line), user = coalesce(?, user),
                  unit = coalesce(?, unit), container = coalesce(?, container) WHERE id = ?
                """
        ).execute(arguments: [row.commandLine, row.user, row.unit, row.container, id])
    }

    mutating func write(_ row: MinuteRow, _ db: Database) throws {
        let process = try row.process.map { try number(of: $0, db, minute: row.minute) } ?? 0
        let key = SeriesKey(
            process: process, program: row.process?.command ?? "", way: try number(of: row.way, db),
            state: row.state, namespace: row.namespace)
        let series = try number(of: key, db, minute: row.minute)
        // Twice the same minute: the daemon was started again within it.
        try db.cachedStatement(
            sql: """
                INSERT INTO minute VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET \(Ageing.merge)
                """
        ).execute(arguments: [
            row.minute, series, row.count, row.count, row.opened, row.closed, row.dwell?.p50, row.dwell?.p90,
            row.dwell?.p99,
        ])
    }

    mutating func write(_ row: LifeRow, _ db: Database) throws {
        let minute = row.ended / 60_000_000
        let process = try row.process.map { try number(of: $0, db, minute: minute) }
        let states = try number(of: row.states.map(\.state.key).joined(separator: " "), db, minute: minute)
        let stack = row.stack.isEmpty ? nil : try number(of: row.stack, db, minute: minute)
        let began = row.states.lazy.compactMap(\.entered).first
        // Microseconds after the beginning, one for each state.
        let entered = row.states.map { entry in
            entry.entered.map { String($0 - (began ?? 0)) } ?? "-"
        }.joined(separator: " ")
        try db.cachedStatement(
            sql: "INSERT INTO life VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        ).execute(arguments: [
            host, row.reason, Int64(bitPattern: row.cookie), row.namespace, row.local, row.remote, row.isOutgoing,
            process, row.descriptor, began, row.ended, states, entered, row.ending, row.closedFirst, row.error,
            Int64(clamping: row.bytesAcked), Int64(clamping: row.bytesReceived), row.retransmissions, stack,
            row.beganBefore, row.hasHoles,
        ])
    }

    /// A finding that is there goes on in its row; one that was over and is there again gets another.
    func write(_ row: FindingRow, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO finding
                  (host, key, kind, severity, sentence, json, first_seen_us, last_seen_us, resolved_us)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)
                ON CONFLICT (key, host) WHERE resolved_us IS NULL DO UPDATE SET severity = excluded.severity,
                  sentence = excluded.sentence, json = excluded.json,
                  first_seen_us = min(first_seen_us, excluded.first_seen_us),
                  last_seen_us = max(last_seen_us, excluded.last_seen_us)
                """
        ).execute(arguments: [
            host, row.key, row.kind, row.severity, row.sentence, row.json, row.firstSeen, row.lastSeen,
        ])
        guard let resolved = row.resolvedAt else { return }
        try db.cachedStatement(
            sql: "UPDATE finding SET resolved_us = ? WHERE key = ? AND host = ? AND resolved_us IS NULL"
        ).execute(arguments: [resolved, row.key, host])
    }

    func write(_ row: GapRow, _ db: Database) throws {
        try db.cachedStatement(sql: "INSERT INTO gap VALUES (NULL, ?, ?, ?, ?, ?, ?)")
            .execute(arguments: [host, row.kind.rawValue, row.from, row.to, row.count, row.detail])
    }

    /// What is deleted in one stretch is one row.
    func extend(_ row: GapRow, stretch: Int64, _ db: Database) throws {
        let last = try Int64.fetchOne(
            db, sql: "SELECT max(id) FROM gap WHERE host = ? AND kind = ? AND detail = ? AND to_us >= ?",
            arguments: [host, row.kind.rawValue, row.detail, row.from - stretch])
        guard let last else { return try write(row, db) }
        try db.cachedStatement(
            sql: """
                UPDATE gap SET from_us = min(from_us, ?), to_us = max(to_us, ?), count = count + ? WHERE id = ?
                """
        ).execute(arguments: [row.from, row.to, row.count, last])
    }

    func write(_ row: ActionRow, _ db: Database) throws {
        try db.cachedStatement(sql: "INSERT INTO action VALUES (NULL, ?, ?, ?, ?, ?, ?)")
            .execute(arguments: [host, row.time, row.source, row.run, row.record.rawValue, row.json])
    }

    func touchHost(_ db: Database, at time: Int64) throws {
        try db.cachedStatement(sql: "UPDATE host SET last_seen_us = max(last_seen_us, ?) WHERE id = ?")
            .execute(arguments: [time, host])
    }

    // MARK: Numbers

    private mutating func number(of text: String, _ db: Database, minute: Int64) throws -> Int64 {
        if let known = texts[text], known.used + Self.usedEvery > minute { return known.id }
        let id = try upsert(
            db,
            "INSERT INTO text (value, used) VALUES (?, ?) ON CONFLICT DO UPDATE SET used = max(used, excluded.used) "
                + "RETURNING id", [text, minute])
        if texts.count >= Self.mostNumbers { texts = [:] }
        texts[text] = Number(id: id, used: minute)
        return id
    }

    private mutating func number(of identity: ProcessIdentity, _ db: Database, minute: Int64) throws -> Int64 {
        let key = ProcessKey(identity)
        if let known = processes[key], known.used + Self.usedEvery > minute { return known.id }
        let id = try upsert(
            db,
            """
            INSERT INTO process (host, pid, start_ticks, program, used) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET used = max(used, excluded.used) RETURNING id
            """, [host, identity.pid, Int64(clamping: identity.startTicks), identity.command, minute])
        if processes.count >= Self.mostNumbers { processes = [:] }
        processes[key] = Number(id: id, used: minute)
        return id
    }

    private mutating func number(of key: SeriesKey, _ db: Database, minute: Int64) throws -> Int64 {
        if let known = series[key], known.used + Self.usedEvery > minute { return known.id }
        let id = try upsert(
            db,
            """
            INSERT INTO series (host, process, program, way, state, netns, used) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET used = max(used, excluded.used) RETURNING id
            """,
            [host, key.process, key.program, key.way, Int(key.state.rawValue), key.namespace, minute])
        if series.count >= Self.mostNumbers { series = [:] }
        series[key] = Number(id: id, used: minute)
        return id
    }

    private mutating func number(of way: ConnectionWay, _ db: Database) throws -> Int64 {
        if let known = ways[way] { return known }
        let id = try upsert(
            db,
            "INSERT INTO way (kind, place) VALUES (?, ?) ON CONFLICT DO UPDATE SET kind = kind RETURNING id",
            [way.kind, way.place])
        if ways.count >= Self.mostNumbers { ways = [:] }
        ways[way] = id
        return id
    }

    private func upsert(_ db: Database, _ sql: String, _ arguments: StatementArguments) throws -> Int64 {
        guard let id = try Int64.fetchOne(db.cachedStatement(sql: sql), arguments: arguments) else {
            throw DatabaseError(message: "no number for a row")
        }
        return id
    }
}

extension ConnectionWay {
    /// As the table writes it.
    var kind: String {
        switch self {
        case .listener: "listener"
        case .destination: "destination"
        case .other: "other"
        }
    }

    var place: String {
        switch self {
        case .listener(let place), .destination(let place): place
        case .other: ""
        }
    }

    init(kind: String, place: String) {
        switch kind {
        case "listener": self = .listener(place)
        case "destination": self = .destination(place)
        default: self = .other
        }
    }
}
