internal import Sockets
package import TCP

/// What `linger lab hold` can hold: a state of TCP, and where there are several, the way into it.
package enum HeldState: String, CaseIterable, Sendable {
    case listen
    case synSent = "syn-sent"
    case synReceived = "syn-rcvd"
    case established
    case finWait1 = "fin-wait-1"
    case finWait2 = "fin-wait-2"
    case finWait2Orphan = "fin-wait-2-orphan"
    case closing
    case timeWait = "time-wait"
    case timeWaitFinAck = "time-wait-fin-ack"
    case timeWaitClosing = "time-wait-closing"
    case closeWait = "close-wait"
    case lastAck = "last-ack"
    case closed

    /// A name as the filter takes it (`close-wait`, `CLOSE_WAIT`, `syn-recv`), or one of those above.
    package init(named name: String) throws(LabError) {
        let name = String(name.lowercased().map { $0 == "_" ? "-" : $0 })
        if let state = Self(rawValue: name) {
            self = state
        } else if let states = StateSet(named: name),
            let state = Self.allCases.first(where: { states == .init($0.state) })
        {
            self = state
        } else {
            let names = Self.allCases.map(\.rawValue)
            let meant = Suggestion.nearest(to: name, among: names).map { "did you mean \($0)? " } ?? ""
            throw LabError(
                "'\(name)' is no state that can be held",
                next: meant + "there are \(names.joined(separator: ", "))")
        }
    }

    package var state: State {
        switch self {
        case .listen: .listen
        case .synSent: .synSent
        case .synReceived: .synReceived
        case .established: .established
        case .finWait1: .finWait1
        case .finWait2, .finWait2Orphan: .finWait2
        case .closing: .closing
        case .timeWait, .timeWaitFinAck, .timeWaitClosing: .timeWait
        case .closeWait: .closeWait
        case .lastAck: .lastAck
        case .closed: .closed
        }
    }

    /// The sides on which the kernel's end can stand in that state, the usual one first.
    package var sides: [HeldSide] {
        switch self {
        case .listen: [.server]
        case .synSent: [.client]
        default: [.server, .client]
        }
    }

    /// Each socket takes a descriptor of this process.
    var needsDescriptors: Bool {
        switch self {
        case .listen, .synSent, .established, .finWait2, .closeWait, .closed: true
        case .synReceived, .finWait1, .finWait2Orphan, .closing, .timeWait, .timeWaitFinAck, .timeWaitClosing, .lastAck:
            false
        }
    }

    /// How it is brought about and held, for a person who wants to know TCP.
    package func explanation(_ side: HeldSide) -> String {
        switch self {
        case .listen: "A server socket after listen(2). Nobody connects to it."
        case .synSent: "connect(2) sent a SYN, and the peer does not answer. The kernel sends the SYN again and again."
        case .synReceived where side == .server:
            "The peer sent SYN, the kernel answered SYN+ACK, and the third segment of the handshake is withheld."
        case .synReceived:
            "A simultaneous open: both ends sent SYN. The kernel answered the peer's with SYN+ACK, and what acknowledges"
                + " the kernel's own SYN is withheld."
        case .established: "The handshake is done, and nothing more happens."
        case .finWait1: "The kernel's end closed and sent FIN. The FIN does not arrive, so nobody acknowledges it."
        case .finWait2:
            "The kernel's end sent FIN by shutdown(2) and still holds the socket. The peer acknowledged it and never closes."
        case .finWait2Orphan:
            "The kernel's end closed. The peer acknowledged the FIN and never closes. No process holds the socket; it ends"
                + " after net.ipv4.tcp_fin_timeout, which is set very long here."
        case .closing:
            "Both ends closed at the same moment: the peer's FIN came before an acknowledgement of the kernel's, which"
                + " never comes."
        case .timeWait:
            "The kernel's end closed first: FIN_WAIT_1, then FIN_WAIT_2 with the peer's ACK, then TIME_WAIT with the"
                + " peer's FIN. It lasts 60 s; the peer restarts it again and again."
        case .timeWaitFinAck:
            "The kernel's end closed first, and the peer answered with FIN and ACK in one segment: from FIN_WAIT_1 straight"
                + " to TIME_WAIT. It lasts 60 s; the peer restarts it again and again."
        case .timeWaitClosing:
            "Both ends closed at the same moment: CLOSING, then TIME_WAIT when the FIN was acknowledged. It lasts 60 s; the"
                + " peer restarts it again and again."
        case .closeWait:
            "The peer closed; the kernel acknowledged its FIN. The program at the kernel's end never closes."
        case .lastAck:
            "The peer closed, then the kernel's end did. Its FIN does not arrive, so the last ACK never comes."
        case .closed:
            "The peer reset the connection. The state is CLOSED and no list shows it, but the program still has the"
                + " descriptor."
        }
    }
}

/// Which end of the connections the kernel has.
package enum HeldSide: String, CaseIterable, Sendable {
    /// The peer connected to it.
    case server
    /// It connected to the peer.
    case client
}
