package import TCP

/// What a connection went through in one piece, from its beginning to its end, or to where transitions go on: the kernel
/// keeps what young connections do, and most of them are over soon. Plain numbers: there are very many.
package struct Course: Sendable, Hashable {
    /// States that a connection goes through at most, but for TIME_WAIT.
    package static let longest = 6

    /// Who opened it.
    package struct Opener: Sendable, Hashable {
        package var pid: Int32
        /// Clock ticks since boot, as `ProcessIdentity` has them.
        package var startTicks: UInt64
        /// `comm`, ended by a zero.
        package var command: SIMD16<UInt8>
        package var way: Opening.Way
        package var descriptor: Int32?

        package init(
            pid: Int32, startTicks: UInt64, command: SIMD16<UInt8>, way: Opening.Way, descriptor: Int32? = nil
        ) {
            self.pid = pid
            self.startTicks = startTicks
            self.command = command
            self.way = way
            self.descriptor = descriptor
        }

        package var process: ProcessIdentity {
            let name = withUnsafeBytes(of: command) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            return ProcessIdentity(pid: pid, startTicks: startTicks, command: name)
        }
    }

    package let cookie: UInt64
    /// Inode of the network namespace.
    package let namespace: UInt32
    /// Index of the interface that the socket is bound to; 0 for none.
    package let interface: UInt32
    /// The port is 0 where it went no further than SYN_SENT.
    package let local: Endpoint
    package let remote: Endpoint
    /// Nanoseconds on the monotonic clock: when it entered the first state, and how long after that the others.
    private let began: UInt64
    private var after = SIMD8<UInt32>.zero
    /// Raw values.
    private var states = SIMD8<UInt8>.zero
    package private(set) var count = 1
    /// `nil` where that was not seen, or not yet.
    package var opener: Opener?
    /// `nil` where the connection goes on.
    package var end: End?

    /// Its last transition, to CLOSED as the kernel says it.
    package struct End: Sendable, Hashable {
        /// Nanoseconds on the monotonic clock.
        package var time: UInt64
        package var bytesAcked: UInt64
        package var bytesReceived: UInt64
        package var retransmissions: UInt32
        package var error: UInt16
        package var old: State
        package var flags: Transition.Flags

        package init(
            time: UInt64, old: State, bytesAcked: UInt64, bytesReceived: UInt64, retransmissions: UInt32, error: UInt16,
            flags: Transition.Flags
        ) {
            self.time = time
            self.old = old
            self.bytesAcked = bytesAcked
            self.bytesReceived = bytesReceived
            self.retransmissions = retransmissions
            self.error = error
            self.flags = flags
        }
    }

    package init(
        cookie: UInt64, namespace: UInt32 = 0, local: Endpoint, remote: Endpoint, interface: UInt32 = 0, first: State,
        at time: UInt64
    ) {
        self.cookie = cookie
        self.namespace = namespace
        self.local = local
        self.remote = remote
        self.interface = interface
        began = time
        states[0] = first.rawValue
    }

    /// - Parameter later: nanoseconds after the first.
    /// - Precondition: there are fewer states than `longest`.
    package mutating func enter(_ state: State, later: UInt32) {
        states[count] = state.rawValue
        // The kernel's own note of a time is cut down to a microsecond.
        after[count] = max(later, after[count - 1])
        count += 1
    }

    package func state(at index: Int) -> State { State(rawValue: states[index]) ?? .closed }
    package func entered(at index: Int) -> UInt64 { began &+ UInt64(after[index]) }

    /// Out of the last state; `nil` where the connection goes on.
    package var last: Transition? {
        end.map {
            Transition(
                time: max($0.time, entered(at: count - 1)), cookie: cookie, namespace: namespace, old: $0.old,
                new: .closed, local: local, remote: remote, interface: interface, bytesAcked: $0.bytesAcked,
                bytesReceived: $0.bytesReceived, retransmissions: $0.retransmissions, error: $0.error, flags: $0.flags)
        }
    }

    package var opening: Opening? {
        opener.map {
            Opening(
                time: began, cookie: cookie, namespace: namespace, way: $0.way, process: $0.process,
                descriptor: $0.descriptor)
        }
    }

    /// The same, told one by one. What was carried until then is only told by the last transition.
    package var events: [StreamEvent] {
        var events: [StreamEvent] = []
        if let opening { events.append(.opening(opening)) }
        for index in 0..<count {
            let new = state(at: index)
            let old = index == 0 ? (new == .synSent ? .closed : .listen) : state(at: index - 1)
            events.append(
                .transition(
                    Transition(
                        time: entered(at: index), cookie: cookie, namespace: namespace, old: old, new: new,
                        local: local,
                        remote: remote, interface: interface, flags: .withoutTraffic)))
        }
        if let last { events.append(.transition(last)) }
        return events
    }
}
