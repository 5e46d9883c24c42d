package import TCP

/// Which connections are counted, and by what they are told apart.
package struct CountQuery: Sendable {
    package enum Key: String, Sendable, CaseIterable {
        case state
        /// The program's name.
        case program
        /// Program and process number; of hours only the program is known.
        case process
        /// Listener or destination.
        case way
    }

    package var span: HistorySpan
    package var key: Key
    /// Empty for all.
    package var states: Set<State> = []
    /// The program's name, or a process number.
    package var process: String?
    /// A part of a listener's or destination's address and port.
    package var place: String?
    package var namespace: UInt32?
    /// Points of a line, at most.
    package var points = 60

    package init(span: HistorySpan, key: Key) {
        self.span = span
        self.key = key
    }
}

/// How many connections there were over time.
package struct CountLines: Sendable, Equatable {
    /// One kind of connection; of the four, those that the query tells apart are there.
    package struct Line: Sendable, Equatable {
        package var state: State?
        /// Empty where nobody was seen to open them.
        package var program: String?
        package var pid: Int32?
        package var way: ConnectionWay?
        /// The largest count within each point; `nil` where nothing was recorded at all.
        package var points: [Int64?]
        /// At the last time that is recorded in the span.
        package var last: Int64
        package var most: Int64
        package var opened: Int64
        package var closed: Int64
    }

    /// The largest `last` first, then the largest `most`.
    package var lines: [Line]
    /// Minutes since 1970 at which the first point begins, and how many each has.
    package var firstMinute: Int64
    package var minutesPerPoint: Int64
    /// The last minute of the span that is recorded; `nil` for none.
    package var lastMinute: Int64?
}
