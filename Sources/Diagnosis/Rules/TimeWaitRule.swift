import Sockets
import TCP

/// Rule 3. TIME_WAIT: normal and harmless, near the bucket limit, or eating the ephemeral ports towards a destination.
struct TimeWaitRule: Rule {
    let kinds: [Finding.Kind] = [.timeWaitPorts, .timeWaitBuckets, .timeWaitNormal]

    func findings(in evidence: Evidence) -> [Finding] {
        let all = evidence.connections(in: .timeWait)
        guard !all.isEmpty else { return [] }
        let crowded = evidence.crowdedPorts.filter { $0.timeWait.count * 2 >= $0.members.count }
        var findings = crowded.map { ports($0, evidence) }
        var told = Set(crowded.map(\.key.namespace))
        for (namespace, members) in evidence.grouped(all, by: { evidence.now.connections[Int($0)].namespace }) {
            if let finding = buckets(namespace, members, evidence) {
                findings.append(finding)
                told.insert(namespace)
            } else if !told.contains(namespace), Double(members.count) >= evidence.thresholds.timeWaitNormalCount {
                findings.append(normal(namespace, members, evidence))
            }
        }
        return findings
    }

    private func ports(_ use: PortUse, _ evidence: Evidence) -> Finding {
        var build = FindingBuilder(evidence)
        use.describe(in: &build)
        timers(use.timeWait, &build, evidence)
        build.fact(
            .sustainable, .perSecond(Double(use.total) / Double(Connection.timeWaitLength / 1000)),
            from: .sysctl("net/ipv4/ip_local_port_range"))
        build.fact(.closesFirst, .flag(true), from: .sockets)

        // With reuse, connect takes a port over whose TIME_WAIT is older than a second, if timestamps are on.
        let reuse = evidence.limits(use.key.namespace)?.timeWaitReuse
        let isReused = reuse == 1 || reuse == 2 && use.key.source.isLoopback && use.key.destination.address.isLoopback
        let growth = use.growth(evidence)
        let forecast = Forecast(
            resource: .ephemeralPorts, used: UInt64(use.members.count), limit: UInt64(use.total),
            growth: isReused ? nil : growth)
        let filter = use.filter(evidence, states: [.timeWait])
        if isReused { build.now(.doNothing) }
        if !isReused, reuse != nil {
            build.set(.timeWaitReuse, Setting("net.ipv4.tcp_tw_reuse", 1), in: Int(use.key.namespace))
        }
        use.remedies(in: &build)
        build.forGood(.letPeerClose)
        build.forGood(.noRecycle)
        let subject = Subject(
            processes: use.processes(evidence), source: use.key.source, destination: use.key.destination,
            namespace: Int(use.key.namespace))
        let share = Double(use.members.count) / Double(use.total)
        let isCritical = share >= evidence.thresholds.portsCriticalShare || evidence.runsOutSoon(forecast)
        // Where none is left, nothing new can come: that is no sign of an end.
        let isEnding =
            evidence.before != nil && use.left > 0 && use.members.allSatisfy { evidence.earlierOf[Int($0)] >= 0 }
        return build.finding(
            .timeWaitPorts, isReused ? .info : isCritical && !isEnding ? .critical : .warning, subject,
            cause: isReused ? .timeWaitReused : isEnding ? .timeWaitEnding : .timeWaitPorts, forecast: forecast,
            connections: use.members,
            filter: filter)
    }

