import Sockets
import TCP

/// Who uses the ephemeral ports from one source address to one destination: each connection takes one, TIME_WAIT too.
struct PortUse {
    struct Key: Hashable {
        var destination: Endpoint
        var source: IPAddress
        var namespace: UInt16
    }

    let key: Key
    /// Connections whose local port lies in the ephemeral range and is not reserved.
    let members: [Int32]
    let timeWait: [Int32]
    let range: ClosedRange<UInt16>
    /// Ports of the range that the kernel may hand out.
    let total: Int

    var left: Int { max(0, total - members.count) }

    /// The uses above the threshold, of every source and destination. Connections that came through a listener are left
    /// out: however many they are, they take the listener's port only.
    static func crowded(in evidence: Evidence) -> [PortUse] {
        guard let least = smallestThreshold(evidence) else { return [] }
        let pools = evidence.now.namespaces.map { Pool($0.limits) }
        func takesPort(_ index: Int32) -> Bool {
            guard evidence.listenerOf[Int(index)] < 0 else { return false }
            let namespace = Int(evidence.now.connections[Int(index)].namespace)
            guard namespace < pools.count else { return false }
            return pools[namespace]?.hands(out: evidence.now.connections[Int(index)].local.port) ?? false
        }
        // A crowd towards one destination fills the counter of its port. Most hosts have none, and group nothing.
        var byPort = [Int](repeating: 0, count: 65_536)
        var connected: [Int32] = []
        for state in State.allCases where state != .listen && state != .closed {
            for index in evidence.connections(in: state) where takesPort(index) {
                byPort[Int(evidence.now.connections[Int(index)].remote.port)] += 1
                connected.append(index)
            }
        }
        connected.removeAll { byPort[Int(evidence.now.connections[Int($0)].remote.port)] < least }
        guard !connected.isEmpty else { return [] }
        let keyed = evidence.grouped(connected) { index -> Key? in
            let connection = evidence.now.connections[Int(index)]
            return Key(
                destination: connection.remote, source: connection.local.address, namespace: connection.namespace)
        }
        return keyed.compactMap { key, members in
            guard let pool = pools[Int(key.namespace)],
                Double(members.count) >= evidence.thresholds.portsShare * Double(pool.total)
            else { return nil }
            let timeWait = members.filter { evidence.now.connections[Int($0)].state == .timeWait }
            return PortUse(key: key, members: members, timeWait: timeWait, range: pool.range, total: pool.total)
        }
    }

    private static func smallestThreshold(_ evidence: Evidence) -> Int? {
        let totals = evidence.now.namespaces.compactMap { Pool($0.limits)?.total }
        return totals.min().map { Int(Double($0) * evidence.thresholds.portsShare) }
    }

    /// The ports of a namespace that connect may take.
    private struct Pool {
        let range: ClosedRange<UInt16>
        let reserved: [ClosedRange<UInt16>]
        let total: Int

        init?(_ limits: NamespaceLimits) {
            guard let range = limits.portRange else { return nil }
            self.range = range
            let inside = (limits.reservedPorts ?? []).filter { $0.overlaps(range) }.map { $0.clamped(to: range) }
            reserved = inside
            total = max(1, range.count - inside.reduce(0) { $0 + $1.count })
        }

        func hands(out port: UInt16) -> Bool {
            range.contains(port) && (reserved.isEmpty || !reserved.contains { $0.contains(port) })
        }
    }

    /// Growth between both looks.
    func growth(_ evidence: Evidence) -> Growth? {
        guard let before = evidence.before else { return nil }
        let earlier = before.connections.count {
            $0.namespace == key.namespace && $0.remote == key.destination && $0.local.address == key.source
                && $0.transport != .mptcp && range.contains($0.local.port)
        }
        let came = members.count { evidence.earlierOf[Int($0)] < 0 }
        let net = members.count - earlier
        return evidence.growth(net: net, moved: came + max(0, came - net))
    }

    /// The processes that have open connections there.
    func processes(_ evidence: Evidence) -> [Int] {
        let counted = evidence.grouped(members) { evidence.groupOf[Int($0)] >= 0 ? evidence.groupOf[Int($0)] : nil }
        let most = counted.sorted { $0.members.count > $1.members.count }.prefix(4)
        return Array(Set(most.flatMap { evidence.groups[Int($0.key)].processes })).sorted()
    }

    /// What both findings about ports say.
    func describe(in build: inout FindingBuilder) {
        let evidence = build.evidence
        build.count(.portsUsed, members.count, from: .sockets)
        build.count(.portsTotal, total, from: .sysctl("net/ipv4/ip_local_port_range"))
        build.count(.portsLeft, left, from: .sysctl("net/ipv4/ip_local_port_range"))
        build.fact(
            .portRange, .text("\(range.lowerBound) \(range.upperBound)"), from: .sysctl("net/ipv4/ip_local_port_range"))
        build.count(.timeWait, timeWait.count, from: .sockets)
        build.count(.otherStates, members.count - timeWait.count, from: .sockets)
        build.count(
            .reuse, evidence.limits(key.namespace)?.timeWaitReuse, from: .sysctl("net/ipv4/tcp_tw_reuse"))
    }

    func filter(_ evidence: Evidence, states: [State]) -> FilterText {
        FilterText(
            states,
            [
                evidence.condition(source: key.source), evidence.condition(destination: key.destination),
                evidence.condition(namespace: Int(key.namespace)),
            ])
    }

    func remedies(in build: inout FindingBuilder) {
        let low = min(range.lowerBound, 10_240)
        if range.lowerBound > 10_240 || range.upperBound < 60_999 {
            let wider = Setting("net.ipv4.ip_local_port_range", "\(low) \(max(range.upperBound, 65_535))")
            build.set(.widenPorts, wider, in: Int(key.namespace))
        }
        build.forGood(.keepConnections)
        build.forGood(.moreAddresses)
    }
}
