import Sockets
import TCP

/// Rule 2. Connections that nobody has accepted: the listener stopped calling accept, or is too slow.
///
/// The kernel refuses a new connection when more wait than the backlog allows (`sk_acceptq_is_full`: greater, not
/// greater or equal), so a backlog of 128 holds 129.
struct AcceptQueueRule: Rule {
    let kinds: [Finding.Kind] = [.acceptStalled, .acceptQueueFull]

    func findings(in evidence: Evidence) -> [Finding] {
        let unaccepted = [State.established, .closeWait, .finWait1, .finWait2, .closing, .lastAck].flatMap { state in
            evidence.connections(in: state).filter { evidence.now.connections[Int($0)].holding == .unaccepted }
        }
        let byListener = evidence.grouped(unaccepted) { index in
            evidence.listenerOf[Int(index)] >= 0 ? evidence.listenerOf[Int(index)] : nil
        }
        var places: [Place: Siblings] = [:]
        for listener in evidence.connections(in: .listen) where evidence.connection(listener).receiveQueue > 0 {
            places[Place(evidence.connection(listener))] = Siblings()
        }
        for listener in evidence.connections(in: .listen) {
            places[Place(evidence.connection(listener))]?.listeners += 1
        }
        for (listener, members) in byListener {
            places[Place(evidence.connection(listener))]?.add(members, evidence)
        }
        return evidence.connections(in: .listen).compactMap { listener in
            let queue = Queue(listener, places[Place(evidence.connection(listener))] ?? Siblings(), evidence)
            if queue.isFull, queue.isLasting { return full(queue, evidence) }
            return isStalled(queue, evidence) ? stalled(queue, evidence) : nil
        }
    }

    /// What listeners share that SO_REUSEPORT lets stand at one address and port.
    private struct Place: Hashable {
        let local: Endpoint
        let namespace: UInt16

        init(_ listener: Connection) { (local, namespace) = (listener.local, listener.namespace) }
    }

    /// The listeners of one place, and what waits there. The kernel does not tell in whose queue each stands.
    private struct Siblings {
        var listeners = 0
        var members: [Int32] = []
        /// Longest wait, milliseconds.
        var oldest: UInt64?
        /// How many have waited for too long.
        var old = 0

        mutating func add(_ found: [Int32], _ evidence: Evidence) {
            guard members.isEmpty else { return }
            members = found
            let limit = evidence.thresholds.acceptStalledSeconds * 1000
            let waits = found.compactMap(evidence.waiting)
            oldest = waits.max()
            old = waits.count { Double($0) >= limit }
        }
    }

    /// The accept queue of one listener.
    private struct Queue {
        let listener: Int
        let length: UInt32
        let backlog: UInt32
        /// Who shares its place, this one too, and those that can stand in its queue.
        let siblings: Siblings
        /// Of those that waited in the earlier look, accepted since. `nil` with one look.
        let accepted: Int?
        let overflowed: UInt64?
        let isLasting: Bool

        /// More than the backlog.
        var isFull: Bool { length > backlog }

        var members: [Int32] { siblings.members }
        var oldest: UInt64? { siblings.oldest }

        init(_ listener: Int32, _ siblings: Siblings, _ evidence: Evidence) {
            let connection = evidence.connection(listener)
            self.listener = Int(listener)
            length = connection.receiveQueue
            backlog = connection.sendQueue
            guard length > 0 else {
                (self.siblings, accepted, overflowed, isLasting) = (Siblings(), nil, nil, false)
                return
            }
            self.siblings = siblings
            accepted = Self.accepted(connection, evidence)
            overflowed = evidence.gained("ListenOverflows", in: Int(connection.namespace))
            let isOld = siblings.oldest.map { Double($0) >= evidence.thresholds.acceptFullSeconds * 1000 }
            isLasting = isOld ?? true || overflowed ?? 0 > 0
        }

        private static func accepted(_ listener: Connection, _ evidence: Evidence) -> Int? {
            guard let before = evidence.before else { return nil }
            return before.connections.indices.count { index in
                let earlier = before.connections[index]
                guard earlier.holding == .unaccepted, earlier.local.port == listener.local.port,
                    earlier.namespace == listener.namespace, evidence.laterOf[index] >= 0
                else { return false }
                if case .held = evidence.connection(evidence.laterOf[index]).holding { return true }
                return false
            }
        }
    }

    private func isStalled(_ queue: Queue, _ evidence: Evidence) -> Bool {
        guard queue.length > 0 else { return false }
        // Of listeners that share a port, only those whose own queue is long.
        return Double(min(queue.siblings.old, Int(queue.length))) >= evidence.thresholds.acceptStalledCount
    }

