import Sockets
import TCP

/// Rule 1. CLOSE_WAIT that processes hold: the peer closed, the application does not.
///
/// One finding for each set of processes, for a socket that is shared over fork is closed only when all of them close it.
/// What the receive queue says in CLOSE_WAIT (`tcp_diag_get_info`: `rcv_nxt - copied_seq`, and a FIN counts as one):
/// 0, the program read the end of file and did not close; 1, it never looked; more, it left data unread.
struct CloseWaitRule: Rule {
    let kinds: [Finding.Kind] = [.closeWaitLeak, .closeWaitPool]

    func findings(in evidence: Evidence) -> [Finding] {
        let waiting = evidence.connections(in: .closeWait)
        guard !waiting.isEmpty else { return [] }
        let around = CloseWaitSurroundings(evidence)
        var findings: [Finding] = []
        var leftover: [Int32] = []
        for (number, members) in evidence.grouped(
            waiting, by: { evidence.groupOf[Int($0)] >= 0 ? evidence.groupOf[Int($0)] : nil })
        {
            let group = evidence.groups[Int(number)]
            let (pools, rest) = splitPools(members, around, evidence)
            for pool in pools { findings.append(self.pool(pool, group, around, evidence)) }
            let filter = FilterText(
                [.closeWait],
                [
                    evidence.condition(holders: group),
                    group.processes.isEmpty
                        ? evidence.commonListener(rest).map { evidence.condition(listener: $0) } : nil,
                ])
            let verdict = verdict(rest, group, evidence)
            if verdict == .leak {
                findings.append(leak(rest, group, filter, around, evidence))
            } else if verdict == .usual {
                findings.append(leak(rest, group, filter, around, evidence, isBelow: .closeWaitUsual))
            } else if group.processes.count > 1 {
                leftover += rest
            } else if let note = note(rest, group, filter, around, evidence) {
                findings.append(note)
            }
        }
        return findings + merged(leftover, around, evidence)
    }

    private enum Verdict { case few, usual, leak }

    /// The program's own past goes before any threshold: it leaks what stays longer than all that it ever closed, and what
    /// does not is a busy moment. Few that are overdue prove nothing, and where descriptors run out the past is no comfort.
    private func verdict(_ members: [Int32], _ group: HolderGroup, _ evidence: Evidence) -> Verdict {
        let isPile = isPile(members, evidence)
        guard let past = evidence.past(members), past.isTelling else { return isPile ? .leak : .few }
        let limits = evidence.thresholds
        let overdue = past.overdue.count { Double(evidence.age($0) ?? 0) >= limits.closeWaitLeakSeconds * 1000 }
        if Double(overdue) >= limits.closeWaitOldCount { return .leak }
        guard isPile else { return .few }
        return isNear(evidence.descriptors(of: group.processes), evidence) ? .leak : .usual
    }

    /// Enough of them, for long enough.
    private func isPile(_ members: [Int32], _ evidence: Evidence) -> Bool {
        let limits = evidence.thresholds
        var (leaked, old) = (0.0, 0.0)
        for member in members {
            guard let age = evidence.age(member).map({ Double($0) }) else { continue }
            if age >= limits.closeWaitLeakSeconds * 1000 { leaked += 1 }
            if age >= limits.closeWaitOldSeconds * 1000 { old += 1 }
        }
        return leaked >= limits.closeWaitLeakCount || old >= limits.closeWaitOldCount
    }

    /// A server that forks for each connection and forgets to close its own copy shares every connection with another
    /// set of children. No set is a pile; together, under the process that all of them come from, they are one.
    private func merged(
        _ leftover: [Int32], _ around: CloseWaitSurroundings, _ evidence: Evidence
    ) -> [Finding] {
        let byEldest = evidence.grouped(leftover) { member in evidence.group(member).flatMap { eldest($0, evidence) } }
        return byEldest.compactMap { eldest, members in
            let all = members.reduce(into: Set<Int>()) { $0.formUnion(evidence.group($1)?.processes ?? []) }
            let group = HolderGroup(who: .processes, processes: all.sorted())
            let filter = FilterText([.closeWait], ["pid = \(evidence.now.processes[eldest].pid)", "shared"])
            return isPile(members, evidence)
                ? leak(members, group, filter, around, evidence) : note(members, group, filter, around, evidence)
        }
    }

    /// Too few for a leak, and too old for a busy moment.
    private func note(
        _ members: [Int32], _ group: HolderGroup, _ filter: FilterText, _ around: CloseWaitSurroundings,
        _ evidence: Evidence
    ) -> Finding? {
        let seconds = evidence.thresholds.closeWaitNoteSeconds
        let old = members.filter { evidence.age($0).map { Double($0) >= seconds * 1000 } ?? false }
        guard !old.isEmpty else { return nil }
        let aged = filter.and("age >= \(Int(seconds))s")
        return leak(old, group, aged, around, evidence, isBelow: .closeWaitFew)
    }

