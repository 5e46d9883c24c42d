package import TCP

/// A change of state of one socket, as the kernel made it (`inet_sock_set_state`).
///
/// The kernel gives a socket that goes into TIME_WAIT, or that it alone carries on in FIN_WAIT_2, to a small socket, and
/// calls the large one closed. Here the connection is what counts: `new` is TIME_WAIT or FIN_WAIT_2 then, and
/// `isHandedOver` says that no further transition of it will be seen.
package struct Transition: Sendable, Hashable {
    /// Nanoseconds on the monotonic clock; the latest that it can have been, where looks tell of it (`isDeduced`).
    package var time: UInt64
    /// The earliest that it can have been; `time` where the kernel told it.
    package var notBefore: UInt64
    /// The socket's cookie: one key for the connection's whole life.
    package var cookie: UInt64
    /// Inode of the network namespace.
    package var namespace: UInt32
    package var old: State
    package var new: State
    /// The port is 0 in SYN_SENT: it is chosen right after.
    package var local: Endpoint
    package var remote: Endpoint
    /// Index of the interface that the socket is bound to; 0 for none.
    package var interface: UInt32
    /// As TCP_INFO counts: a SYN and a FIN count for one byte each.
    package var bytesAcked: UInt64
    package var bytesReceived: UInt64
    package var retransmissions: UInt32
    /// Why it was closed by other than its process (errno): ECONNRESET, ETIMEDOUT …; 0 where it was not.
    package var error: UInt16
    package var flags: Flags

    package struct Flags: OptionSet, Sendable, Hashable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// The peer's FIN was received.
        package static let finReceived = Flags(rawValue: 1)
        /// Its process closed it.
        package static let orphan = Flags(rawValue: 2)
        /// A negative TCP_LINGER2: the kernel does not wait in FIN_WAIT_2.
        package static let noFinWait = Flags(rawValue: 4)
        package static let handedOver = Flags(rawValue: 8)
        /// Between two looks: the connection may have gone through other states in between.
        package static let deduced = Flags(rawValue: 16)
        /// What it carried was not seen: the numbers say nothing.
        package static let withoutTraffic = Flags(rawValue: 32)
    }

    package init(
        time: UInt64, notBefore: UInt64? = nil, cookie: UInt64, namespace: UInt32 = 0, old: State, new: State,
        local: Endpoint, remote: Endpoint, interface: UInt32 = 0, bytesAcked: UInt64 = 0, bytesReceived: UInt64 = 0,
        retransmissions: UInt32 = 0, error: UInt16 = 0, flags: Flags = []
    ) {
        self.time = time
        self.notBefore = notBefore ?? time
        self.cookie = cookie
        self.namespace = namespace
        self.old = old
        self.new = new
        self.local = local
        self.remote = remote
        self.interface = interface
        self.bytesAcked = bytesAcked
        self.bytesReceived = bytesReceived
        self.retransmissions = retransmissions
        self.error = error
        self.flags = flags
        settle()
    }

    /// A small socket carries the connection on; the stream will tell nothing more of it.
    package var isHandedOver: Bool { flags.contains(.handedOver) }

    /// Looks tell of it, and not the kernel.
    package var isDeduced: Bool { flags.contains(.deduced) }

    /// Of a connection that no look saw: it came and went between two of them.
    package var isBrief: Bool { isDeduced && old == .closed && new == .closed }

    /// The stream will tell nothing more of it.
    package var isLast: Bool { new == .closed || isHandedOver }

    /// Turns the kernel's CLOSED into the state that the small socket is in (`tcp_time_wait`, `net/ipv4/tcp_minisocks.c`).
    private mutating func settle() {
        guard new == .closed, !isDeduced else { return }
        switch old {
        case .finWait2 where flags.contains(.finReceived):
            // A FIN in this state leads to TIME_WAIT at once, whatever error was left on the socket before.
            (new, flags) = (.timeWait, flags.union(.handedOver))
        case .closing where error == 0:
            (new, flags) = (.timeWait, flags.union(.handedOver))
        case .finWait2 where error == 0 && flags.contains(.orphan) && !flags.contains(.noFinWait):
            (new, flags) = (.finWait2, flags.union(.handedOver))
        default: break
        }
    }
}
