package import Sockets
internal import TCP

/// How a connection is cleared, the gentlest first. The raw value is the word of `--by` and of the audit record.
package enum Level: String, CaseIterable, Sendable, Comparable {
    /// shutdown(2) on a copy of the descriptor: a FIN. The descriptor stays.
    case shutdown
    /// SOCK_DESTROY or bpf_sock_destroy: RST. The descriptor stays.
    case destroy
    /// Inside the process, the descriptor becomes a socket that is shut down: the number stays taken.
    case release
    /// Inside the process, the descriptor is closed: the number is free.
    case close
    /// The systemd unit of the process is restarted.
    case restart
    /// The process is ended.
    case kill

    package static func < (left: Level, right: Level) -> Bool {
        (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }

    /// The gentlest level that ends a connection in this state, where one does.
    package static func gentlest(for connection: Connection) -> Level? {
        [.shutdown, .destroy].first { $0.obstacle(to: connection) == nil }
    }

    /// What the peer gets.
    package enum Sign: String, Sendable { case fin, reset, nothing }

    /// What the peer of a connection sees when this level ends it (`tcp_close`, `tcp_abort`, `tcp_shutdown` of
    /// net/ipv4/tcp.c). SO_LINGER of the program may turn a FIN into an RST.
    package func sign(for connection: Connection) -> Sign {
        switch (self, connection.state) {
        case (_, .listen), (_, .closed), (_, .timeWait), (_, .synSent): .nothing
        case (.shutdown, _): .fin
        // A request in the SYN queue is dropped in silence; what was accepted or is whole gets a reset.
        case (.destroy, .synReceived): connection.holding == .request ? .nothing : .reset
        case (.destroy, .closing), (.destroy, .lastAck): .nothing
        case (.destroy, _): .reset
        // Its own FIN is out already.
        case (_, .finWait1), (_, .finWait2), (_, .closing), (_, .lastAck): .nothing
        // close(2) with unread bytes says by RST that they were lost (RFC 2525, section 2.17). The peer's FIN counts as
        // one unread byte until the program has read it.
        default: connection.receiveQueue > (connection.state == .closeWait ? 1 : 0) ? .reset : .fin
        }
    }

    /// Why a level does nothing for a connection.
    package enum Obstacle: String, Sendable, CaseIterable {
        /// Nobody has a descriptor of it: only `destroy` reaches it.
        case noDescriptor = "no_descriptor"
        /// Who has it could not be seen.
        case holderUnseen = "holder_unseen"
        /// Its FIN is out already: a second shutdown changes nothing.
        case alreadyShut = "already_shut"
        /// A part of an MPTCP connection: the program has the connection above it.
        case mptcp
        /// The process belongs to no systemd unit.
        case noUnit = "no_unit"
        /// It is no connection (CLOSED).
        case closed
    }

    /// `nil` where the level can end it.
    package func obstacle(to connection: Connection) -> Obstacle? {
        if connection.transport != .tcp { return .mptcp }
        if connection.state == .closed { return .closed }
        if self == .destroy { return nil }
        switch connection.holding {
        case .held: break
        case .unseen, .kernelOrInFlight: return .holderUnseen
        case .unaccepted, .orphan, .timeWait, .request: return .noDescriptor
        }
        guard self == .shutdown else { return nil }
        return switch connection.state {
        case .established, .closeWait, .synSent, .synReceived, .listen: nil
        case .finWait1, .finWait2, .closing, .lastAck, .timeWait, .closed: .alreadyShut
        }
    }

    /// Its descriptors stay open in the processes that have them.
    package var keepsDescriptor: Bool { self == .shutdown || self == .destroy }
}
