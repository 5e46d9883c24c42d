package import TCP

/// One TCP socket as it was observed: a connection, a listener, or what the kernel keeps of a connection that is over.
///
/// Plain data, about 300 bytes: a snapshot may hold 100,000 of them. Whatever could not be seen is `nil`.
/// Sources: `inet_diag_msg` and its attributes (`linux/inet_diag.h`), `struct tcp_info` (`linux/tcp.h`), or the same
/// fields read by an eBPF iterator.
package struct Connection: Sendable {
    /// What the socket speaks.
    package enum Transport: UInt8, Sendable {
        case tcp
        /// A TCP connection that carries a part of an MPTCP connection.
        case subflow
        /// The MPTCP connection itself, over its subflows.
        case mptcp
    }

    /// The socket's cookie: one key for the connection's whole life, TIME_WAIT included. 0 is never a cookie.
    package var cookie: UInt64
    /// Inode of the socket in sockfs; 0 where no descriptor was ever made for it or the last one is closed.
    package var inode: UInt32
    package var state: State
    package var transport: Transport
    package var local: Endpoint
    package var remote: Endpoint
    /// The network namespace, an index into `Snapshot.namespaces`.
    package var namespace: UInt16
    /// Index of the interface that the socket is bound to (SO_BINDTODEVICE) or that scopes a link-local address; 0 for none.
    package var interface: UInt32
    /// The socket's owner. `nil` for the small sockets of SYN_RCVD and TIME_WAIT, whose 0 says nothing.
    @Seen package var uid: UInt32?

    /// Bytes that the application has not read; for LISTEN, connections that wait to be accepted.
    package var receiveQueue: UInt32
    /// Bytes that the peer has not acknowledged; for LISTEN, the backlog: how many may wait.
    package var sendQueue: UInt32

    package var timer: Timer
    package var info: TCPInfo
    package var memory: SocketMemory

    /// SO_MARK.
    @Seen package var mark: UInt32?
    /// The cgroup (v2) that the socket was made in.
    @Seen package var cgroup: UInt64?
    /// IPV6_V6ONLY of an IPv6 socket.
    package var isV6Only: Bool
    /// SO_KEEPALIVE. Only the eBPF iterator sees the option itself; sock_diag shows a running keepalive timer.
    package var keepalive: Bool?

    /// Who holds it.
    package var holding: Holding

    package init(
        cookie: UInt64, inode: UInt32, state: State, transport: Transport = .tcp, local: Endpoint, remote: Endpoint,
        namespace: UInt16 = 0, interface: UInt32 = 0, uid: UInt32? = nil, receiveQueue: UInt32 = 0,
        sendQueue: UInt32 = 0, timer: Timer = .off, info: TCPInfo = TCPInfo(), memory: SocketMemory = SocketMemory(),
        mark: UInt32? = nil, cgroup: UInt64? = nil, isV6Only: Bool = false, keepalive: Bool? = nil,
        holding: Holding = .unseen
    ) {
        self.cookie = cookie
        self.inode = inode
        self.state = state
        self.transport = transport
        self.local = local
        self.remote = remote
        self.namespace = namespace
        self.interface = interface
        self.receiveQueue = receiveQueue
        self.sendQueue = sendQueue
        self.timer = timer
        self.info = info
        self.memory = memory
        self.isV6Only = isV6Only
        self.keepalive = keepalive
        self.holding = holding
        self.uid = uid
        self.mark = mark
        self.cgroup = cgroup
    }

    /// What tells it apart from all others of one host as long as it lives; 0 where nothing does. The cookie; of an MPTCP
    /// connection the inode, for those that a listener accepted may all have the listener's cookie.
    package var identity: UInt64 {
        guard transport == .mptcp else { return cookie }
        return inode == 0 ? 0 : UInt64(inode) | 1 << 63
    }

    /// A socket that transitions are told of: no request in a SYN queue, no MPTCP connection over its subflows.
    package var hasTransitions: Bool {
        transport != .mptcp && state != .closed && holding != .request && cookie != 0
    }

    /// The kernel keeps only a small socket of it: TIME_WAIT, or FIN_WAIT_2 that an orphan's small socket carries.
    package var isSmall: Bool { state == .timeWait || state == .finWait2 && timer.kind == .timeWait }

    @inlinable
    package var family: IPAddress.Family { local.address.family }
}

/// Who holds a connection: what of a socket without descriptor is told apart.
package enum Holding: Sendable, Hashable {
    /// Processes have it open: the range in `Snapshot.holders`, never empty. More than one process: shared, mostly over fork.
    case held(start: UInt32, count: UInt32)
    /// In a listener's accept queue: the process has not called accept. The listeners whose queue it can stand in are
    /// found by `ListenerIndex`.
    case unaccepted
    /// Closed by its process; the kernel finishes it alone (FIN_WAIT_1, FIN_WAIT_2, CLOSING, LAST_ACK).
    case orphan
    /// TIME_WAIT: nobody's.
    case timeWait
    /// SYN_RCVD that is still a request in the SYN queue.
    case request
    /// It has an inode, every process could be looked at, and none has it: a kernel socket, a descriptor in flight
    /// between processes (SCM_RIGHTS) or in an io_uring, or one that was closed while we looked.
    case kernelOrInFlight
    /// Its holder could not be seen (another user's process, no privilege).
    case unseen
}

/// The timer that runs for a socket (`idiag_timer`).
package struct Timer: Sendable, Hashable {
    package enum Kind: UInt8, Sendable {
        case off = 0
        case retransmit = 1
        case keepalive = 2
        case timeWait = 3
        case zeroWindowProbe = 4
        /// Kernel timer of a number that we do not know.
        case unknown = 255
    }

    package var kind: Kind
    /// Retransmissions or probes without an answer so far (`idiag_retrans`).
    package var retries: UInt8
    /// Milliseconds until it fires.
    package var expires: UInt32

    @inlinable
    package init(kind: Kind, retries: UInt8, expires: UInt32) {
        self.kind = kind
        self.retries = retries
        self.expires = expires
    }

    package static let off = Timer(kind: .off, retries: 0, expires: 0)
}
