import Kernel
import TCP

/// A real socket of this host's kernel. The peer sits behind a TUN device in a network namespace of its own.
struct KernelSubject: ~Copyable {
    private let link: Link
    private var peer = Peer()
    private let opening: Opening
    private let ports: (subject: UInt16, peer: UInt16)
    /// The connection's, as long as the application has it.
    private var socket: LabSocket?
    private var wasAccepted = false
    private static let data = [UInt8](repeating: 0x79, count: Peer.dataCount)

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
        _ = try hear()
    }

    deinit {
        try? socket?.resetOnClose()
        // A connection that no descriptor holds any more ends by the peer's reset.
        link.forget(ports, next: peer.next)
    }

    /// `nil` for a call that the application cannot make now.
    mutating func perform(_ step: Step) throws -> Outcome? {
        var outcome = Outcome(state: nil, answers: [])
        try socket?.acknowledgeAtOnce()
        switch step {
        case .segment(let kind, let isRight):
            try link.send(peer.segment(kind, isRight: isRight), from: ports.peer, to: ports.subject)
        case .call(let call):
            guard let socket else { return nil }
            do {
                try make(call, on: socket, &outcome)
            } catch is KernelError {
                outcome.isRefused = true
            }
        }
        if opening == .passive, !wasAccepted, let accepted = try link.listener.accept() {
            socket = accepted
            wasAccepted = true
            try accepted.sendAtOnce()
        }
        // What was just accepted, or has woken a timer for its ACK, answers now.
        try socket?.acknowledgeAtOnce()
        outcome.answers = try hear()
        outcome.state = try link.state(local: ports.subject, remote: ports.peer)
        return outcome
    }

    private mutating func make(_ call: Step.Call, on socket: LabSocket, _ outcome: inout Outcome) throws {
        switch call {
        case .send: outcome.isRefused = try socket.send(Self.data) != Peer.dataCount
        case .receive: outcome.read = try socket.receive(atMost: 4096)?.count ?? 0
        case .shutdown: try socket.shutSending()
        case .close: self.socket = nil
        case .abort:
            try socket.resetOnClose()
            self.socket = nil
        }
    }

    /// What has been sent since the last time.
    mutating func hear() throws -> [Answer] {
        var answers: [Answer] = []
        while let segment = try link.receive(from: ports.subject, to: ports.peer) {
            peer.hears(segment)
            answers.append(peer.answer(segment))
        }
        return answers
    }

    /// The ACK that is due is put off: the peer goes on as if it had come.
    mutating func owes(_ acknowledgment: Answer) {
        if let count = acknowledgment.acknowledgment { peer.isAcknowledged(peer.initial + count) }
    }
}
