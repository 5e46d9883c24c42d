import Sockets
import TCP

/// Rule 6. SYN_RCVD: a flood, or clients whose third segment gets lost; SYN_SENT: a destination that does not answer.
///
/// A SYN+ACK is repeated after one second. A request that waits for data (TCP_DEFER_ACCEPT) is not repeated, so it does
/// not count here.
struct HandshakeRule: Rule {
    let kinds: [Finding.Kind] = [.synFlood, .handshakeStuck, .connectUnanswered]

    func findings(in evidence: Evidence) -> [Finding] { received(evidence) + sent(evidence) }

    private func received(_ evidence: Evidence) -> [Finding] {
        let repeated = evidence.connections(in: .synReceived).filter {
            Double(evidence.retries(evidence.connection($0))) >= evidence.thresholds.synRetries
        }
        let byListener = evidence.grouped(repeated) { index -> ListenerKey? in
            ListenerKey(
                listener: evidence.listenerOf[Int(index)], namespace: evidence.now.connections[Int(index)].namespace)
        }
        return byListener.compactMap { key, members in
            let sources = evidence.distinct(members, by: evidence.remoteAddress)
            let count = Double(members.count)
            let isCrowd = Double(sources) >= evidence.thresholds.synFloodSources
            if isCrowd, count >= evidence.thresholds.synFloodCount {
                return finding(.synFlood, members, key, sources: sources, evidence)
            }
            if count >= evidence.thresholds.synStuckCount {
                return finding(.handshakeStuck, members, key, sources: sources, evidence)
            }
            return nil
        }
    }

    private struct ListenerKey: Hashable {
        var listener: Int32
        var namespace: UInt16
    }

    private func finding(
        _ kind: Finding.Kind, _ members: [Int32], _ key: ListenerKey, sources: Int, _ evidence: Evidence
    ) -> Finding {
        var build = FindingBuilder(evidence)
        let namespace = Int(key.namespace)
        let limits = evidence.limits(key.namespace)
        let listener = key.listener >= 0 ? Int(key.listener) : nil
        build.count(.count, members.count, from: .sockets)
        build.count(.sources, sources, from: .sockets)
        if let top = evidence.mostFrequent(members, by: evidence.remoteAddress) {
            build.fact(.topDestination, .text(top.key.description), from: .sockets)
            build.count(.topCount, top.count, from: .sockets)
        }
        build.count(.retriesMax, members.map { evidence.retries(evidence.connection($0)) }.max(), from: .sockets)
        let backlog = listener.map { UInt64(evidence.now.connections[$0].sendQueue) }
        build.count(.backlog, backlog, from: .sockets)
        build.count(.synBacklog, limits?.maxSynBacklog, from: .sysctl("net/ipv4/tcp_max_syn_backlog"))
        build.count(.cookies, limits?.synCookies, from: .sysctl("net/ipv4/tcp_syncookies"))
        let cookies = [
            evidence.gained("SyncookiesSent", in: namespace), evidence.gained("TCPReqQFullDoCookies", in: namespace),
        ].compactMap { $0 }.max()
        build.count(.cookiesSent, cookies, from: .counter("SyncookiesSent"))
        let drops = evidence.gained("TCPReqQFullDrop", in: namespace)
        build.count(.queueDrops, drops, from: .counter("TCPReqQFullDrop"))
        if kind == .synFlood, let setting = limits?.synCookies, setting > 0, drops ?? 0 == 0 {
            build.fact(.served, .flag(true), from: .sysctl("net/ipv4/tcp_syncookies"))
        }

        let port = listener.map { evidence.now.connections[$0].local.port }
        let filter = FilterText(
            [.synReceived],
            [listener.map { evidence.condition(listener: $0) }, evidence.condition(namespace: namespace)])
        let capture = port.map { "tcpdump -ni any -c 50 'tcp port \($0) and tcp[tcpflags] & (tcp-syn|tcp-rst) != 0'" }
        build.now(.captureHandshake, capture.map { Shell.inside(namespace, of: evidence.now, $0) })
        if limits?.synCookies == 0 {
            build.set(.synCookies, Setting("net.ipv4.tcp_syncookies", 1), in: namespace)
        }
        if kind == .synFlood { build.forGood(.filterSources) } else { build.forGood(.checkPath) }
        let all = evidence.connections(in: .synReceived).count { evidence.listenerOf[Int($0)] == key.listener }
        // A longer queue is no help where there is room in it.
        if backlog.map({ UInt64(all) * 2 >= $0 }) ?? true { build.forGood(.raiseSynBacklog) }
        let forecast = backlog.flatMap { backlog -> Forecast? in
            guard listener != nil, backlog > 0 else { return nil }
            return Forecast(
                resource: .synQueue, used: UInt64(all), limit: backlog,
                growth: growth(members, key, evidence))
        }
        let subject = Subject(
            processes: listener.map { evidence.owners(ofListener: $0) } ?? [], listener: listener, namespace: namespace)
        let isRefusing = drops ?? 0 > 0 || limits?.synCookies == 0 && forecast?.secondsLeft == 0
        let cause: CauseKey =
            kind == .handshakeStuck ? .handshakeStuck : cookies ?? 0 > 0 ? .synFloodCookies : .synFlood
        return build.finding(
            kind, isRefusing ? .critical : .warning, subject, cause: cause, forecast: forecast, connections: members,
            filter: filter)
    }

