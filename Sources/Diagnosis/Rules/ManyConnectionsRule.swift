import Sockets
import TCP

/// Rule 8. Too many healthy connections: who has them, to whom, against which limit. Descriptors that are nearly gone
/// are rule 9's, TIME_WAIT that takes the ports is rule 3's.
struct ManyConnectionsRule: Rule {
    let kinds: [Finding.Kind] = [.manyConnections, .ephemeralPorts]

    func findings(in evidence: Evidence) -> [Finding] {
        many(evidence)
            + evidence.crowdedPorts.filter { $0.timeWait.count * 2 < $0.members.count }.map {
                ports($0, evidence)
            }
    }

    private func many(_ evidence: Evidence) -> [Finding] {
        let held = evidence.grouped(evidence.connections(in: .established)) {
            evidence.groupOf[Int($0)] >= 0 ? evidence.groupOf[Int($0)] : nil
        }
        return held.compactMap { number, members in
            let group = evidence.groups[Int(number)]
            let forecast = evidence.descriptors(of: group.processes)
            let isTooMany = Double(members.count) >= evidence.thresholds.manyCount
            var isNear = false
            if let forecast {
                // Rule 9 tells of a process that has nearly none left.
                if Double(forecast.used) >= evidence.thresholds.descriptorsShare * Double(forecast.limit) { return nil }
                isNear = Double(members.count) >= evidence.thresholds.manyDescriptorShare * Double(forecast.limit)
            }
            guard isTooMany || isNear else { return nil }
            return finding(members, group, forecast, isNear: isNear, evidence)
        }
    }

    private func finding(
        _ members: [Int32], _ group: HolderGroup, _ forecast: Forecast?, isNear: Bool, _ evidence: Evidence
    ) -> Finding {
        var build = FindingBuilder(evidence)
        let namespace = evidence.commonNamespace(members)
        build.count(.count, members.count, from: .sockets)
        if group.processes.count > 1 { build.count(.shared, group.processes.count, from: .descriptors) }
        build.count(.descriptors, forecast?.used, from: .process("fd"))
        build.count(.descriptorLimit, forecast?.limit, from: .process("limits"))
        if let seconds = evidence.seconds {
            let came = members.count { !evidence.wasSame($0) }
            let number = evidence.groupOf[Int(members[0])]
            let before = evidence.before?.connections.indices.count {
                evidence.groupBefore[$0] == number && evidence.before?.connections[$0].state == .established
            }
            if let recorded = evidence.recordedGrowth(
                of: group.processes, in: .established, count: members.count)
            {
                build.growth(recorded, from: .record)
            } else if let before {
                build.fact(.growth, .perSecond(Double(members.count - before) / seconds), from: .bothLooks)
            }
            build.fact(.perSecond, .perSecond(Double(came) / seconds), from: .bothLooks)
        }
        let server = members.filter { evidence.listenerOf[Int($0)] >= 0 }
        if let top = evidence.mostFrequent(server, by: { evidence.listenerOf[Int($0)] }) {
            build.fact(.topListener, .text(evidence.connection(top.key).local.description), from: .sockets)
            build.count(.serverSide, top.count, from: .sockets)
            build.count(.remotes, evidence.distinct(server, by: evidence.remoteAddress), from: .sockets)
        }
        let client = members.filter { evidence.listenerOf[Int($0)] < 0 }
        if let top = evidence.mostFrequent(client, by: { evidence.now.connections[Int($0)].remote }) {
            build.fact(.topDestination, .text(top.key.description), from: .sockets)
            build.count(.topCount, top.count, from: .sockets)
        }
        build.opening(members, isAccepted: server.count > client.count)
        let memory = members.reduce(UInt64(0)) {
            let memory = evidence.now.connections[Int($1)].memory
            return $0 + UInt64(memory.receiveAllocated ?? 0) + UInt64(memory.sendQueued ?? 0)
        }
        if memory > 0 { build.fact(.memory, .bytes(memory), from: .sockets) }
        if let limits = evidence.limits(evidence.connection(members[0]).namespace), let used = limits.conntrackCount {
            build.count(.conntrack, used, from: .sysctl("net/netfilter/nf_conntrack_count"))
            build.count(.conntrackMax, limits.conntrackMax, from: .sysctl("net/netfilter/nf_conntrack_max"))
        }
        let filter = FilterText([.established], [evidence.condition(holders: group)])
        build.raiseDescriptors(group.processes)
        build.forGood(.limitConnections)
        build.forGood(.spread)
        if isNear { build.forGood(.raiseDescriptorsForGood) }
        let listener = evidence.commonListener(members)
        let subject = Subject(
            processes: group.processes, listener: listener,
            destination: listener == nil ? evidence.commonRemote(members) : nil, namespace: namespace)
        let severity: Finding.Severity =
            evidence.runsOutSoon(forecast) ? .critical : isNear ? .warning : .info
        return build.finding(
            .manyConnections, severity, subject, cause: isNear ? .manyNearDescriptors : .manyCount, forecast: forecast,
            connections: members, filter: filter)
    }

    private func ports(_ use: PortUse, _ evidence: Evidence) -> Finding {
        var build = FindingBuilder(evidence)
        use.describe(in: &build)
        let filter = use.filter(evidence, states: [])
        use.remedies(in: &build)
        let forecast = Forecast(
            resource: .ephemeralPorts, used: UInt64(use.members.count), limit: UInt64(use.total),
            growth: use.growth(evidence))
        let subject = Subject(
            processes: use.processes(evidence), source: use.key.source, destination: use.key.destination,
            namespace: Int(use.key.namespace))
        let share = Double(use.members.count) / Double(use.total)
        let isCritical = share >= evidence.thresholds.portsCriticalShare || evidence.runsOutSoon(forecast)
        return build.finding(
            .ephemeralPorts, isCritical ? .critical : .warning, subject, cause: .ephemeralPorts, forecast: forecast,
            connections: use.members, filter: filter)
    }
}