    /// The member whose parent is none of them.
    private func eldest(_ group: HolderGroup, _ evidence: Evidence) -> Int? {
        let pids = Set(group.processes.map { evidence.now.processes[$0].pid })
        let roots = group.processes.filter { process in
            evidence.now.processes[process].parent.map { !pids.contains($0) } ?? true
        }
        return (roots.isEmpty ? group.processes : roots).min {
            evidence.now.processes[$0].pid < evidence.now.processes[$1].pid
        }
    }

    /// The destinations to which a client keeps a few idle connections beside live ones, and everything else.
    private func splitPools(
        _ members: [Int32], _ around: CloseWaitSurroundings, _ evidence: Evidence
    ) -> (pools: [[Int32]], rest: [Int32]) {
        var rest: [Int32] = []
        var candidates: [Int32] = []
        for member in members {
            let isClient = evidence.listenerOf[Int(member)] < 0
            if isClient, evidence.now.connections[Int(member)].receiveQueue <= 1,
                around.established(
                    of: evidence.groupOf[Int(member)], to: evidence.now.connections[Int(member)].remote) > 0
            {
                candidates.append(member)
            } else {
                rest.append(member)
            }
        }
        var pools: [[Int32]] = []
        for (destination, pool) in evidence.grouped(candidates, by: { evidence.now.connections[Int($0)].remote }) {
            let oldest = Double(pool.compactMap(evidence.age).max() ?? 0)
            let isOld = oldest >= evidence.thresholds.closeWaitLeakSeconds * 1000
            let group = evidence.groupOf[Int(pool[0])]
            let growth = growth(pool, went: around.gone(from: group, to: destination), evidence)
            let isGrowing = evidence.recordedGrowth(
                of: evidence.groups[Int(group)].processes, in: .closeWait, count: members.count
            ).map { $0.low > 0 }
            if isOld, Double(pool.count) <= evidence.thresholds.closeWaitPoolCount, !(isGrowing ?? (growth ?? 0 > 0)) {
                pools.append(pool)
            } else {
                rest += pool
            }
        }
        return (pools, rest)
    }

    /// Came less went, a second.
    private func growth(_ members: [Int32], went: Int, _ evidence: Evidence) -> Double? {
        guard let seconds = evidence.seconds else { return nil }
        return (Double(members.count { !evidence.wasSame($0) }) - Double(went)) / seconds
    }

    private func pool(
        _ members: [Int32], _ group: HolderGroup, _ around: CloseWaitSurroundings, _ evidence: Evidence
    ) -> Finding {
        var build = FindingBuilder(evidence)
        let destination = evidence.connection(members[0]).remote
        build.count(.count, members.count, from: .sockets)
        build.ages(members)
        let number = evidence.groupOf[Int(members[0])]
        build.count(.established, around.established(of: number, to: destination), from: .sockets)
        let growth = growth(members, went: around.gone(from: number, to: destination), evidence)
        build.fact(.growth, growth.map { .perSecond($0) }, from: .bothLooks)
        build.now(.doNothing)
        build.forGood(.poolEvict)
        let filter = FilterText(
            [.closeWait], [evidence.condition(holders: group), evidence.condition(destination: destination)])
        let subject = Subject(
            processes: group.processes, destination: destination, namespace: evidence.commonNamespace(members))
        return build.finding(
            .closeWaitPool, .info, subject, cause: .closeWaitPool, connections: members, filter: filter)
    }

