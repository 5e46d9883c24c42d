import TCP

/// The model in the kernel's place.
struct ModelSubject: ~Copyable {
    private var machine: ConnectionMachine
    private var peer = Peer()
    private var now = Instant(microseconds: 1_000_000)
    private var isOpen: Bool

    init(_ opening: Opening, _ configuration: Configuration) {
        var configuration = configuration
        // Somebody listens where a passive end came from.
        configuration.reopensFromTimeWait = opening == .passive
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
            let segment = peer.segment(kind, isRight: isRight)
            actions = reopening(machine.arrive(segment, at: now), by: segment)
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

    /// What a stack does when a SYN ends TIME_WAIT: the segment goes to a machine that listens (RFC 9293, section 3.6.1).
    private mutating func reopening(_ actions: Actions, by segment: Segment) -> Actions {
        guard actions.flags.contains(.reopen) else { return actions }
        machine = ConnectionMachine(machine.configuration)
        isOpen = false
        _ = machine.openPassively(initialSequence: actions.mark + 1)
        return machine.arrive(segment, at: now)
    }

    var state: State? {
        switch machine.state {
        case .closed, .listen: nil
        case let state: state
        }
    }
}
