import GRDB

/// The file and what is on the way into it. Used by one thread at a time.
struct HistoryEngine: Sendable {
    private let file: HistoryFile
    private let host: HostRow
    private let settings: HistorySettings
    private let bound: SizeBound
    private let ageing: Ageing
    /// `nil` while the file is not open.
    private var lock: HistoryLock?
    private var queue: DatabaseQueue
    private var rows: RowWriter
    private var backlog = Backlog()
    private var inode: UInt64?

    private(set) var state = HistoryStatus.State.writing
    private(set) var written: Int64 = 0
    /// Rows that could not be written, whatever is tried.
    private(set) var refused: Int64 = 0
    var waiting: Int { backlog.count }
    var byteCount: Int64 { file.byteCount }
    var path: String { file.path }
    /// When the file was last written to before it was opened.
    let previouslySeen: Int64?

    /// Microseconds since 1970.
    private let opened: Int64
    private var checkpointed: Int64
    private var aged: Int64
    private var swept: Int64

    /// Seconds to wait for another process's lock; longer waits are for the next turn.
    private static let patience = 1.0
    private static let second: Int64 = 1_000_000
    /// What a crash of the machine can take: this and what came since.
    private static let checkpointEvery = 30 * second
    /// A clock that is set right after the start has not made everything old by then.
    private static let ageAfter = 600 * second
    private static let sweepEvery = 3600 * second
    /// Steps of ageing in a turn; more are for the next.
    private static let mostSteps = 50

    init(_ file: HistoryFile, _ host: HostRow, _ settings: HistorySettings, now: Int64) throws(HistoryError) {
        self.file = file
        self.host = host
        self.settings = settings
        bound = SizeBound(maximumBytes: settings.maximumBytes)
        ageing = Ageing(retention: settings.retention, slice: bound.slice)
        (lock, queue, rows, previouslySeen) = try Self.open(file, host, bound, now)
        inode = file.inode
        (opened, checkpointed, aged, swept) = (now, now, now, now)
    }

    private static func open(
        _ file: HistoryFile, _ host: HostRow, _ bound: SizeBound, _ now: Int64
    ) throws(HistoryError) -> (HistoryLock?, DatabaseQueue, RowWriter, previouslySeen: Int64?) {
        let (lock, queue) = try HistoryDatabase.openToWrite(file, patience: patience)
        do {
            let rows = try queue.writeWithoutTransaction { db in
                // A file that is larger already is brought down step by step.
                try db.execute(sql: "PRAGMA max_page_count = \(bound.pages)")
                let seen = try Int64.fetchOne(db, sql: "SELECT max(last_seen_us) FROM host")
                return (try RowWriter(db, host: host, at: now), seen)
            }
            return (lock, queue, rows.0, rows.1)
        } catch {
            throw (error as? HistoryError) ?? HistoryError(error, path: file.path)
        }
    }

    // MARK: A turn

    /// Takes over rows, and writes all that wait, as far as it can be done now.
    mutating func turn(_ batch: HistoryBatch, now: Int64) {
        backlog.append(batch)
        if case .damaged = state { return refuseAll() }
        do {
            if backlog.count > 0 || state != .writing { try followFile(now) }
            // What the log holds twice is room.
            if state == .diskFull { _ = try? queue.writeWithoutTransaction { db in try db.checkpoint(.truncate) } }
            while backlog.count > 0 { try writeSome(now) }
            try keep(now)
            state = .writing
        } catch let error as DatabaseError {
            note(error)
        } catch let error as HistoryError {
            note(error)
        } catch {
            state = .failing("\(error)")
        }
    }

    /// A file that was moved away or deleted would be written to unseen.
    private mutating func followFile(_ now: Int64) throws(HistoryError) {
        guard lock == nil || file.inode != inode else { return }
        try? queue.close()
        // Where it stood may be another folder by now, with a lock of its own.
        lock = nil
        (lock, queue, rows, _) = try Self.open(file, host, bound, now)
        inode = file.inode
    }

    private mutating func writeSome(_ now: Int64) throws {
        let batch = backlog.next(pages: bound.transactionPages)
        guard !batch.isEmpty else {
            // Not even one row fits: nothing that the product makes is so large.
            return refuseAll()
        }
        try makeRoomInLog()
        try makeRoom(now)
        do {
            try transaction(isDurable: !batch.actions.isEmpty) { rows, db in
                try rows.write(batch, db)
                try rows.touchHost(db, at: now)
            }
        } catch let error as DatabaseError where error.isOfTheRows {
            // The same rows would fail for ever.
            refused += Int64(batch.rowCount)
            backlog.remove(batch)
            var gap = HistoryBatch()
            gap.gaps = [
                GapRow(
                    from: now, to: now, kind: .unwritable, count: Int64(batch.rowCount), detail: error.message ?? "")
            ]
            backlog.append(gap)
            return
        }
        backlog.remove(batch)
        written += Int64(batch.rowCount)
    }

