import Sockets
import TCP

/// Rule 7. ESTABLISHED that are dead or idle: unacknowledged data with growing backoff, a zero window that lasts, long
/// idle without keepalive.
struct DeadPeerRule: Rule {
    let kinds: [Finding.Kind] = [.peerUnresponsive, .zeroWindow, .idleWithoutKeepalive]

    func findings(in evidence: Evidence) -> [Finding] {
        var silent: [Int32] = []
        var closedWindow: [Int32] = []
        var idle: [Int32] = []
        let limits = evidence.thresholds
        for state in [State.established, .closeWait] {
            for index in evidence.connections(in: state) {
                let connection = evidence.now.connections[Int(index)]
                if isSilent(connection, limits) {
                    silent.append(index)
                } else if hasClosedWindow(connection, index, evidence) {
                    closedWindow.append(index)
                } else if state == .established, isIdle(connection, limits) {
                    idle.append(index)
                }
            }
        }
        return self.silent(silent, evidence) + windows(closedWindow, evidence) + self.idle(idle, evidence)
    }

    private func isSilent(_ connection: Connection, _ limits: Thresholds) -> Bool {
        guard connection.timer.kind == .retransmit, connection.info.unacked ?? 0 > 0 else { return false }
        let doublings = max(connection.info.backoff ?? 0, connection.info.retransmits ?? 0, connection.timer.retries)
        return Double(doublings) >= limits.peerBackoff
    }

    /// The probe timer backs off while the window stays closed; the count of unanswered probes does not grow when the
    /// peer answers each with a window of 0.
    private func hasClosedWindow(_ connection: Connection, _ index: Int32, _ evidence: Evidence) -> Bool {
        if connection.timer.kind == .zeroWindowProbe {
            let doublings = max(connection.info.backoff ?? 0, connection.timer.retries, connection.info.probes ?? 0)
            return Double(doublings) >= evidence.thresholds.zeroWindowBackoff
        }
        return false
    }

    private func isIdle(_ connection: Connection, _ limits: Thresholds) -> Bool {
        guard let idle = connection.idle, Double(idle) >= limits.idleSeconds * 1000 else { return false }
        if connection.holding == .unaccepted { return false }
        return switch connection.keepalive {
        case true?: false
        case false?: true
        // Any other timer hides whether keepalive is on.
        case nil: connection.timer.kind == .off
        }
    }

    // MARK: The peer does not acknowledge

    private func silent(_ members: [Int32], _ evidence: Evidence) -> [Finding] {
        let limits = evidence.thresholds
        return evidence.piles(members, atLeast: limits.peerCount, by: RemoteKey.init).compactMap { key, members in
            if key == nil {
                // Of a crowd of clients some always vanish: only a share of them is a finding.
                let namespace = evidence.connection(members[0]).namespace
                let all = evidence.connections(in: .established).count {
                    evidence.now.connections[Int($0)].namespace == namespace
                }
                guard Double(members.count) >= limits.peerShare * Double(all) else { return nil }
            }
            return unresponsive(members, key?.address, evidence)
        }
    }

    private func unresponsive(_ members: [Int32], _ remote: IPAddress?, _ evidence: Evidence) -> Finding {
        var build = FindingBuilder(evidence)
        let namespace = evidence.commonNamespace(members)
        build.count(.count, members.count, from: .sockets)
        build.count(.retriesMax, members.map { evidence.retries(evidence.connection($0)) }.max(), from: .sockets)
        build.milliseconds(.oldest, evidence.longest(members) { $0.unansweredAtLeast.map(UInt64.init) }, from: .sockets)
        let queued = members.reduce(UInt64(0)) { $0 + UInt64(evidence.connection($1).sendQueue) }
        build.fact(.queuedBytes, .bytes(queued), from: .sockets)
        build.count(.remotes, evidence.distinct(members, by: evidence.remoteAddress), from: .sockets)
        if remote == nil, let top = evidence.mostFrequent(members, by: evidence.remoteAddress) {
            build.fact(.topDestination, .text(top.key.description), from: .sockets)
            build.count(.topCount, top.count, from: .sockets)
        }
        build.now(.checkPath, remote.map { Shell.inside(namespace, of: evidence.now, "ping -c 3 \($0)") })
        build.forGood(.userTimeout)
        let processes = evidence.holders(of: members)
        let subject = Subject(
            processes: processes, listener: evidence.commonListener(members),
            destination: remote.map { evidence.commonRemote(members) ?? Endpoint(address: $0, port: 0) },
            namespace: namespace)
        let filter = FilterText(
            states(of: members, evidence), evidence.conditions(members, subject) + ["send-q > 0"])
        return build.finding(
            .peerUnresponsive, .warning, subject, cause: remote == nil ? .peerMany : .peerOne, connections: members,
            filter: filter)
    }

    // MARK: The peer does not read