    /// Of every SYN_RCVD at the listener's port.
    private func growth(_ members: [Int32], _ key: ListenerKey, _ evidence: Evidence) -> Growth? {
        guard let before = evidence.before, let first = members.first else { return nil }
        let port = evidence.connection(first).local.port
        let earlier = before.connections.count {
            $0.state == .synReceived && $0.local.port == port && $0.namespace == key.namespace
        }
        let later = evidence.connections(in: .synReceived).count {
            evidence.now.connections[Int($0)].local.port == port
                && evidence.now.connections[Int($0)].namespace == key.namespace
        }
        return evidence.growth(net: later - earlier)
    }

    private func sent(_ evidence: Evidence) -> [Finding] {
        let silent = evidence.connections(in: .synSent).filter {
            Double(evidence.retries(evidence.connection($0))) >= evidence.thresholds.connectRetries
        }
        return evidence.piles(silent, atLeast: evidence.thresholds.connectCount, by: DestinationKey.init).map {
            unanswered($0.members, $0.key?.destination, evidence)
        }
    }

    private struct DestinationKey: Hashable {
        var destination: Endpoint
        var namespace: UInt16

        init(_ connection: Connection) {
            destination = connection.remote
            namespace = connection.namespace
        }
    }

    private func unanswered(_ members: [Int32], _ destination: Endpoint?, _ evidence: Evidence) -> Finding {
        var build = FindingBuilder(evidence)
        let namespace = evidence.commonNamespace(members)
        build.count(.count, members.count, from: .sockets)
        build.count(.retriesMax, members.map { evidence.retries(evidence.connection($0)) }.max(), from: .sockets)
        build.milliseconds(.oldest, evidence.longest(members) { $0.unansweredAtLeast.map(UInt64.init) }, from: .sockets)
        let groups = evidence.grouped(members) { evidence.groupOf[Int($0)] >= 0 ? evidence.groupOf[Int($0)] : nil }
        let processes = Set(groups.flatMap { evidence.groups[Int($0.key)].processes }).sorted()
        if destination == nil {
            build.count(
                .destinations, evidence.distinct(members, by: { evidence.now.connections[Int($0)].remote }),
                from: .sockets)
            if let top = evidence.mostFrequent(members, by: { evidence.now.connections[Int($0)].remote }) {
                build.fact(.topDestination, .text(top.key.description), from: .sockets)
                build.count(.topCount, top.count, from: .sockets)
            }
        }
        build.now(
            .checkDestination,
            destination.map { Shell.inside(namespace, of: evidence.now, "nc -zv -w 3 \($0.address) \($0.port)") })
        build.forGood(.connectTimeout)
        let subject = Subject(processes: processes, destination: destination, namespace: namespace)
        let filter = FilterText([.synSent], evidence.conditions(members, subject))
        return build.finding(
            .connectUnanswered, .warning, subject,
            cause: destination == nil ? .connectManyDestinations : .connectDestination,
            forecast: evidence.descriptors(of: processes), connections: members, filter: filter)
    }
}