    private func buckets(_ namespace: UInt16, _ members: [Int32], _ evidence: Evidence) -> Finding? {
        let limits = evidence.limits(namespace)
        let overflowed = evidence.gained("TCPTimeWaitOverflow", in: Int(namespace))
        let used = limits?.timeWaitCount ?? UInt64(members.count)
        let isNear = limits?.maxTimeWait.map {
            $0 > 0 && Double(used) >= Double($0) * evidence.thresholds.timeWaitBucketShare
        }
        guard isNear == true || overflowed ?? 0 > 0 else { return nil }
        var build = FindingBuilder(evidence)
        build.count(.timeWait, used, from: .file(limits?.timeWaitCount == nil ? "sock_diag" : "/proc/net/sockstat"))
        build.count(.maxBuckets, limits?.maxTimeWait, from: .sysctl("net/ipv4/tcp_max_tw_buckets"))
        build.count(.overflowed, overflowed, from: .counter("TCPTimeWaitOverflow"))
        build.count(
            .overflowedTotal, evidence.total("TCPTimeWaitOverflow", in: Int(namespace)),
            from: .counter("TCPTimeWaitOverflow"))
        origins(members, &build, evidence)
        timers(members, &build, evidence)
        let filter = FilterText([.timeWait], [evidence.condition(namespace: Int(namespace))])
        let forecast = limits?.maxTimeWait.map {
            Forecast(resource: .timeWaitBuckets, used: used, limit: $0, growth: growth(namespace, members, evidence))
        }
        if let limit = limits?.maxTimeWait {
            build.set(
                .raiseBuckets, Setting("net.ipv4.tcp_max_tw_buckets", max(limit, used).times(2)), in: Int(namespace))
        }
        build.forGood(.keepConnections)
        build.forGood(.letPeerClose)
        build.forGood(.noRecycle)
        return build.finding(
            .timeWaitBuckets, .warning, Subject(namespace: Int(namespace)),
            cause: overflowed ?? 0 > 0 ? .timeWaitBucketsOverflow : .timeWaitBucketsNear, forecast: forecast,
            connections: members, filter: filter)
    }

    private func normal(_ namespace: UInt16, _ members: [Int32], _ evidence: Evidence) -> Finding {
        var build = FindingBuilder(evidence)
        build.count(.count, members.count, from: .sockets)
        let server = origins(members, &build, evidence)
        timers(members, &build, evidence)
        build.count(.maxBuckets, evidence.limits(namespace)?.maxTimeWait, from: .sysctl("net/ipv4/tcp_max_tw_buckets"))
        build.fact(.closesFirst, .flag(true), from: .sockets)
        build.now(.doNothing)
        build.forGood(.keepConnections)
        build.forGood(.noRecycle)
        let filter = FilterText([.timeWait], [evidence.condition(namespace: Int(namespace))])
        return build.finding(
            .timeWaitNormal, .info, Subject(namespace: Int(namespace)),
            cause: server * 2 >= members.count ? .timeWaitServer : .timeWaitClient, connections: members, filter: filter
        )
    }

    /// Which side they are of, and where most of them come from. Returns how many came through a listener.
    @discardableResult
    private func origins(_ members: [Int32], _ build: inout FindingBuilder, _ evidence: Evidence) -> Int {
        let server = members.filter { evidence.listenerOf[Int($0)] >= 0 }
        build.count(.serverSide, server.count, from: .sockets)
        build.count(.clientSide, members.count - server.count, from: .sockets)
        if let top = evidence.mostFrequent(server, by: { evidence.listenerOf[Int($0)] }) {
            build.fact(.topListener, .text(evidence.connection(top.key).local.description), from: .sockets)
        }
        if server.count < members.count {
            let client = members.filter { evidence.listenerOf[Int($0)] < 0 }
            if let top = evidence.mostFrequent(client, by: { evidence.now.connections[Int($0)].remote }) {
                build.fact(.topDestination, .text(top.key.description), from: .sockets)
            }
        }
        return server.count
    }

    /// When they end and how fast new ones come: TIME_WAIT lasts 60 s, and its timer says how much is left.
    private func timers(_ members: [Int32], _ build: inout FindingBuilder, _ evidence: Evidence) {
        var latest: UInt32 = 0
        var soonest = UInt32.max
        var young = 0
        for member in members {
            let timer = evidence.now.connections[Int(member)].timer
            guard timer.kind == .timeWait, timer.expires <= Connection.timeWaitLength else { continue }
            latest = max(latest, timer.expires)
            soonest = min(soonest, timer.expires)
            if timer.expires > Connection.timeWaitLength - 10_000 { young += 1 }
        }
        guard soonest <= latest else { return }
        build.milliseconds(.nextFree, UInt64(soonest), from: .sockets)
        build.milliseconds(.lastFree, UInt64(latest), from: .sockets)
        build.fact(.perSecond, .perSecond(Double(young) / 10), from: .sockets)
    }

    private func growth(_ namespace: UInt16, _ members: [Int32], _ evidence: Evidence) -> Growth? {
        if let recorded = evidence.recordedGrowth(inNamespace: namespace, .timeWait, count: members.count) {
            return recorded
        }
        guard let before = evidence.before else { return nil }
        let earlier = before.connections.count { $0.state == .timeWait && $0.namespace == namespace }
        let came = members.count { !evidence.wasSame($0) }
        let net = members.count - earlier
        return evidence.growth(net: net, moved: came + max(0, came - net))
    }
}
