package import Sockets
package import TCP

/// One connection that is worth keeping in full: it leaked, was reset, timed out, was destroyed …
package struct LifeRow: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        package var state: State
        /// Microseconds since 1970; `nil` where the way into the state was not seen.
        package var entered: Int64?

        package init(_ state: State, entered: Int64?) {
            self.state = state
            self.entered = entered
        }
    }

    /// Why it is kept; one word, never translated: `leak`, or how it ended (`reset_by_peer`, `timed_out` …).
    package var reason: String
    package var cookie: UInt64
    /// Inode of the network namespace.
    package var namespace: UInt32
    package var local: String
    package var remote: String
    /// It connected (true) or was accepted (false); `nil` where its beginning was not seen.
    package var isOutgoing: Bool?
    package var process: ProcessIdentity?
    package var descriptor: Int32?
    /// The states in order. The first one began before where `beganBefore` says so.
    package var states: [Entry]
    /// When it ended, or when it was last seen where it still lives (`ending` is `nil` then).
    package var ended: Int64
    /// How it ended; one word, never translated. `nil` while it lives.
    package var ending: String?
    /// `here`, `peer`, `both`; `nil` where no FIN was seen.
    package var closedFirst: String?
    /// The socket's error (errno); 0 for none.
    package var error: Int32
    package var bytesAcked: UInt64
    package var bytesReceived: UInt64
    package var retransmissions: UInt32
    /// Where in its program it was opened, the innermost frame first, a line each; empty where that is not known.
    package var stack: String
    /// It was there before the watch began: the first time is when it was first seen.
    package var beganBefore: Bool
    /// A part of it was not seen.
    package var hasHoles: Bool

    package init(
        reason: String, cookie: UInt64, namespace: UInt32, local: String, remote: String, isOutgoing: Bool? = nil,
        process: ProcessIdentity? = nil, descriptor: Int32? = nil, states: [Entry], ended: Int64,
        ending: String? = nil, closedFirst: String? = nil, error: Int32 = 0, bytesAcked: UInt64 = 0,
        bytesReceived: UInt64 = 0, retransmissions: UInt32 = 0, stack: String = "", beganBefore: Bool = false,
        hasHoles: Bool = false
    ) {
        self.reason = reason
        self.cookie = cookie
        self.namespace = namespace
        self.local = local
        self.remote = remote
        self.isOutgoing = isOutgoing
        self.process = process
        self.descriptor = descriptor
        self.states = states
        self.ended = ended
        self.ending = ending
        self.closedFirst = closedFirst
        self.error = error
        self.bytesAcked = bytesAcked
        self.bytesReceived = bytesReceived
        self.retransmissions = retransmissions
        self.stack = stack
        self.beganBefore = beganBefore
        self.hasHoles = hasHoles
    }

    /// When it began, or was first seen.
    package var began: Int64? { states.first?.entered }

    /// Microseconds in the state at an index; `nil` where its beginning or its end was not seen.
    package func dwell(at index: Int) -> Int64? {
        guard states.indices.contains(index), !(index == 0 && beganBefore), let start = states[index].entered else {
            return nil
        }
        let end = index + 1 < states.count ? states[index + 1].entered : ended
        return end.flatMap { $0 >= start ? $0 - start : nil }
    }
}
