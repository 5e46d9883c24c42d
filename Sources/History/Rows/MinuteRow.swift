package import Sockets
package import TCP

/// Connections that are counted together: those of one process in one state, through one listener or to one destination.
package struct MinuteRow: Sendable, Hashable {
    /// Minutes since 1970, UTC.
    package var minute: Int64
    /// `nil` where nobody was seen to open them.
    package var process: ProcessIdentity?
    package var way: ConnectionWay
    package var state: State
    /// Inode of the network namespace.
    package var namespace: UInt32
    /// At the end of the minute.
    package var count: Int64
    /// That entered the state in this minute.
    package var opened: Int64
    /// That left it.
    package var closed: Int64
    /// How long those that left it had been in it; `nil` where that is known of none.
    package var dwell: Dwell?

    /// Microseconds.
    package struct Dwell: Sendable, Hashable {
        package var p50: Int64
        package var p90: Int64
        package var p99: Int64

        package init(p50: Int64, p90: Int64, p99: Int64) {
            self.p50 = p50
            self.p90 = p90
            self.p99 = p99
        }
    }

    package init(
        minute: Int64, process: ProcessIdentity?, way: ConnectionWay, state: State, namespace: UInt32, count: Int64,
        opened: Int64 = 0, closed: Int64 = 0, dwell: Dwell? = nil
    ) {
        self.minute = minute
        self.process = process
        self.way = way
        self.state = state
        self.namespace = namespace
        self.count = count
        self.opened = opened
        self.closed = closed
        self.dwell = dwell
    }
}

/// Which way connections came or went.
package enum ConnectionWay: Sendable, Hashable {
    /// The address and port that is listened on: `0.0.0.0:8080`, or `*:8080` where only the port is known.
    case listener(String)
    /// The peer's address and port: `10.0.0.7:5432`.
    case destination(String)
    /// All that found no place among the groups that are counted apart.
    case other
}
