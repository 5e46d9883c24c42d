import TCP

/// The model in the kernel's place.
struct ModelSubject: ~Copyable {
    private var machine: ConnectionMachine
    private var peer = Peer()
    private var now = Instant(microseconds: 1_000_000)
    private var isOpen: Bool

    init(_ opening: Opening, _ configuration: Configuration) {
        machine = ConnectionMachine(configuration)
        isOpen = opening == .active
        switch opening {
        case .passive:
            _ = machine.openPassively(initialSequence: SequenceNumber(77))
        case .active:
            for segment in machine.openActively(initialSequence: SequenceNumber(77), at: now).segments {
                peer.hears(segment)
            }
        }
    }

    /// `nil` for a call that the application cannot make now: it has no connection yet, or has closed it.
    mutating func perform(_ step: Step) -> Outcome? {
        now = now + 100
        var read = 0
        let actions: Actions
        switch step {
        case .segment(let kind, let isRight):
            actions = machine.arrive(peer.segment(kind, isRight: isRight), at: now)
            if actions.flags.contains(.established) { isOpen = true }
        case .call(let call):
            guard isOpen else { return nil }
            switch call {
            case .send: actions = machine.send(Peer.dataCount, at: now)
            case .receive:
                read = machine.status.unread
                actions = machine.receive(read, at: now)
            case .shutdown: actions = machine.shutdownSend(at: now)
            case .close:
                actions = machine.close(at: now)
                isOpen = false
            case .abort:
                actions = machine.abort(at: now)
                isOpen = false
            }
        }
        for segment in actions.segments { peer.hears(segment) }
        return Outcome(
            state: state, answers: actions.segments.map(peer.answer), read: read, isRefused: actions.failure != nil)
    }

    var state: State? {
        switch machine.state {
        case .closed, .listen: nil
        case let state: state
        }
    }
}
