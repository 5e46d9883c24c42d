package import Sockets
internal import TCP

/// From a snapshot and a selection of its connections to a plan. Pure: it looks at nothing and changes nothing.
package struct Planner {
    private let snapshot: Snapshot
    private let request: ClearRequest

    package init(_ snapshot: Snapshot, _ request: ClearRequest) {
        self.snapshot = snapshot
        self.request = request
    }

    /// - Parameter selection: indices into the snapshot's connections, in the order in which they are to be cleared.
    package func plan(_ selection: [Int]) -> ClearPlan {
        var items: [ClearItem] = []
        var left: [LeftAlone] = []
        var targets: [Target] = []
        var placeOfProcess: [Int32: Int] = [:]
        for index in selection {
            let connection = snapshot.connections[index]
            if let reason = reason(toLeave: connection, planned: items.count) {
                left.append(LeftAlone(connection: connection, reason: reason))
                continue
            }
            let level = request.level ?? Level.gentlest(for: connection) ?? .destroy
            let descriptors = snapshot.holders(of: connection).compactMap { holder -> TargetDescriptor? in
                if let place = placeOfProcess[holder.process] {
                    return TargetDescriptor(target: place, descriptor: holder.descriptor)
                }
                guard let target = target(Int(holder.process)) else { return nil }
                placeOfProcess[holder.process] = targets.count
                targets.append(target)
                return TargetDescriptor(target: targets.count - 1, descriptor: holder.descriptor)
            }
            items.append(
                ClearItem(
                    connection: connection, level: level, descriptors: descriptors, sign: level.sign(for: connection)))
        }
        return ClearPlan(
            items: items, targets: targets, left: left, namespaces: snapshot.namespaces, states: .all)
    }

    private func target(_ process: Int) -> Target? {
        guard snapshot.processes.indices.contains(process), let ticks = snapshot.processes[process].startTicks else {
            return nil
        }
        let record = snapshot.processes[process]
        return Target(
            pid: record.pid, startTicks: ticks, command: record.command, unit: record.unit, unitUser: record.unitUser,
            container: record.container)
    }

    private func reason(toLeave connection: Connection, planned: Int) -> LeftAlone.Reason? {
        if let one = guarding(connection) { return .guarded(one) }
        if let level = request.level {
            if let obstacle = level.obstacle(to: connection) { return .obstacle(obstacle) }
            if level == .restart, !holders(connection).allSatisfy(\.isService) { return .obstacle(.noUnit) }
        } else if Level.gentlest(for: connection) == nil {
            return .obstacle(Level.destroy.obstacle(to: connection) ?? .closed)
        }
        // A holder whose start time is not known could be taken for another.
        let level = request.level ?? Level.gentlest(for: connection)
        if level != .destroy, !holders(connection).allSatisfy({ $0.startTicks != nil }) {
            return .obstacle(.holderUnseen)
        }
        if let limit = request.limit, planned >= limit { return .limit }
        return nil
    }

    private func guarding(_ connection: Connection) -> Guard? {
        func holds(_ guarded: Guard, _ condition: @autoclosure () -> Bool) -> Guard? {
            !request.permits.contains(guarded) && condition() ? guarded : nil
        }
        let pids = holders(connection).map(\.pid)
        return holds(.listeners, connection.state == .listen)
            ?? holds(.ownSockets, pids.contains(request.own.pid))
            ?? holds(.ownSession, request.own.isSession(connection) || isOfAncestor(pids))
            ?? holds(.firstProcess, pids.contains(1))
            ?? holds(.young, age(connection).map { $0 < request.young } ?? false)
    }

    /// Process 1 has a guard of its own.
    private func isOfAncestor(_ pids: [Int32]) -> Bool {
        pids.contains { $0 != 1 && $0 != request.own.pid && request.own.ancestors.contains($0) }
    }

    /// In its state; of an established one, since data last moved.
    private func age(_ connection: Connection) -> UInt32? {
        switch connection.state {
        case .established: connection.idle
        case .listen, .closed: nil
        case .closeWait, .finWait1, .finWait2, .closing, .lastAck, .timeWait, .synSent, .synReceived:
            connection.ageAtLeast
        }
    }

    private func holders(_ connection: Connection) -> [ProcessRecord] {
        snapshot.holders(of: connection).compactMap { holder in
            let place = Int(holder.process)
            return snapshot.processes.indices.contains(place) ? snapshot.processes[place] : nil
        }
    }
}

extension ProcessRecord {
    /// systemd runs it, and restarts it by the unit's name.
    fileprivate var isService: Bool { container == nil && unit?.hasSuffix(".service") == true }

    /// What a person runs to restart its container.
    package var containerCommand: String? {
        Target(pid: pid, startTicks: 0, command: command, container: container).containerCommand
    }
}
