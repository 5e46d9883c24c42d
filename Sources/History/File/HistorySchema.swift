import GRDB
import TCP

/// The tables, told to people in docs/history.md. A migration that was released is never changed: a new one follows it.
enum HistorySchema {
    static let newest = 1

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1", foreignKeyChecks: .immediate) { db in
            try db.execute(sql: first)
            for state in State.allCases {
                try db.execute(
                    sql: "INSERT INTO state (id, name) VALUES (?, ?)", arguments: [Int(state.rawValue), state.key])
            }
            try db.execute(sql: "PRAGMA user_version = 1")
        }
        return migrator
    }

    /// `minute`, `ten_minutes` and `hour` are alike. Their rows stand in the order of time and need no index beside it
    /// (WITHOUT ROWID): 35 bytes instead of 52 (docs/decisions/0009).
    private static func counts(_ name: String) -> String {
        """
        CREATE TABLE \(name) (
          minute INTEGER NOT NULL, series INTEGER NOT NULL, count INTEGER NOT NULL, most INTEGER NOT NULL,
          opened INTEGER NOT NULL, closed INTEGER NOT NULL, p50_us INTEGER, p90_us INTEGER, p99_us INTEGER,
          PRIMARY KEY (minute, series)) WITHOUT ROWID;

        """
    }

    private static var first: String {
        """
        CREATE TABLE host (
          id INTEGER PRIMARY KEY, name TEXT NOT NULL, boot TEXT NOT NULL, kernel TEXT NOT NULL,
          first_seen_us INTEGER NOT NULL, last_seen_us INTEGER NOT NULL, UNIQUE (name, boot));
        CREATE TABLE state (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
        CREATE TABLE text (id INTEGER PRIMARY KEY, value TEXT NOT NULL UNIQUE, used INTEGER NOT NULL);
        CREATE TABLE process (
          id INTEGER PRIMARY KEY, host INTEGER NOT NULL, pid INTEGER NOT NULL, start_ticks INTEGER NOT NULL,
          program TEXT NOT NULL, command_line TEXT, user TEXT, unit TEXT, container TEXT, used INTEGER NOT NULL,
          UNIQUE (pid, start_ticks, program, host));
        CREATE TABLE way (
          id INTEGER PRIMARY KEY, kind TEXT NOT NULL, place TEXT NOT NULL, UNIQUE (place, kind));
        CREATE TABLE series (
          id INTEGER PRIMARY KEY, host INTEGER NOT NULL, process INTEGER NOT NULL, program TEXT NOT NULL,
          way INTEGER NOT NULL, state INTEGER NOT NULL, netns INTEGER NOT NULL, used INTEGER NOT NULL,
          UNIQUE (process, way, state, program, netns, host));
        \(counts("minute"))\(counts("ten_minutes"))\(counts("hour"))
        CREATE TABLE life (
          id INTEGER PRIMARY KEY, host INTEGER NOT NULL, reason TEXT NOT NULL, cookie INTEGER NOT NULL,
          netns INTEGER NOT NULL, local TEXT NOT NULL, remote TEXT NOT NULL, is_outgoing INTEGER, process INTEGER,
          descriptor INTEGER, began_us INTEGER, ended_us INTEGER NOT NULL, states INTEGER NOT NULL,
          entered TEXT NOT NULL, ending TEXT, closed_first TEXT, error INTEGER NOT NULL, bytes_acked INTEGER NOT NULL,
          bytes_received INTEGER NOT NULL, retransmissions INTEGER NOT NULL, stack INTEGER,
          began_before INTEGER NOT NULL, has_holes INTEGER NOT NULL);
        CREATE INDEX life_by_end ON life (ended_us);
        CREATE INDEX life_by_cookie ON life (cookie);
        CREATE TABLE finding (
          id INTEGER PRIMARY KEY, host INTEGER NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL, severity TEXT NOT NULL,
          sentence TEXT NOT NULL, json TEXT NOT NULL, first_seen_us INTEGER NOT NULL, last_seen_us INTEGER NOT NULL,
          resolved_us INTEGER);
        CREATE UNIQUE INDEX finding_open ON finding (key, host) WHERE resolved_us IS NULL;
        CREATE INDEX finding_by_time ON finding (last_seen_us);
        CREATE TABLE gap (
          id INTEGER PRIMARY KEY, host INTEGER NOT NULL, kind TEXT NOT NULL, from_us INTEGER NOT NULL,
          to_us INTEGER NOT NULL, count INTEGER NOT NULL, detail TEXT NOT NULL);
        CREATE INDEX gap_by_time ON gap (to_us);
        CREATE TABLE action (
          id INTEGER PRIMARY KEY, host INTEGER NOT NULL, time_us INTEGER NOT NULL, source TEXT NOT NULL,
          run TEXT NOT NULL, record TEXT NOT NULL, json TEXT NOT NULL);
        CREATE INDEX action_by_time ON action (time_us);

        CREATE VIEW counts AS
          SELECT c.minute, c.minutes, datetime(c.minute * 60, 'unixepoch') AS time, h.name AS host, s.program, p.pid,
            w.kind AS way, w.place, t.name AS state, s.netns, c.count, c.most, c.opened, c.closed, c.p50_us, c.p90_us,
            c.p99_us
          FROM (
            SELECT *, 1 AS minutes FROM minute UNION ALL SELECT *, 10 FROM ten_minutes
            UNION ALL SELECT *, 60 FROM hour) c
          JOIN series s ON s.id = c.series JOIN state t ON t.id = s.state JOIN way w ON w.id = s.way
          LEFT JOIN process p ON p.id = s.process LEFT JOIN host h ON h.id = s.host;
        CREATE VIEW lives AS
          SELECT l.id, h.name AS host, l.reason, printf('%x', l.cookie) AS cookie, l.netns, l.local, l.remote,
            l.is_outgoing, p.pid, p.program, l.descriptor, datetime(l.began_us / 1000000, 'unixepoch') AS began,
            datetime(l.ended_us / 1000000, 'unixepoch') AS ended, n.value AS states, l.entered, l.ending,
            l.closed_first, l.error, l.bytes_acked, l.bytes_received, l.retransmissions, k.value AS stack
          FROM life l LEFT JOIN process p ON p.id = l.process LEFT JOIN text n ON n.id = l.states
          LEFT JOIN text k ON k.id = l.stack LEFT JOIN host h ON h.id = l.host;
        """
    }
}
