import Sockets
import TCP

/// Rule 10. TCP memory, orphans, the conntrack table and the file table close to their limits.
struct HostLimitsRule: Rule {
    let kinds: [Finding.Kind] = [.tcpMemory, .orphanLimit, .conntrackFull, .fileTable]

    func findings(in evidence: Evidence) -> [Finding] {
        [memory(evidence), orphans(evidence), files(evidence)].compactMap { $0 } + conntrack(evidence)
    }

    private func severity(_ forecast: Forecast, _ evidence: Evidence) -> Finding.Severity {
        let isReached = Double(forecast.used) >= evidence.thresholds.limitCriticalShare * Double(forecast.limit)
        return isReached || evidence.runsOutSoon(forecast) ? .critical : .warning
    }

    private func memory(_ evidence: Evidence) -> Finding? {
        let limits = evidence.now.limits
        guard let used = limits.memoryPages, let pressure = limits.memoryPressure, pressure > 0,
            Double(used) >= evidence.thresholds.memoryShare * Double(pressure)
        else { return nil }
        var build = FindingBuilder(evidence)
        let page = limits.pageSize ?? 4096
        func bytes(_ pages: UInt64) -> Fact.Value { .bytes(pages.times(page)) }
        build.fact(.memory, bytes(used), from: .file("/proc/net/sockstat"))
        build.fact(.memoryPressure, bytes(pressure), from: .sysctl("net/ipv4/tcp_mem"))
        build.fact(.memoryHigh, limits.memoryHigh.map(bytes), from: .sysctl("net/ipv4/tcp_mem"))
        let holders = topMemory(evidence)
        if let top = holders.first {
            let names = evidence.groups[top.group].processes.map { evidence.now.processes[$0] }
            if let first = names.first {
                build.fact(.topProcess, .text("\(first.command) (pid \(first.pid))"), from: .sockets)
                build.fact(.topBytes, .bytes(top.bytes), from: .sockets)
            }
        }
        let filter = FilterText(
            [], ["( recv-q > 65536 or send-q > 65536 )", evidence.condition(namespace: evidence.onlyNamespace)])
        build.now(.findMemory, filter.command)
        if let low = limits.memoryLow, let high = limits.memoryHigh, high < 1 << 40, pressure < 1 << 40, low < 1 << 40 {
            build.set(.raiseMemory, Setting("net.ipv4.tcp_mem", "\(low * 2) \(pressure * 2) \(high * 2)"))
        }
        build.forGood(.writeTimeout)
        let forecast = Forecast.host(
            .tcpMemory, used: used, limit: limits.memoryHigh ?? pressure, before: evidence.before?.limits.memoryPages,
            evidence)
        let isFull = limits.memoryHigh.map { used >= $0 } ?? false
        return build.finding(
            .tcpMemory, severity(forecast, evidence),
            Subject(processes: holders.first.map { evidence.groups[$0.group].processes } ?? []),
            cause: isFull ? .memoryFull : .memoryPressure, forecast: forecast, connections: [], filter: filter)
    }

    /// Who holds the most socket memory, as far as the kernel told it.
    private func topMemory(_ evidence: Evidence) -> [(group: Int, bytes: UInt64)] {
        var bytes = [UInt64](repeating: 0, count: evidence.groups.count)
        for (index, connection) in evidence.now.connections.enumerated() where evidence.groupOf[index] >= 0 {
            bytes[Int(evidence.groupOf[index])] +=
                UInt64(connection.memory.receiveAllocated ?? 0) + UInt64(connection.memory.sendQueued ?? 0)
        }
        let most = bytes.indices.max { bytes[$0] < bytes[$1] }
        return most.flatMap { bytes[$0] > 0 ? [($0, bytes[$0])] : nil } ?? []
    }

