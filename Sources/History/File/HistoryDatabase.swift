import Foundation
import GRDB

/// Opens the file with SQLite.
enum HistoryDatabase {
    /// For the one that writes: makes the file where there is none and brings an older one up to date.
    ///
    /// - Parameter patience: seconds to wait for a lock that another process holds.
    /// - Returns: also what keeps others from writing, to be held as long as the file is open.
    static func openToWrite(
        _ file: HistoryFile, patience: Double
    ) throws(HistoryError) -> (HistoryLock, DatabaseQueue) {
        // Before there is a lock: what is not ours gets no file beside it.
        if case .missing = try file.content() { try file.makeFolders() }
        let lock = try HistoryLock(file)
        // Again: the one that had the lock may have made it.
        if case .missing = try file.content() { try file.make() }
        guard access(file.path, W_OK) == 0 else { throw HistoryError(code: errno, path: file.path) }
        do {
            let queue = try DatabaseQueue(path: file.path, configuration: writing(patience: patience))
            try queue.writeWithoutTransaction { db in
                try prepare(db)
                try refuseNewer(db, file)
            }
            try HistorySchema.migrator.migrate(queue)
            // The schema's number stands in the file itself from here on, not in its log.
            _ = try? queue.writeWithoutTransaction { db in try db.checkpoint(.truncate) }
            return (lock, queue)
        } catch {
            throw (error as? HistoryError) ?? HistoryError(error, path: file.path)
        }
    }

    private static func writing(patience: Double) -> Configuration {
        var configuration = Configuration()
        configuration.label = "history"
        // A higher class asks for a priority that the service may not have, and the log said so at each start.
        configuration.qos = .default
        configuration.busyMode = .timeout(patience)
        // Who refers to what is held by the writer; checking it at each row would double the time.
        configuration.foreignKeysEnabled = false
        configuration.prepareDatabase { db in
            // A commit costs no fsync: it survives the end of the process, and of the machine since the last checkpoint.
            try db.execute(sql: "PRAGMA synchronous = NORMAL")
            // Debian's SQLite overwrites what is deleted: twice the writing, and nobody asked for it.
            try db.execute(sql: "PRAGMA secure_delete = OFF")
            // Checkpoints are made where the size bound is watched.
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 0")
        }
        return configuration
    }

    private static func prepare(_ db: Database) throws {
        if try Int64.fetchOne(db, sql: "PRAGMA application_id") == 0 {
            // Both before anything else, so that even a file whose making was interrupted is known as ours.
            try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            try db.execute(sql: "PRAGMA application_id = \(HistoryFile.application)")
        }
        _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
    }

    /// The header does not tell of a schema that is still in the log.
    private static func refuseNewer(_ db: Database, _ file: HistoryFile) throws {
        let schema = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        if schema > HistorySchema.newest {
            throw HistoryError.newer(path: file.path, schema: schema, known: HistorySchema.newest)
        }
    }

    /// For those that only read, while another process may write.
    static func openToRead(_ file: HistoryFile) throws(HistoryError) -> DatabaseQueue {
        switch try file.content() {
        case .missing: throw .missing(path: file.path)
        case .empty, .history(schema: 0): throw .empty(path: file.path)
        case .history(let schema) where schema < HistorySchema.newest:
            throw .older(path: file.path, schema: schema, known: HistorySchema.newest)
        case .history: break
        }
        var configuration = Configuration()
        configuration.label = "history"
        configuration.readonly = true
        configuration.busyMode = .timeout(2)
        do {
            let queue = try DatabaseQueue(path: file.path, configuration: configuration)
            try queue.read { db in try refuseNewer(db, file) }
            return queue
        } catch let error as HistoryError {
            throw error
        } catch let error as DatabaseError where error.isOfTheFolder && file.logByteCount == 0 {
            // Nobody writes, and no index of a log can be made beside it: what is in the file is all there is.
            return try openUnchanging(file, configuration)
        } catch {
            throw HistoryError(error, path: file.path)
        }
    }

    private static func openUnchanging(
        _ file: HistoryFile, _ configuration: Configuration
    ) throws(HistoryError) -> DatabaseQueue {
        do {
            let address = URL(filePath: file.path).absoluteString + "?mode=ro&immutable=1"
            return try DatabaseQueue(path: address, configuration: configuration)
        } catch {
            throw HistoryError(error, path: file.path)
        }
    }
}

extension DatabaseError {
    /// Nothing can be made beside the file.
    fileprivate var isOfTheFolder: Bool { resultCode == .SQLITE_CANTOPEN || resultCode == .SQLITE_READONLY }
}