    private func full(_ queue: Queue, _ evidence: Evidence) -> Finding {
        var build = builder(queue, evidence)
        let somaxconn = evidence.limits(evidence.now.connections[queue.listener].namespace)?.maxBacklog
        build.forGood(.raiseBacklog)
        if let somaxconn, UInt64(queue.backlog) >= somaxconn {
            build.setForGood(
                .raiseSomaxconn, Setting("net.core.somaxconn", max(4096, somaxconn.times(4))),
                in: namespace(queue, evidence))
        }
        let growth = self.growth(queue, evidence)
        let forecast = Forecast(
            resource: .acceptQueue, used: UInt64(queue.length), limit: UInt64(queue.backlog) + 1, growth: growth)
        let isSmall = queue.accepted ?? 0 > 0 && queue.backlog <= 16
        return build.finding(
            .acceptQueueFull, .critical, subject(queue, evidence),
            cause: isSmall ? .acceptBacklogSmall : cause(queue), forecast: forecast, connections: queue.members,
            filter: filter(queue, evidence))
    }

    private func stalled(_ queue: Queue, _ evidence: Evidence) -> Finding {
        let build = builder(queue, evidence)
        let forecast = Forecast(
            resource: .acceptQueue, used: UInt64(queue.length), limit: UInt64(queue.backlog) + 1,
            growth: growth(queue, evidence))
        let severity: Finding.Severity = evidence.runsOutSoon(forecast) ? .critical : .warning
        return build.finding(
            .acceptStalled, severity, subject(queue, evidence), cause: cause(queue), forecast: forecast,
            connections: queue.members, filter: filter(queue, evidence))
    }

    private func builder(_ queue: Queue, _ evidence: Evidence) -> FindingBuilder {
        var build = FindingBuilder(evidence)
        let namespace = namespace(queue, evidence)
        let limits = evidence.limits(evidence.now.connections[queue.listener].namespace)
        build.count(.queue, queue.length, from: .sockets)
        build.count(.backlog, queue.backlog, from: .sockets)
        build.count(.somaxconn, limits?.maxBacklog, from: .sysctl("net/core/somaxconn"))
        build.milliseconds(.oldest, queue.oldest, from: .sockets)
        build.count(.waiting, queue.members.count, from: .sockets)
        let gaveUp = queue.members.count { evidence.now.connections[Int($0)].state == .closeWait }
        build.count(.gaveUp, gaveUp, from: .sockets)
        build.count(.accepted, queue.accepted, from: .bothLooks)
        if queue.siblings.listeners > 1 { build.count(.reuseport, queue.siblings.listeners, from: .sockets) }
        build.count(.overflowed, queue.overflowed, from: .counter("ListenOverflows"))
        build.count(
            .overflowedTotal, evidence.total("ListenOverflows", in: namespace), from: .counter("ListenOverflows"))
        build.count(.dropped, evidence.gained("ListenDrops", in: namespace), from: .counter("ListenDrops"))
        build.count(.droppedTotal, evidence.total("ListenDrops", in: namespace), from: .counter("ListenDrops"))
        if limits?.abortOnOverflow == 1 {
            build.fact(.abortOnOverflow, .flag(true), from: .sysctl("net/ipv4/tcp_abort_on_overflow"))
        }
        let owners = evidence.owners(ofListener: queue.listener)
        if let pid = owners.first.map({ evidence.now.processes[$0].pid }) {
            build.now(.stackOfListener, "gdb -p \(pid) -batch -ex 'thread apply all bt'")
        }
        restart(owners, &build, evidence)
        build.forGood(.acceptMore)
        return build
    }

    private func restart(_ owners: [Int], _ build: inout FindingBuilder, _ evidence: Evidence) {
        let records = owners.map { evidence.now.processes[$0] }
        if let command = FindingBuilder.restart(records) {
            build.now(.restartUnit, command)
        } else if !records.isEmpty {
            let pids = records.map { String($0.pid) }.joined(separator: " ")
            build.now(records.count > 1 ? .killAllSharers : .killHolders, "kill \(pids)")
        }
    }

    private func namespace(_ queue: Queue, _ evidence: Evidence) -> Int {
        Int(evidence.now.connections[queue.listener].namespace)
    }

    private func subject(_ queue: Queue, _ evidence: Evidence) -> Subject {
        Subject(
            processes: evidence.owners(ofListener: queue.listener), listener: queue.listener,
            namespace: namespace(queue, evidence))
    }

    private func filter(_ queue: Queue, _ evidence: Evidence) -> FilterText {
        FilterText(
            [],
            [
                "unaccepted", evidence.condition(listener: queue.listener),
                evidence.condition(namespace: namespace(queue, evidence)),
            ])
    }

    private func cause(_ queue: Queue) -> CauseKey {
        switch queue.accepted {
        case nil: .acceptUnknown
        case 0?: .acceptStopped
        default: .acceptSlow
        }
    }

    /// Of the queue itself, by the listener's cookie.
    private func growth(_ queue: Queue, _ evidence: Evidence) -> Growth? {
        guard let before = evidence.before, evidence.earlierOf[queue.listener] >= 0 else { return nil }
        let earlier = before.connections[Int(evidence.earlierOf[queue.listener])]
        return evidence.growth(
            net: Int(queue.length) - Int(earlier.receiveQueue), moved: queue.accepted.map { $0 * 2 })
    }
}
