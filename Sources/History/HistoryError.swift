/// Why a history cannot be opened, read or written. The file is as it was.
package enum HistoryError: Error, Sendable, Equatable {
    case missing(path: String)
    /// Nothing has been written to it yet.
    case empty(path: String)
    /// It holds something, and that is no SQLite database.
    case notADatabase(path: String)
    /// A database of another application.
    case foreign(path: String)
    /// Written by a newer Linger: its schema and the newest that this one knows.
    case newer(path: String, schema: Int, known: Int)
    /// Of an older Linger, and not yet brought up to date by one that writes.
    case older(path: String, schema: Int, known: Int)
    /// SQLite's words on what is wrong.
    case damaged(path: String, reason: String)
    case locked(path: String)
    /// Another process writes it all the time: one does so at a time.
    case inUse(path: String)
    case diskFull(path: String)
    case notPermitted(path: String)
    /// The system's or SQLite's own words.
    case failed(path: String, reason: String)
}

extension HistoryError: CustomStringConvertible {
    /// For a log, in English.
    package var description: String {
        switch self {
        case .missing(let path): "there is no history at \(path)"
        case .empty(let path): "nothing has been written to \(path) yet"
        case .notADatabase(let path): "\(path) is no SQLite database: it is left alone; give another path"
        case .foreign(let path): "\(path) is another program's database: it is left alone; give another path"
        case .newer(let path, let schema, let known):
            "\(path) was written by a newer linger (schema \(schema), this one knows \(known)): it is left alone; "
                + "use that linger, or give another path"
        case .older(let path, let schema, let known):
            "\(path) is an older linger's (schema \(schema) of \(known)): linger serve brings it up to date"
        case .damaged(let path, let reason):
            "\(path) is damaged (\(reason)): it is left alone; move it away, and a new one is begun"
        case .locked(let path): "\(path) is locked by another process"
        case .inUse(let path): "another linger serve writes \(path): end that one, or give another path"
        case .diskFull(let path): "no space is left on the disk for \(path)"
        case .notPermitted(let path): "not permitted to open \(path)"
        case .failed(let path, let reason): "\(path): \(reason)"
        }
    }
}
