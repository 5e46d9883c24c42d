import Sockets
import TCP

/// What the screen shows; one opens another, and Esc goes back.
enum TopView: Sendable, Equatable {
    case groups
    /// The connections of a group, by its title.
    case connections(TopKey, title: String)
    case page(TopPage)
    /// The choice of what the table below it is sorted by, and where the cursor is.
    case sorting(Int)
}

/// Text to read, that may be longer than the screen.
struct TopPage: Sendable, Equatable {
    enum Topic: Sendable, Equatable {
        case help
        /// A state or a kind of finding, as `linger explain` takes it.
        case explanation(String)
        case doctor
        /// Command lines for a selection: what it is called, and the filter.
        case commands(title: String, filter: String, namespace: String?)
        /// One connection, by its cookie: as it was last seen, for when it is gone.
        case connection(UInt64, title: String)
    }

    var topic: Topic
    /// The first line that is seen.
    var top = 0
}

/// A filter that is being typed.
struct TopPrompt: Sendable, Equatable {
    var text: String
    var error: FilterSyntaxError?
}

/// What connections are sorted by.
enum TopConnectionColumn: CaseIterable, Sendable {
    case state, receiveQueue, sendQueue, age, local, remote, holders

    /// The column of `linger list` that has its text.
    var column: Column {
        switch self {
        case .state: .state
        case .receiveQueue: .receiveQueue
        case .sendQueue: .sendQueue
        case .age: .age
        case .local: .local
        case .remote: .remote
        case .holders: .holders
        }
    }

    /// Cells; holders take what is left.
    var width: Int {
        switch self {
        case .state: 11
        case .receiveQueue, .sendQueue: 7
        case .age: 8
        case .local, .remote: 21
        case .holders: 20
        }
    }

    var isRight: Bool {
        switch self {
        case .receiveQueue, .sendQueue, .age: true
        case .state, .local, .remote, .holders: false
        }
    }

    /// Those that fit, in their order, and how many cells the last has: at 80 the ends have what is left.
    static func fitting(_ columns: Int) -> [(column: TopConnectionColumn, width: Int)] {
        let all = allCases.map { ($0, $0.width) }
        let used = all.reduce(-1) { $0 + $1.1 + 1 }
        if used <= columns {
            // IPv6 needs more than IPv4: first the ends, up to 47 cells, then the holders.
            var spare = columns - used
            let more = min(spare / 3, 26)
            spare -= 2 * more
            return all.map { column, width in
                switch column {
                case .local, .remote: (column, width + more)
                case .holders: (column, width + spare)
                default: (column, width)
                }
            }
        }
        let left = max(columns - 11 - 6 - 6 - 7 - 5, 10)
        return [
            (.state, 11), (.receiveQueue, 6), (.sendQueue, 6), (.age, 7), (.local, left / 2),
            (.remote, left - left / 2),
        ]
    }
}
