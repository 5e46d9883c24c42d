/// The kernel's notice that a TCP socket was destroyed: the last that is heard of a connection, unless a small socket
/// carries it on. By then every socket is CLOSED: the notice does not tell in which state it was, or why it ended.
package struct EndNotice: Sendable, Hashable {
    /// When the notice was read, nanoseconds on the monotonic clock: the end was before.
    package var time: UInt64
    package var cookie: UInt64
    /// Inode of the network namespace.
    package var namespace: UInt32
    package var local: Endpoint
    /// Without a port where it never had a peer, or its process reset the connection: that forgets the peer, and what
    /// was carried.
    package var remote: Endpoint
    package var interface: UInt32
    package var bytesAcked: UInt64?
    package var bytesReceived: UInt64?
    package var retransmissions: UInt32?
    /// Milliseconds from the last ACK to the notice; since the host's start for a socket that never had a peer.
    package var lastAckReceived: UInt32?

    package init(
        time: UInt64, cookie: UInt64, namespace: UInt32, local: Endpoint, remote: Endpoint, interface: UInt32 = 0,
        bytesAcked: UInt64? = nil, bytesReceived: UInt64? = nil, retransmissions: UInt32? = nil,
        lastAckReceived: UInt32? = nil
    ) {
        self.time = time
        self.cookie = cookie
        self.namespace = namespace
        self.local = local
        self.remote = remote
        self.interface = interface
        self.bytesAcked = bytesAcked
        self.bytesReceived = bytesReceived
        self.retransmissions = retransmissions
        self.lastAckReceived = lastAckReceived
    }
}