    private func orphans(_ evidence: Evidence) -> Finding? {
        let limits = evidence.now.limits
        guard let used = limits.orphans, let limit = limits.maxOrphans, limit > 0,
            Double(used) >= evidence.thresholds.orphansShare * Double(limit)
        else { return nil }
        var build = FindingBuilder(evidence)
        build.count(.orphans, used, from: .file("/proc/net/sockstat"))
        build.count(.maxOrphans, limit, from: .sysctl("net/ipv4/tcp_max_orphans"))
        let members = [State.finWait1, .finWait2, .closing, .lastAck].flatMap { state in
            evidence.connections(in: state).filter { evidence.now.connections[Int($0)].holding == .orphan }
        }
        let states = evidence.grouped(members) { evidence.now.connections[Int($0)].state }
        if !states.isEmpty {
            let text = states.map { "\($0.key.name) \($0.members.count)" }.joined(separator: ", ")
            build.fact(.states, .text(text), from: .sockets)
        }
        if let top = evidence.mostFrequent(members, by: evidence.remoteAddress) {
            build.fact(.topDestination, .text(top.key.description), from: .sockets)
            build.count(.topCount, top.count, from: .sockets)
        }
        let aborted = evidence.now.namespaces.indices.compactMap { evidence.gained("TCPAbortOnMemory", in: $0) }
        if !aborted.isEmpty { build.count(.dropped, aborted.reduce(0, &+), from: .counter("TCPAbortOnMemory")) }
        let filter = FilterText([], ["orphan"])
        build.set(.raiseOrphans, Setting("net.ipv4.tcp_max_orphans", limit.times(2)))
        let namespace = evidence.commonNamespace(members)
        if evidence.orphanRetries(in: namespace) > fewOrphanRetries {
            build.setForGood(.orphanRetries, Setting("net.ipv4.tcp_orphan_retries", fewOrphanRetries), in: namespace)
        }
        let forecast = Forecast.host(
            .orphans, used: used, limit: limit, before: evidence.before?.limits.orphans, evidence)
        return build.finding(
            .orphanLimit, severity(forecast, evidence), Subject(), cause: .orphans, forecast: forecast,
            connections: members, filter: filter)
    }

    private func conntrack(_ evidence: Evidence) -> [Finding] {
        evidence.now.namespaces.indices.compactMap { namespace in
            let limits = evidence.now.namespaces[namespace].limits
            guard let used = limits.conntrackCount, let limit = limits.conntrackMax, limit > 0,
                Double(used) >= evidence.thresholds.conntrackShare * Double(limit)
            else { return nil }
            var build = FindingBuilder(evidence)
            build.count(.conntrack, used, from: .sysctl("net/netfilter/nf_conntrack_count"))
            build.count(.conntrackMax, limit, from: .sysctl("net/netfilter/nf_conntrack_max"))
            let inode = evidence.now.namespaces[namespace].inode
            let earlier = evidence.before?.namespaces.first { $0.inode == inode }?.limits.conntrackCount
            let forecast = Forecast.host(.conntrack, used: used, limit: limit, before: earlier, evidence)
            build.set(.raiseConntrack, Setting("net.netfilter.nf_conntrack_max", limit.times(2)))
            build.setForGood(
                .conntrackTimeout, Setting("net.netfilter.nf_conntrack_tcp_timeout_established", 86_400), in: namespace)
            build.forGood(.conntrackBypass)
            return build.finding(
                .conntrackFull, severity(forecast, evidence), Subject(namespace: namespace), cause: .conntrack,
                forecast: forecast, connections: [], filter: nil)
        }
    }

    private func files(_ evidence: Evidence) -> Finding? {
        let limits = evidence.now.limits
        guard let used = limits.openFiles, let limit = limits.maxFiles, limit > 0,
            Double(used) >= evidence.thresholds.filesShare * Double(limit)
        else { return nil }
        var build = FindingBuilder(evidence)
        build.count(.files, used, from: .sysctl("fs/file-nr"))
        build.count(.maxFiles, limit, from: .sysctl("fs/file-max"))
        let top = evidence.now.processes.max { $0.descriptors ?? 0 < $1.descriptors ?? 0 }
        if let top, let count = top.descriptors {
            build.fact(.topProcess, .text("\(top.command) (pid \(top.pid))"), from: .process("fd"))
            build.count(.descriptors, count, from: .process("fd"))
        }
        build.set(.raiseFiles, Setting("fs.file-max", limit.times(2)))
        let forecast = Forecast.host(
            .files, used: used, limit: limit, before: evidence.before?.limits.openFiles, evidence)
        return build.finding(
            .fileTable, severity(forecast, evidence), Subject(), cause: .fileTable, forecast: forecast, connections: [],
            filter: nil)
    }
}
