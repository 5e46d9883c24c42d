import Sockets
import TCP

/// Rule 4. FIN_WAIT_2: an orphan, which the kernel ends after tcp_fin_timeout, or still held by a process that only shut
/// down its sending half, which no timer ends.
struct FinWait2Rule: Rule {
    let kinds: [Finding.Kind] = [.finWait2Held, .finWait2Orphaned]

    func findings(in evidence: Evidence) -> [Finding] {
        let all = evidence.connections(in: .finWait2)
        guard !all.isEmpty else { return [] }
        let held = evidence.grouped(all) { evidence.groupOf[Int($0)] >= 0 ? evidence.groupOf[Int($0)] : nil }
        let orphans = all.filter { evidence.now.connections[Int($0)].holding == .orphan }
        let byNamespace = evidence.grouped(orphans) { evidence.now.connections[Int($0)].namespace }
        return held.compactMap { self.held($0.members, evidence.groups[Int($0.key)], evidence) }
            + byNamespace.compactMap { orphaned($0.members, Int($0.key), evidence) }
    }

    private func held(_ all: [Int32], _ group: HolderGroup, _ evidence: Evidence) -> Finding? {
        let limit = evidence.thresholds.finWait2HeldSeconds * 1000
        // A running timer is the kernel's: it lets go of these alone.
        let members = all.filter { index in
            evidence.connection(index).timer.kind != .timeWait
                && evidence.age(index).map { Double($0) >= limit } ?? false
        }
        guard Double(members.count) >= evidence.thresholds.finWait2HeldCount else { return nil }
        var build = FindingBuilder(evidence)
        build.count(.count, members.count, from: .sockets)
        build.ages(members)
        let unread = members.reduce(UInt64(0)) { $0 + UInt64(evidence.connection($1).receiveQueue) }
        if unread > 0 { build.fact(.unreadBytes, .bytes(unread), from: .sockets) }
        if group.processes.count > 1 { build.count(.shared, group.processes.count, from: .descriptors) }
        let listener = evidence.commonListener(members)
        if let top = evidence.mostFrequent(members, by: evidence.remoteAddress) {
            build.count(.remotes, evidence.distinct(members, by: evidence.remoteAddress), from: .sockets)
            build.fact(.topDestination, .text(top.key.description), from: .sockets)
            build.count(.topCount, top.count, from: .sockets)
        }
        peer(members[0], &build, evidence)
        build.opening(members, isAccepted: listener != nil)
        let forecast = evidence.descriptors(of: group.processes)
        let filter = FilterText([.finWait2], [evidence.condition(holders: group)])
        if !group.processes.isEmpty { build.clear() }
        build.release(group.processes)
        build.forGood(.halfCloseTimeout)
        let subject = Subject(
            processes: group.processes, listener: listener,
            destination: listener == nil ? evidence.commonRemote(members) : nil,
            namespace: evidence.commonNamespace(members))
        return build.finding(
            .finWait2Held, evidence.runsOutSoon(forecast) ? .critical : .warning, subject, cause: .finWait2Held,
            forecast: forecast, connections: members, filter: filter)
    }

    private func orphaned(_ members: [Int32], _ namespace: Int, _ evidence: Evidence) -> Finding? {
        guard Double(members.count) >= evidence.thresholds.finWait2OrphanedCount else { return nil }
        var build = FindingBuilder(evidence)
        build.count(.count, members.count, from: .sockets)
        let timeout = evidence.limits(UInt16(namespace))?.finTimeout.map { $0.times(1000) }
        build.milliseconds(.finTimeout, timeout, from: .sysctl("net/ipv4/tcp_fin_timeout"))
        let expires = members.compactMap { index -> UInt32? in
            let timer = evidence.connection(index).timer
            return timer.kind == .off ? nil : timer.expires
        }
        build.milliseconds(.lastFree, expires.max().map(UInt64.init), from: .sockets)
        build.count(.remotes, evidence.distinct(members, by: evidence.remoteAddress), from: .sockets)
        if let top = evidence.mostFrequent(members, by: evidence.remoteAddress) {
            build.fact(.topDestination, .text(top.key.description), from: .sockets)
            build.count(.topCount, top.count, from: .sockets)
        }
        peer(members[0], &build, evidence)
        build.now(.doNothing)
        build.now(.destroyOrphans)
        if timeout ?? .max > 15_000 {
            build.setForGood(.finTimeout, Setting("net.ipv4.tcp_fin_timeout", 15), in: namespace)
        }
        let filter = FilterText([.finWait2], ["orphan", evidence.condition(namespace: namespace)])
        let subject = Subject(
            listener: evidence.commonListener(members), destination: evidence.commonRemote(members),
            namespace: namespace)
        return build.finding(
            .finWait2Orphaned, .info, subject, cause: .finWait2Orphaned, connections: members, filter: filter)
    }

    /// Where the other end is on this host too, it is the one that does not close.
    private func peer(_ index: Int32, _ build: inout FindingBuilder, _ evidence: Evidence) {
        guard let peer = evidence.peer(of: index).map({ evidence.now.processes[$0] }) else { return }
        build.fact(.peerProcess, .text("\(peer.command) (pid \(peer.pid))"), from: .descriptors)
    }
}
