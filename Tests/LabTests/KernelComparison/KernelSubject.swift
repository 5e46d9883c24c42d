import Glibc
import TCP

/// A real socket of this host's kernel. The peer sits behind a TUN device in a network namespace of its own.
struct KernelSubject: ~Copyable {
    private let link: Link
    private var peer = Peer()
    private let opening: Opening
    private let ports: (subject: UInt16, peer: UInt16)
    /// The connection's.
    private var socket: Int32 = -1
    private var wasAccepted = false

    init(_ opening: Opening, on link: Link) throws {
        self.link = link
        self.opening = opening
        switch opening {
        case .passive:
            // One listener for all: a connection differs by the peer's port.
            ports = (Link.listeningPort, link.freshPort())
        case .active:
            ports = (link.freshPort(), Link.peerPort)
            socket = try link.connect(from: ports.subject)
        }
        while let segment = try link.receive(from: ports.subject, to: ports.peer) { peer.hears(segment) }
    }

    deinit {
        if socket >= 0 { Link.reset(socket) }
        // A connection that no descriptor holds any more ends by the peer's reset.
        link.forget(ports, next: peer.next)
    }

    /// `nil` for a call that the application cannot make now.
    mutating func perform(_ step: Step) throws -> Outcome? {
        var outcome = Outcome(state: nil, answers: [])
        if socket >= 0 { Link.acknowledgeAtOnce(socket) }
        switch step {
        case .segment(let kind, let isRight):
            try link.send(peer.segment(kind, isRight: isRight), from: ports.peer, to: ports.subject)
        case .call(let call):
            guard socket >= 0 else { return nil }
            outcome.isRefused = !Link.make(call, on: socket, read: &outcome.read)
            if call == .close || call == .abort { socket = -1 }
        }
        if opening == .passive, socket < 0, !wasAccepted { acceptIfThere() }
        // What was just accepted, or has woken a timer for its ACK, answers now.
        if socket >= 0 { Link.acknowledgeAtOnce(socket) }
        while let segment = try link.receive(from: ports.subject, to: ports.peer) {
            peer.hears(segment)
            outcome.answers.append(peer.answer(segment))
        }
        outcome.state = try link.state(local: ports.subject, remote: ports.peer)
        return outcome
    }

    /// The ACK that is due is put off: the peer goes on as if it had come.
    mutating func owes(_ acknowledgment: Answer) {
        if let count = acknowledgment.acknowledgment { peer.isAcknowledged(peer.initial + count) }
    }

    private mutating func acceptIfThere() {
        let accepted = accept(link.listener, nil, nil)
        guard accepted >= 0 else { return }
        _ = fcntl(accepted, F_SETFL, O_NONBLOCK)
        socket = accepted
        wasAccepted = true
        Link.sendAtOnce(socket)
    }
}