    private func windows(_ members: [Int32], _ evidence: Evidence) -> [Finding] {
        evidence.piles(members, atLeast: evidence.thresholds.zeroWindowCount, by: RemoteKey.init).map { key, members in
            var build = FindingBuilder(evidence)
            let namespace = evidence.commonNamespace(members)
            build.count(.count, members.count, from: .sockets)
            build.milliseconds(.oldest, evidence.longest(members, probing), from: .sockets)
            let queued = members.reduce(UInt64(0)) { $0 + UInt64(evidence.connection($1).sendQueue) }
            build.fact(.queuedBytes, .bytes(queued), from: .sockets)
            build.count(.remotes, evidence.distinct(members, by: evidence.remoteAddress), from: .sockets)
            if let peer = evidence.peer(of: members[0]).map({ evidence.now.processes[$0] }) {
                build.fact(
                    .peerProcess, .text("\(peer.command) (pid \(peer.pid))"), from: .descriptors)
            }
            let port = key.flatMap { _ in evidence.commonRemote(members)?.port }
            let look = port.map { "ss -tnp state established 'sport = :\($0)'" }
            let isHere = evidence.peer(of: members[0]) != nil
            build.now(.lookAtPeer, isHere ? look.map { Shell.inside(namespace, of: evidence.now, $0) } : look)
            build.forGood(.writeTimeout)
            let subject = Subject(
                processes: evidence.holders(of: members), listener: evidence.commonListener(members),
                destination: key.map { evidence.commonRemote(members) ?? Endpoint(address: $0.address, port: 0) },
                namespace: namespace)
            let filter = FilterText(
                states(of: members, evidence), evidence.conditions(members, subject) + ["send-q > 0"])
            return build.finding(
                .zeroWindow, .warning, subject, cause: .zeroWindow, connections: members, filter: filter)
        }
    }

    /// How long the window has been closed, at least: the probes' timeouts doubled from the retransmission timeout on.
    private func probing(_ connection: Connection) -> UInt64? {
        guard let rto = connection.info.rto, let backoff = connection.info.backoff else { return nil }
        return (0..<UInt64(backoff)).reduce(0) { $0 + min(120_000, UInt64(rto) << min($1, 20)) }
    }

    // MARK: Nothing moves

    private func idle(_ members: [Int32], _ evidence: Evidence) -> [Finding] {
        evidence.grouped(members) { IdleKey($0, evidence) }.compactMap { key, members in
            guard Double(members.count) >= evidence.thresholds.idleCount else { return nil }
            var build = FindingBuilder(evidence)
            let namespace = evidence.commonNamespace(members)
            let group = key.group >= 0 ? evidence.groups[Int(key.group)] : nil
            build.count(.count, members.count, from: .sockets)
            build.milliseconds(.idle, evidence.longest(members) { $0.idle.map(UInt64.init) }, from: .sockets)
            let isSure = members.allSatisfy { evidence.connection($0).keepalive == false }
            if isSure { build.fact(.keepalive, .flag(false), from: .sockets) }
            build.count(.remotes, evidence.distinct(members, by: evidence.remoteAddress), from: .sockets)
            build.opening(members, isAccepted: key.listener >= 0)
            let setting = evidence.limits(evidence.connection(members[0]).namespace)?.keepaliveTime
            build.milliseconds(
                .keepaliveTime, setting.map { $0.times(1000) },
                from: .sysctl("net/ipv4/tcp_keepalive_time"))
            let minutes = max(1, Int(evidence.thresholds.idleSeconds / 60))
            let filter = FilterText(
                [.established],
                [
                    group.flatMap(evidence.condition(holders:)),
                    key.listener >= 0
                        ? evidence.condition(listener: Int(key.listener))
                        : key.destination.map(evidence.condition(destination:)),
                    "idle > \(minutes)m",
                ])
            build.forGood(.keepalive)
            if setting ?? .max > 600 {
                build.setForGood(.keepaliveTime, Setting("net.ipv4.tcp_keepalive_time", 600), in: namespace)
            }
            let processes = group?.processes ?? []
            let subject = Subject(
                processes: processes, listener: key.listener >= 0 ? Int(key.listener) : nil,
                destination: key.destination, namespace: namespace)
            return build.finding(
                .idleWithoutKeepalive, .warning, subject, cause: isSure ? .idleNoKeepalive : .idleNoKeepaliveSeen,
                forecast: evidence.descriptors(of: processes), connections: members, filter: filter)
        }
    }

    private struct IdleKey: Hashable {
        var group: Int32
        var listener: Int32
        var destination: Endpoint?
        var namespace: UInt16

        init(_ index: Int32, _ evidence: Evidence) {
            group = evidence.groupOf[Int(index)]
            listener = evidence.listenerOf[Int(index)]
            destination = listener < 0 ? evidence.now.connections[Int(index)].remote : nil
            namespace = evidence.now.connections[Int(index)].namespace
        }
    }

    /// CLOSE_WAIT may still send, and be stuck in it.
    private func states(of members: [Int32], _ evidence: Evidence) -> [State] {
        [State.established, .closeWait].filter { state in
            members.contains { evidence.now.connections[Int($0)].state == state }
        }
    }
}
