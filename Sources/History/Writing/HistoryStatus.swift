/// How the writing goes.
package struct HistoryStatus: Sendable, Equatable {
    package enum State: Sendable, Equatable {
        case writing
        /// Rows wait until another process lets the file go.
        case locked
        /// Nothing is written at present; it is tried again.
        case diskFull
        /// The same, for another reason, in SQLite's words.
        case failing(String)
        /// The file is damaged: nothing is written any more, and the file is left alone.
        case damaged(String)
        case closed
    }

    package var state = State.writing
    /// Rows that were given and committed since the file was opened.
    package var written: Int64 = 0
    /// Rows that were given and not kept; a gap tells of them as soon as it can be written.
    package var dropped: Int64 = 0
    /// Rows that wait.
    package var waiting = 0
    /// Of the file, its write-ahead log and that log's index, after the last commit.
    package var bytes: Int64 = 0

    package init() {}
}
