import Sockets
import TCP

/// Repetitions that are enough for an orphan: some seconds.
let fewOrphanRetries: UInt64 = 3

/// Rule 5. FIN_WAIT_1, CLOSING and LAST_ACK that stay: this side has said all it had to say, and no answer comes.
struct ClosingRule: Rule {
    let kinds: [Finding.Kind] = [.closingStuck]

    private static let states: [State] = [.finWait1, .closing, .lastAck]

    func findings(in evidence: Evidence) -> [Finding] {
        let stuck = Self.states.flatMap { state in
            evidence.connections(in: state).filter { isStuck($0, evidence) }
        }
        return evidence.piles(stuck, atLeast: evidence.thresholds.closingCount, by: RemoteKey.init).map {
            finding($0.members, oneRemote: $0.key?.address, evidence)
        }
    }

    private func isStuck(_ index: Int32, _ evidence: Evidence) -> Bool {
        let connection = evidence.connection(index)
        let limits = evidence.thresholds
        if Double(evidence.retries(connection)) >= limits.closingRetries { return true }
        if connection.timer.kind == .zeroWindowProbe, Double(connection.info.backoff ?? 0) >= limits.closingRetries {
            return true
        }
        let watched = evidence.wasSame(index) ? evidence.seconds ?? 0 : 0
        let silent = connection.unansweredAtLeast.map { Double($0) / 1000 } ?? 0
        return max(watched, silent) >= limits.closingSeconds
    }

    private func finding(_ members: [Int32], oneRemote: IPAddress?, _ evidence: Evidence) -> Finding {
        var build = FindingBuilder(evidence)
        let namespace = evidence.commonNamespace(members)
        build.count(.count, members.count, from: .sockets)
        let states = Self.states.filter { state in
            members.contains { evidence.now.connections[Int($0)].state == state }
        }
        let counts = states.map { state in
            "\(state.name) \(members.count { evidence.now.connections[Int($0)].state == state })"
        }
        build.fact(.states, .text(counts.joined(separator: ", ")), from: .sockets)
        build.count(.retries, members.map { evidence.retries(evidence.connection($0)) }.max(), from: .sockets)
        build.milliseconds(.oldest, evidence.longest(members) { $0.unansweredAtLeast.map(UInt64.init) }, from: .sockets)
        build.count(.remotes, evidence.distinct(members, by: evidence.remoteAddress), from: .sockets)
        if oneRemote == nil, let top = evidence.mostFrequent(members, by: evidence.remoteAddress) {
            build.fact(.topDestination, .text(top.key.description), from: .sockets)
            build.count(.topCount, top.count, from: .sockets)
        }
        // The FIN has a place in the send queue, and is no data.
        let queued = members.reduce(UInt64(0)) { $0 + UInt64(max(1, evidence.connection($1).sendQueue)) - 1 }
        if queued > 0 { build.fact(.queuedBytes, .bytes(queued), from: .sockets) }
        let orphans = members.filter { evidence.now.connections[Int($0)].holding == .orphan }
        let held = members.filter { evidence.now.connections[Int($0)].holding != .orphan }
        if !orphans.isEmpty {
            build.count(.orphans, orphans.count, from: .descriptors)
            build.count(.maxOrphans, evidence.now.limits.maxOrphans, from: .sysctl("net/ipv4/tcp_max_orphans"))
            build.count(
                .orphanRetries, evidence.orphanRetries(in: namespace), from: .sysctl("net/ipv4/tcp_orphan_retries"))
        }
        if !held.isEmpty {
            build.count(.stillHeld, held.count, from: .descriptors)
            let retries = namespace.flatMap { evidence.limits(UInt16($0))?.retries2 }
            build.count(.retries2, retries, from: .sysctl("net/ipv4/tcp_retries2"))
        }

        let zeroWindow = members.count { evidence.now.connections[Int($0)].timer.kind == .zeroWindowProbe }
        let isMostlyHeld = held.count > orphans.count
        let cause: CauseKey
        switch (zeroWindow * 2 > members.count, isMostlyHeld, oneRemote == nil) {
        case (true, _, _): cause = .closingZeroWindow
        case (_, true, _): cause = .closingHeld
        case (_, _, true): cause = .closingManyRemotes
        default: cause = .closingOneRemote
        }
        build.now(.checkPath, oneRemote.map { Shell.inside(namespace, of: evidence.now, "ping -c 3 \($0)") })
        let processes = evidence.holders(of: held)
        if !orphans.isEmpty { build.now(.destroyOrphans) } else { build.clear() }
        if !held.isEmpty { build.release(processes) }
        if !orphans.isEmpty, evidence.orphanRetries(in: namespace) > fewOrphanRetries {
            build.setForGood(.orphanRetries, Setting("net.ipv4.tcp_orphan_retries", fewOrphanRetries), in: namespace)
        }
        if !held.isEmpty { build.forGood(.closeAfterShutdown) }
        let subject = Subject(
            processes: processes,
            destination: oneRemote.map { evidence.commonRemote(members) ?? Endpoint(address: $0, port: 0) },
            namespace: namespace)
        let filter = FilterText(
            states,
            [
                subject.destination.map(evidence.condition(peer:)), held.isEmpty ? "orphan" : nil,
                orphans.isEmpty && processes.count == 1 ? "pid = \(evidence.now.processes[processes[0]].pid)" : nil,
            ])
        return build.finding(
            .closingStuck, .warning, subject, cause: cause, forecast: orphanForecast(orphans.count, evidence),
            connections: members, filter: filter)
    }

    private func orphanForecast(_ orphans: Int, _ evidence: Evidence) -> Forecast? {
        guard orphans > 0, let used = evidence.now.limits.orphans, let limit = evidence.now.limits.maxOrphans,
            limit > 0
        else { return nil }
        return .host(.orphans, used: used, limit: limit, before: evidence.before?.limits.orphans, evidence)
    }
}
