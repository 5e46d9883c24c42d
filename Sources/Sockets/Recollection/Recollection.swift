package import TCP

/// What a running daemon knows of the connections that are there now, and that no look at them can tell: since when they
/// are in their state, where they were opened, how long their program took to close others, and how many there were over
/// the last minutes.
///
/// Times are nanoseconds on the monotonic clock. Connections, programs, processes and stacks refer to each other by index;
/// `init(decoding:)` lets no index through that points nowhere.
package struct Recollection: Sendable, Hashable {
    /// How the daemon sees transitions.
    package enum Method: UInt8, Sendable, Hashable {
        /// Each, as the kernel makes it.
        case stream = 1
        /// By the difference of looks: times are bounds.
        case looks = 2
    }

    /// When it was made.
    package var time: UInt64
    /// Since when the daemon has watched.
    package var since: UInt64
    package var method: Method
    /// Events that the daemon lost since then.
    package var lost: UInt64
    /// In no order.
    package var connections: [Memory] = []
    package var programs: [Program] = []
    package var processes: [ProcessIdentity] = []
    package var stacks: [Stack] = []
    package var counts = Counts()

    package init(time: UInt64, since: UInt64, method: Method = .stream, lost: UInt64 = 0) {
        self.time = time
        self.since = since
        self.method = method
        self.lost = lost
    }

    /// What is remembered of one connection.
    package struct Memory: Sendable, Hashable {
        package var cookie: UInt64
        /// When it entered its state; `nil` where that was not seen.
        package var entered: UInt64?
        /// The moment that it entered was seen; false where it can have been earlier.
        package var isExact: Bool
        /// It is in CLOSE_WAIT for longer than its program ever took to close one of the same listener or destination.
        package var isOverdue: Bool
        package var state: State
        /// Index into `programs`.
        package var program: Int?
        /// Who opened it: index into `processes`.
        package var opener: Int?
        /// Index into `stacks`.
        package var stack: Int?

        package init(
            cookie: UInt64, entered: UInt64?, isExact: Bool, isOverdue: Bool = false, state: State, program: Int? = nil,
            opener: Int? = nil, stack: Int? = nil
        ) {
            self.cookie = cookie
            self.entered = entered
            self.isExact = isExact
            self.isOverdue = isOverdue
            self.state = state
            self.program = program
            self.opener = opener
            self.stack = stack
        }
    }

    /// Connections of one process, through one listener or to one destination.
    package struct Program: Sendable, Hashable {
        /// `comm`; `nil` where nobody was seen to open them.
        package var command: String?
        /// The local port that they came in through, or where they go to.
        package var listener: UInt16?
        package var destination: Endpoint?
        /// Inode of the network namespace, of a listener.
        package var namespace: UInt32?
        /// How many others it closed that were in CLOSE_WAIT, since the daemon watches.
        package var closed: UInt64 = 0
        /// Microseconds that those took, at most.
        package var slowest: UInt64 = 0

        package init(
            command: String?, listener: UInt16? = nil, destination: Endpoint? = nil, namespace: UInt32? = nil
        ) {
            self.command = command
            self.listener = listener
            self.destination = destination
            self.namespace = namespace
        }
    }

    /// Where in a program connections were opened, in words.
    package struct Stack: Sendable, Hashable {
        /// The first function that is the program's own: `serve+0x41 (main.c:88)`.
        package var place: String
        /// All calls, the innermost first.
        package var frames: [String]

        package init(place: String, frames: [String] = []) {
            self.place = place
            self.frames = frames
        }
    }

    /// How many there were, counted again and again over the last minutes.
    package struct Counts: Sendable, Hashable {
        package enum Subject: Sendable, Hashable {
            /// Connections that a process opened: index into `processes`.
            case process(Int)
            /// Those of a network namespace (inode), whoever's they are.
            case namespace(UInt32)
        }

        package struct Series: Sendable, Hashable {
            package var subject: Subject
            /// `nil` counts every state that has a descriptor.
            package var state: State?
            /// As many as there are times.
            package var values: [UInt32]

            package init(subject: Subject, state: State?, values: [UInt32]) {
                self.subject = subject
                self.state = state
                self.values = values
            }
        }

        /// When they were counted, the earliest first.
        package var times: [UInt64] = []
        package var series: [Series] = []

        package init(times: [UInt64] = [], series: [Series] = []) {
            self.times = times
            self.series = series
        }
    }
}
