internal import Sockets
internal import TCP

/// How a connection ended, as far as its last transition and the socket's error tell.
package enum LifeEnding: UInt8, Sendable, CaseIterable {
    /// Both sides sent their FIN, and each was acknowledged.
    case orderly = 1
    /// A RST came.
    case resetByPeer
    /// This side gave it up with a RST: closed with unread data or SO_LINGER 0, disconnected, not accepted before the
    /// listener closed, or too many orphans.
    case resetHere
    /// The peer answered the SYN with a RST.
    case refused
    /// Nothing was acknowledged for too long (retransmissions or keepalive).
    case timedOut
    /// The network said that the peer cannot be reached.
    case unreachable
    /// Destroyed from outside (SOCK_DESTROY): `ss -K`, `linger`.
    case destroyed
    /// The program gave up connecting.
    case abandoned
    /// No local port was free, or the chosen one was taken.
    case noPort
    /// Closed by its process in FIN_WAIT_2: the kernel waits for the peer's FIN, unseen, for `tcp_fin_timeout` at most.
    case orphaned
    /// A listener that closed.
    case stoppedListening
    /// Gone when a look came by: how it ended was not seen.
    case unseen

    /// As JSON and metrics write it.
    package var key: StaticString {
        switch self {
        case .orderly: "orderly"
        case .resetByPeer: "reset_by_peer"
        case .resetHere: "reset_here"
        case .refused: "refused"
        case .timedOut: "timed_out"
        case .unreachable: "unreachable"
        case .destroyed: "destroyed"
        case .abandoned: "abandoned"
        case .noPort: "no_port"
        case .orphaned: "orphaned"
        case .stoppedListening: "stopped_listening"
        case .unseen: "unseen"
        }
    }
}

/// errno numbers of Linux (`asm-generic/errno.h`) that the kernel leaves on a socket that it closes.
private enum SocketError {
    static let brokenPipe: UInt16 = 32
    static let connectionAborted: UInt16 = 103
    static let connectionReset: UInt16 = 104
    static let timedOut: UInt16 = 110
    static let connectionRefused: UInt16 = 111
}

extension LifeEnding {
    /// - Parameter last: a transition with `isLast`.
    init(_ last: Transition) {
        // Looks do not show why a socket is gone: only that a small one carries it on says how it ended.
        if last.isDeduced {
            self =
                switch (last.new, last.old) {
                case (.timeWait, _): .orderly
                case (.finWait2, _): .orphaned
                case (_, .listen): .stoppedListening
                default: .unseen
                }
            return
        }
        self =
            switch (last.new, last.old, last.error) {
            case (.timeWait, _, _): .orderly
            case (.finWait2, _, _): .orphaned
            // tcp_abort()
            case (_, _, SocketError.connectionAborted): .destroyed
            case (_, .listen, _): .stoppedListening
            // tcp_reset(): ECONNREFUSED in SYN_SENT, EPIPE in CLOSE_WAIT, else ECONNRESET.
            case (_, .synSent, SocketError.connectionRefused): .refused
            case (_, _, SocketError.connectionReset), (_, _, SocketError.brokenPipe): .resetByPeer
            // tcp_write_err()
            case (_, _, SocketError.timedOut): .timedOut
            // tcp_v4_connect() chooses the port after SYN_SENT; without one it goes back.
            case (_, .synSent, _) where last.local.port == 0: .noPort
            case (_, .synSent, 0): .abandoned
            case (_, .synSent, _): .unreachable
            case (_, .lastAck, 0): .orderly
            // Retransmissions that ICMP answered: the timeout reports what ICMP said.
            case (_, _, let error) where error != 0: .timedOut
            default: .resetHere
            }
    }
}
