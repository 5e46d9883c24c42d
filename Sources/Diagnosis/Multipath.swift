import Sockets
import TCP

/// Which MPTCP connections count beside their subflows.
///
/// As a rule the subflows are counted and the connection over them is not. But MPTCP closes on its own level (DATA_FIN,
/// RFC 8684, section 3.3.3): when the peer has closed, the connection is in CLOSE_WAIT while its subflows stay
/// ESTABLISHED. Then the connection tells what the program left undone, unless a subflow of it is in the same state.
struct Multipath {
    private struct Key: Hashable {
        var inode: UInt32
        var state: State
    }

    private var subflows: Set<Key> = []
    /// Milliseconds since an ACK last came over any subflow, by the connection's inode: its DATA_FIN is as old at least.
    private var lastAck: [UInt32: UInt32] = [:]

    init(_ snapshot: Snapshot) {
        guard snapshot.connections.contains(where: { $0.transport == .mptcp && $0.state.isClosing }) else { return }
        for connection in snapshot.connections where connection.transport == .subflow && connection.inode != 0 {
            subflows.insert(Key(inode: connection.inode, state: connection.state))
            if let last = connection.info.lastAckReceived {
                lastAck[connection.inode] = min(last, lastAck[connection.inode] ?? last)
            }
        }
    }

    func counts(_ connection: Connection) -> Bool {
        guard connection.transport == .mptcp else { return true }
        return connection.state.isClosing && !subflows.contains(Key(inode: connection.inode, state: connection.state))
    }

    /// As `Connection.ageAtLeast`, for the connection over subflows.
    func age(_ connection: Connection) -> UInt32? {
        connection.state == .closeWait || connection.state == .finWait2 ? lastAck[connection.inode] : nil
    }
}

extension State {
    /// One of the two sides, or both, have closed.
    fileprivate var isClosing: Bool {
        switch self {
        case .finWait1, .finWait2, .closing, .closeWait, .lastAck: true
        case .established, .synSent, .synReceived, .timeWait, .closed, .listen: false
        }
    }
}