    /// - Parameter isDurable: on the disk when it returns, so that not even a power failure takes it.
    private mutating func transaction(
        isDurable: Bool = false, _ body: (inout RowWriter, Database) throws -> Void
    ) throws {
        do {
            try queue.writeWithoutTransaction { db in
                if isDurable { try db.execute(sql: "PRAGMA synchronous = FULL") }
                defer { if isDurable { try? db.execute(sql: "PRAGMA synchronous = NORMAL") } }
                try db.inTransaction(.immediate) {
                    try body(&rows, db)
                    return .commit
                }
            }
        } catch {
            rows.forget()
            throw error
        }
    }

    // MARK: Room

    /// Brings the log into the file where the next transaction could make it too long.
    private mutating func makeRoomInLog() throws {
        guard file.logByteCount > bound.logLimit else { return }
        try queue.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
    }

    /// Deletes what is oldest until a transaction fits below the bound, and a little more, so that not each needs it.
    private mutating func makeRoom(_ now: Int64) throws {
        let full = bound.pages - bound.transactionPages
        var used = try queue.read { db in try SizeBound.used(db) }
        guard used > full else { return try shrink() }
        while used > full - bound.transactionPages {
            try makeRoomInLog()
            var gap: GapRow?
            try transaction { [bound] rows, db in
                gap = try bound.dropOldest(db)
                if gap == nil { try Ageing.sweep(db) }
                if let gap { try rows.extend(gap, stretch: 3600 * Self.second, db) }
                used = try SizeBound.used(db)
            }
            if gap == nil { break }
        }
        rows.forget()
        try shrink()
    }

    /// Gives back pages of a file that is larger than its share: the bound was made smaller.
    private mutating func shrink() throws {
        try queue.writeWithoutTransaction { [bound] db in
            while let pages = try Int64.fetchOne(db, sql: "PRAGMA page_count"), pages > bound.pages,
                let free = try Int64.fetchOne(db, sql: "PRAGMA freelist_count"), free > 0
            {
                try db.execute(sql: "PRAGMA incremental_vacuum(\(bound.transactionPages / 2))")
                _ = try db.checkpoint(.truncate)
            }
        }
    }

    // MARK: Keeping

    private mutating func keep(_ now: Int64) throws {
        // A clock that was set back must not stop it.
        if now - checkpointed > Self.checkpointEvery || now < checkpointed {
            if file.logByteCount > 0 { try queue.writeWithoutTransaction { db in _ = try db.checkpoint(.passive) } }
            checkpointed = now
        }
        guard now - opened > Self.ageAfter || now < opened else { return }
        if now - aged > 60 * Self.second || now < aged { try age(now) }
        if now - swept > Self.sweepEvery || now < swept {
            try makeRoomInLog()
            try transaction { _, db in try Ageing.sweep(db) }
            rows.forget()
            swept = now
        }
    }

    private mutating func age(_ now: Int64) throws {
        for _ in 0..<Self.mostSteps {
            try makeRoomInLog()
            var isMore = false
            try transaction { [ageing] _, db in isMore = try ageing.step(db, now: now) }
            guard isMore else {
                aged = now
                return
            }
        }
    }

    // MARK: Errors

    private mutating func note(_ error: DatabaseError) {
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED: state = .locked
        case .SQLITE_FULL: state = .diskFull
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            state = .damaged(error.message ?? "\(error.extendedResultCode)")
            refuseAll()
        // The log's index finds no space in another way than the log.
        case .SQLITE_IOERR where file.diskIsFull: state = .diskFull
        default: state = .failing(error.message ?? "\(error.extendedResultCode)")
        }
    }

    private mutating func note(_ error: HistoryError) {
        switch error {
        case .locked: state = .locked
        case .diskFull: state = .diskFull
        case .damaged(_, let reason):
            state = .damaged(reason)
            refuseAll()
        default: state = .failing(error.description)
        }
    }

    private mutating func refuseAll() {
        refused += Int64(backlog.count)
        backlog = Backlog()
    }

    mutating func close() {
        if state == .writing { try? queue.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) } }
        try? queue.close()
        lock = nil
        state = .closed
    }
}

extension RowWriter {
    fileprivate mutating func write(_ batch: HistoryBatch, _ db: Database) throws {
        for row in batch.actions { try write(row, db) }
        for row in batch.findings { try write(row, db) }
        for row in batch.gaps { try write(row, db) }
        let minute = batch.minutes.first?.minute ?? (batch.lives.first?.ended ?? 0) / 60_000_000
        for row in batch.processes { try write(row, db, minute: minute) }
        for row in batch.minutes { try write(row, db) }
        for row in batch.lives { try write(row, db) }
    }
}

extension DatabaseError {
    /// It is what is written, not where: tried again, it fails again.
    fileprivate var isOfTheRows: Bool {
        switch resultCode {
        case .SQLITE_CONSTRAINT, .SQLITE_TOOBIG, .SQLITE_MISMATCH, .SQLITE_RANGE: true
        default: false
        }
    }
}
