import Sockets
import TCP

/// Rule 9. Processes close to RLIMIT_NOFILE, and how much of it is sockets; sockets in CLOSED that still hold a
/// descriptor, which `ss` does not show.
struct DescriptorsRule: Rule {
    let kinds: [Finding.Kind] = [.descriptorsLow, .closedDescriptors]

    func findings(in evidence: Evidence) -> [Finding] {
        var closed: [Int: [ClosedSocket]] = [:]
        for socket in evidence.now.closedSockets
        where evidence.now.processes.indices.contains(Int(socket.holder.process))
            && evidence.isInScope(Int(socket.holder.process))
        {
            closed[Int(socket.holder.process), default: []].append(socket)
        }
        let low = evidence.now.processes.indices.filter { process in
            guard evidence.isInScope(process), let forecast = evidence.descriptors(of: [process]) else { return false }
            return Double(forecast.used) >= evidence.thresholds.descriptorsShare * Double(forecast.limit)
        }
        let held = low.isEmpty ? [:] : Held.count(of: Set(low), evidence)
        let before = (evidence.before?.closedSockets.map(\.inode)).map(Set.init)
        return low.map { self.low($0, held[$0] ?? Held(), closed: closed[$0]?.count ?? 0, evidence) }
            + closed.keys.sorted().compactMap { self.closed($0, closed[$0] ?? [], before, evidence) }
    }

    /// What a process holds, by state.
    private struct Held {
        var members: [Int32] = []
        var closeWait = 0
        var established = 0

        static func count(of processes: Set<Int>, _ evidence: Evidence) -> [Int: Held] {
            var result: [Int: Held] = [:]
            for (number, members) in evidence.grouped(
                evidence.groupOf.indices.lazy.map(Int32.init),
                by: { evidence.groupOf[Int($0)] >= 0 ? evidence.groupOf[Int($0)] : nil })
            {
                for process in evidence.groups[Int(number)].processes where processes.contains(process) {
                    for member in members { result[process, default: Held()].add(member, evidence) }
                }
            }
            return result
        }

        private mutating func add(_ member: Int32, _ evidence: Evidence) {
            let state = evidence.now.connections[Int(member)].state
            if state != .listen { members.append(member) }
            switch state {
            case .closeWait: closeWait += 1
            case .established: established += 1
            default: break
            }
        }
    }

    private func low(_ process: Int, _ held: Held, closed: Int, _ evidence: Evidence) -> Finding {
        var build = FindingBuilder(evidence)
        let record = evidence.now.processes[process]
        let forecast = evidence.descriptors(of: [process])
        build.count(.descriptors, record.descriptors, from: .process("fd"))
        build.count(.descriptorLimit, record.descriptorLimit, from: .process("limits"))
        if let hard = record.descriptorHardLimit, hard < UInt64(Int64.max) {
            build.count(.hardLimit, hard, from: .process("limits"))
        }
        build.count(.socketDescriptors, record.socketDescriptors, from: .process("fd"))
        build.count(.established, held.established, from: .descriptors)
        build.count(.closeWait, held.closeWait, from: .descriptors)
        build.count(.closedSockets, closed, from: .descriptors)
        build.growth(forecast?.growth, from: .process("fd"))
        let filter = FilterText([], ["pid = \(record.pid)"])
        // What a descriptor is a link to, without its number: `socket`, `/var/log/app.log`.
        build.now(
            .listDescriptors,
            "ls -l /proc/\(record.pid)/fd | sed -n 's/.*-> //; s/:.*//; 2,$p' | sort | uniq -c | sort -rn | head")
        build.raiseDescriptors([process])
        build.forGood(.raiseDescriptorsForGood)
        if held.closeWait > held.established { build.forGood(.closeInCode) }

        let used = Int(record.descriptors ?? 0)
        let cause: CauseKey
        switch max(held.closeWait, held.established, closed) {
        case let most where most * 3 < used: cause = .descriptorsOther
        case held.closeWait: cause = .descriptorsCloseWait
        case held.established: cause = .descriptorsConnections
        default: cause = .descriptorsClosed
        }
        let share = forecast.map { Double($0.used) / Double($0.limit) } ?? 0
        let isCritical = share >= evidence.thresholds.descriptorsCriticalShare || evidence.runsOutSoon(forecast)
        return build.finding(
            .descriptorsLow, isCritical ? .critical : .warning, Subject(processes: [process]), cause: cause,
            forecast: forecast, connections: held.members, filter: filter)
    }

    private func closed(
        _ process: Int, _ all: [ClosedSocket], _ before: Set<UInt32>?, _ evidence: Evidence
    ) -> Finding? {
        // A socket is in CLOSED for a moment before it connects: only those that stay count, where that can be told.
        let sockets = before.map { known in all.filter { known.contains($0.inode) } } ?? all
        guard Double(sockets.count) >= evidence.thresholds.closedCount else { return nil }
        var build = FindingBuilder(evidence)
        let bound = sockets.count { $0.localPort ?? 0 != 0 }
        build.count(.count, sockets.count, from: .descriptors)
        build.count(.bound, bound, from: .descriptors)
        let numbers = sockets.prefix(8).map { String($0.holder.descriptor) }.joined(separator: ", ")
        build.fact(.holders, .text(numbers + (sockets.count > 8 ? ", …" : "")), from: .descriptors)
        let forecast = evidence.descriptors(of: [process])
        build.count(.descriptors, forecast?.used, from: .process("fd"))
        build.count(.descriptorLimit, forecast?.limit, from: .process("limits"))
        build.release([process])
        build.forGood(.closedInCode)
        let isCritical = evidence.runsOutSoon(forecast)
        return build.finding(
            .closedDescriptors, isCritical ? .critical : .warning, Subject(processes: [process]),
            cause: bound * 2 > sockets.count ? .closedBound : .closedDestroyed, forecast: forecast, connections: [],
            filter: nil)
    }
}
