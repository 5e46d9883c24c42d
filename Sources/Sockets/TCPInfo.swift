/// What the kernel tells about a TCP socket beyond its queues (`struct tcp_info`, `linux/tcp.h`): the fields that a
/// finding, a filter or a column uses. A kernel too old for a field, or a socket too small to have one, leaves `nil`.
package struct TCPInfo: Sendable {
    /// Milliseconds since data was last sent.
    @Seen package var lastDataSent: UInt32?
    /// Milliseconds since data last came.
    @Seen package var lastDataReceived: UInt32?
    /// Milliseconds since an ACK last came. In CLOSE_WAIT close to the time since the peer's FIN, and a lower bound of
    /// it: keepalives and late segments reset it.
    @Seen package var lastAckReceived: UInt32?
    /// Retransmission timeout, milliseconds.
    @Seen package var rto: UInt32?
    /// Smoothed round-trip time, microseconds.
    @Seen package var rtt: UInt32?
    /// Segments sent and not acknowledged.
    @Seen package var unacked: UInt32?
    /// Segments retransmitted over the connection's life.
    @Seen package var totalRetransmissions: UInt32?
    /// The window that the peer offers, bytes. 0: it cannot take more. (`tcpi_snd_wnd`, Linux 5.4)
    @Seen package var sendWindow: UInt32?
    /// Bytes in the send queue that were not sent yet.
    @Seen package var notSent: UInt32?
    @Seen package var bytesAcked: UInt64?
    @Seen package var bytesReceived: UInt64?
    /// Consecutive timeouts of the retransmission timer (`tcpi_retransmits`).
    @Seen package var retransmits: UInt8?
    /// Zero-window or keepalive probes without an answer.
    @Seen package var probes: UInt8?
    /// Exponent of the timer's back-off.
    @Seen package var backoff: UInt8?

    @inlinable
    package init() {}
}

/// The memory of a socket, bytes (`INET_DIAG_SKMEMINFO`, `linux/sock_diag.h`).
package struct SocketMemory: Sendable {
    @Seen package var receiveAllocated: UInt32?
    @Seen package var receiveBuffer: UInt32?
    @Seen package var sendAllocated: UInt32?
    @Seen package var sendBuffer: UInt32?
    @Seen package var forwardAllocated: UInt32?
    @Seen package var sendQueued: UInt32?
    @Seen package var optionMemory: UInt32?
    @Seen package var backlog: UInt32?
    @Seen package var drops: UInt32?

    @inlinable
    package init() {}
}