    private func leak(
        _ members: [Int32], _ group: HolderGroup, _ filter: FilterText, _ around: CloseWaitSurroundings,
        _ evidence: Evidence, isBelow: CauseKey? = nil
    ) -> Finding {
        var build = FindingBuilder(evidence)
        let namespace = evidence.commonNamespace(members)
        let listener = evidence.commonListener(members)
        let reading = Reading(members, evidence)
        let gone = around.gone(from: Set(members.map { evidence.groupOf[Int($0)] }))

        build.count(.count, members.count, from: .sockets)
        build.ages(members, withYoungest: true)
        if let recorded = evidence.recordedGrowth(of: group.processes, in: .closeWait, count: members.count) {
            build.growth(recorded, from: .record)
        } else {
            build.fact(.growth, growth(members, went: gone, evidence).map { .perSecond($0) }, from: .bothLooks)
        }
        if evidence.seconds != nil { build.count(.closed, gone, from: .bothLooks) }
        let closes = members.contains { around.closes(through: evidence.listenerOf[Int($0)]) }
        if gone > 0 || closes { build.fact(.closesOthers, .flag(true), from: .sockets) }
        past(members, &build)
        build.opening(members, isAccepted: listener != nil)
        build.count(.eofRead, reading.read, from: .sockets)
        build.count(.eofUnread, reading.notLooked + reading.unread, from: .sockets)
        build.count(.withUnread, reading.unread, from: .sockets)
        if reading.bytes > 0 { build.fact(.unreadBytes, .bytes(reading.bytes), from: .sockets) }
        if group.processes.count == 1 {
            let process = group.processes[0]
            let listeners = evidence.connections(in: .listen).count {
                evidence.group($0)?.processes.contains(process) ?? false
            }
            let all = Int(evidence.heldBy[process]) - listeners
            if all > 0 { build.fact(.share, .share(Double(members.count) / Double(all)), from: .descriptors) }
        }
        if group.processes.count > 1 {
            build.count(.shared, group.processes.count, from: .descriptors)
            build.fact(.families, family(group.processes, evidence).map { .text($0) }, from: .process("stat"))
        }
        // A peer's reset takes a connection out of CLOSE_WAIT, and the descriptor stays: the leak only seems to shrink.
        let dead = Set(
            evidence.now.closedSockets.filter { group.processes.contains(Int($0.holder.process)) }.map(\.inode))
        if !dead.isEmpty { build.count(.closedSockets, dead.count, from: .descriptors) }
        if case .unseen(let uid?) = group.who { build.count(.owner, uid, from: .sockets) }
        if listener == nil, let top = evidence.mostFrequent(members, by: { evidence.now.connections[Int($0)].remote }) {
            build.fact(.topDestination, .text(top.key.description), from: .sockets)
            build.count(.topCount, top.count, from: .sockets)
        }

        let forecast = evidence.descriptors(of: group.processes)
        if let forecast {
            build.count(.descriptors, forecast.used, from: .process("fd"))
            build.count(.descriptorLimit, forecast.limit, from: .process("limits"))
        }
        build.count(.threshold, Int(evidence.thresholds.closeWaitLeakCount), from: .threshold("close_wait.leak_count"))

        if isBelow != nil {
            build.now(.watchThem)
        } else {
            if !group.processes.isEmpty { build.clear() }
            build.release(group.processes)
        }
        if isNear(forecast, evidence) { build.raiseDescriptors(group.processes) }
        build.forGood(.closeInCode)
        if group.processes.count > 1 { build.forGood(.closeAfterFork) }
        build.forGood(.timeoutInCode)

        let subject = Subject(
            processes: group.processes, listener: listener,
            destination: listener == nil ? evidence.commonRemote(members) : nil, namespace: namespace)
        let isCritical = isNear(forecast, evidence) || evidence.runsOutSoon(forecast)
        return build.finding(
            .closeWaitLeak, isBelow != nil ? .info : isCritical ? .critical : .warning, subject,
            cause: isBelow ?? cause(group, reading), forecast: forecast, connections: members, filter: filter)
    }

    /// What the program did with others while the daemon watched.
    private func past(_ members: [Int32], _ build: inout FindingBuilder) {
        guard let past = build.evidence.past(members) else { return }
        build.milliseconds(.watched, past.watched, from: .record)
        guard past.closed > 0 else {
            if past.watched >= 60_000 { build.milliseconds(.neverClosedIn, past.watched, from: .record) }
            return
        }
        build.count(.closedOthers, past.closed, from: .record)
        build.milliseconds(.slowestClosed, past.slowest, from: .record)
        build.count(.overdue, past.overdue.count, from: .record)
    }

    private func cause(_ group: HolderGroup, _ reading: Reading) -> CauseKey {
        if group.who != .processes { return .closeWaitUnseen }
        if group.processes.count > 1 { return .closeWaitShared }
        if reading.unread > reading.notLooked && reading.unread > reading.read { return .closeWaitUnread }
        if reading.notLooked > reading.read { return .closeWaitNotLooking }
        return reading.read > 0 ? .closeWaitEOFRead : .closeWaitNotClosed
    }

    private func isNear(_ forecast: Forecast?, _ evidence: Evidence) -> Bool {
        guard let forecast else { return false }
        return Double(forecast.used) >= Double(forecast.limit) * evidence.thresholds.descriptorsShare
    }

    /// `22725 → 22726`: who is whose parent among them.
    private func family(_ processes: [Int], _ evidence: Evidence) -> String? {
        let pids = Set(processes.map { evidence.now.processes[$0].pid })
        let pairs = processes.compactMap { process -> String? in
            let record = evidence.now.processes[process]
            guard let parent = record.parent, pids.contains(parent), parent != record.pid else { return nil }
            return "\(parent) → \(record.pid)"
        }
        guard !pairs.isEmpty else { return nil }
        return pairs.prefix(8).joined(separator: ", ") + (pairs.count > 8 ? ", …" : "")
    }

    /// What the programs did with the end of file.
    private struct Reading {
        var read = 0
        var notLooked = 0
        var unread = 0
        var bytes: UInt64 = 0

        init(_ members: [Int32], _ evidence: Evidence) {
            for member in members {
                switch evidence.now.connections[Int(member)].receiveQueue {
                // MPTCP counts the memory of what is unread, and no FIN (`mptcp_diag_get_info`).
                case let queued where evidence.now.connections[Int(member)].transport == .mptcp:
                    unread += queued > 0 ? 1 : 0
                case 0: read += 1
                case 1: notLooked += 1
                case let queued:
                    unread += 1
                    bytes += UInt64(queued) - 1
                }
            }
        }
    }
}
