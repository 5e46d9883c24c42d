import TCP

/// A condition whose names are looked up.
enum PreparedTest: Sendable, Hashable {
    /// How a named thing of the snapshot compares: unknown is neither the same nor different.
    enum Verdict: UInt8, Sendable, Hashable { case unknown, same, different }

    case states(StateSet)
    case local(HostPattern, negated: Bool)
    case remote(HostPattern, negated: Bool)
    case localPort(NumberTest, family: IPAddress.Family?)
    case remotePort(NumberTest, family: IPAddress.Family?)
    case device(Set<Snapshot.InterfaceKey>, anywhere: UInt32?, negated: Bool)
    case mark(UInt32, mask: UInt32, negated: Bool)
    case cgroup(UInt64, negated: Bool)
    /// Port ranges by namespace.
    case autobound([ClosedRange<UInt16>?])
    /// Verdicts by process.
    case holder([Verdict], negated: Bool)
    case user([Verdict], uids: Set<UInt32>, negated: Bool)
    /// Verdicts by namespace.
    case namespace([Verdict], negated: Bool)
    case age(NumberTest)
    case idle(NumberTest)
    case receiveQueue(NumberTest)
    case sendQueue(NumberTest)
    case unaccepted
    case orphan
    case shared

    func accepts(_ connection: Connection, _ holders: [Holder]) -> Bool {
        switch self {
        case .states(let states): return states.contains(connection.state)
        case .local(let pattern, let negated): return pattern.matches(connection.local) != negated
        case .remote(let pattern, let negated): return pattern.matches(connection.remote) != negated
        case .localPort(let test, let family):
            return test.accepts(connection.local.port) && (family == nil || family == connection.family)
        case .remotePort(let test, let family):
            return test.accepts(connection.remote.port) && (family == nil || family == connection.family)
        case .device(let keys, let anywhere, let negated):
            let key = Snapshot.InterfaceKey(namespace: connection.namespace, index: connection.interface)
            return (connection.interface == anywhere || keys.contains(key)) != negated
        case .mark(let value, let mask, let negated):
            guard let mark = connection.mark else { return false }
            return (mark & mask == value) != negated
        case .cgroup(let id, let negated):
            guard let cgroup = connection.cgroup else { return false }
            return (cgroup == id) != negated
        case .autobound(let ranges):
            guard let range = ranges[checked: Int(connection.namespace)] else { return false }
            return range?.contains(connection.local.port) ?? false
        case .holder(let verdicts, let negated):
            return Self.verdict(of: connection, holders, verdicts) == (negated ? .different : .same)
        case .user(let verdicts, let uids, let negated):
            var verdict = Self.verdict(of: connection, holders, verdicts)
            if verdict == .unknown, let uid = connection.uid { verdict = uids.contains(uid) ? .same : .different }
            return verdict == (negated ? .different : .same)
        case .namespace(let verdicts, let negated):
            return verdicts[checked: Int(connection.namespace)] == (negated ? .different : .same)
        case .age(let test):
            // Only the timer of TIME_WAIT tells the very time.
            return connection.state == .timeWait
                ? test.accepts(connection.ageAtLeast) : test.acceptsAll(from: connection.ageAtLeast)
        case .idle(let test): return test.accepts(connection.idle)
        case .receiveQueue(let test): return test.accepts(connection.receiveQueue)
        case .sendQueue(let test): return test.accepts(connection.sendQueue)
        case .unaccepted: return connection.holding == .unaccepted
        case .orphan: return connection.holding == .orphan
        case .shared: return Self.isShared(connection, holders)
        }
    }

    private static func range(_ connection: Connection, _ holders: [Holder]) -> Range<Int> {
        guard case .held(let start, let count) = connection.holding, Int(start) + Int(count) <= holders.count else {
            return 0..<0
        }
        return Int(start)..<Int(start) + Int(count)
    }

    /// Same if one holder is; different if none is and one is known to be different.
    private static func verdict(of connection: Connection, _ holders: [Holder], _ verdicts: [Verdict]) -> Verdict {
        var result = Verdict.unknown
        for index in range(connection, holders) {
            switch verdicts[checked: Int(holders[index].process)] {
            case .same: return .same
            case .different: result = .different
            case .unknown, nil: break
            }
        }
        return result
    }

    /// More than one process: several descriptors of one process do not count.
    private static func isShared(_ connection: Connection, _ holders: [Holder]) -> Bool {
        let range = range(connection, holders)
        guard let first = range.first else { return false }
        return range.contains { holders[$0].process != holders[first].process }
    }
}

extension PreparedTest {
    init(_ condition: FilterCondition, _ snapshot: Snapshot) {
        switch condition {
        case .states(let states): self = .states(states)
        case .host(.local, let pattern, let negated): self = .local(pattern, negated: negated)
        case .host(.remote, let pattern, let negated): self = .remote(pattern, negated: negated)
        case .port(.local, let test, let family): self = .localPort(test, family: family)
        case .port(.remote, let test, let family): self = .remotePort(test, family: family)
        case .device(let name, let index, let isNumber, let negated):
            var keys = Set(snapshot.interfaces.filter { $0.value == name }.keys)
            if let index, !isNumber, let own = snapshot.namespaces.firstIndex(where: \.isOwn) {
                keys.insert(Snapshot.InterfaceKey(namespace: UInt16(truncatingIfNeeded: own), index: index))
            }
            self = .device(keys, anywhere: isNumber ? index : nil, negated: negated)
        case .mark(let value, let mask, let negated): self = .mark(value, mask: mask, negated: negated)
        case .cgroup(let id, let negated): self = .cgroup(id, negated: negated)
        case .autobound: self = .autobound(snapshot.namespaces.map(\.limits.portRange))
        case .process(let wanted, let negated):
            self = .holder(snapshot.processes.map { Self.verdict(on: $0, wanted) }, negated: negated)
        case .user(let name, let uid, let negated):
            var uids = Set(snapshot.processes.lazy.filter { $0.user == name }.compactMap(\.uid))
            if let uid { uids.insert(uid) }
            let verdicts = snapshot.processes.map { process in
                Self.verdict(process.uid) { uids.contains($0) }
            }
            self = .user(verdicts, uids: uids, negated: negated)
        case .namespace(let pattern, let inode, let negated):
            let verdicts = snapshot.namespaces.map { namespace -> Verdict in
                if namespace.inode == inode { return .same }
                return namespace.name.map({ pattern.matches($0) }) ?? false ? .same : .different
            }
            self = .namespace(verdicts, negated: negated)
        case .age(let test): self = .age(test)
        case .idle(let test): self = .idle(test)
        case .receiveQueue(let test): self = .receiveQueue(test)
        case .sendQueue(let test): self = .sendQueue(test)
        case .unaccepted: self = .unaccepted
        case .orphan: self = .orphan
        case .shared: self = .shared
        }
    }

    private static func verdict(on process: ProcessRecord, _ wanted: FilterCondition.Process) -> Verdict {
        switch wanted {
        case .pid(let pid): process.pid == pid ? .same : .different
        case .name(let pattern): verdict(.some(process.command)) { pattern.matches(command: $0) }
        case .unit(let pattern): verdict(process.unit) { pattern.matches(unit: $0) }
        case .container(let pattern): verdict(process.container) { pattern.matches(container: $0) }
        }
    }

    private static func verdict<Value>(_ value: Value?, _ isSame: (Value) -> Bool) -> Verdict {
        value.map { isSame($0) ? .same : .different } ?? .unknown
    }
}

extension Glob {
    /// The kernel keeps 15 bytes of a name (`TASK_COMM_LEN`): a longer plain name is compared by its first 15.
    func matches(command: String) -> Bool {
        if matches(command) { return true }
        return isLiteral && text.utf8.count > 15 && command.utf8.count == 15 && text.utf8.starts(with: command.utf8)
    }

    /// `nginx` is `nginx.service`.
    func matches(unit: String) -> Bool {
        matches(unit) || unit.hasSuffix(".service") && matches(String(unit.dropLast(".service".count)))
    }

    /// A plain name is also the start of an id.
    func matches(container: Container) -> Bool {
        [container.id, container.pod].contains { id in
            guard let id else { return false }
            return isLiteral && id.hasPrefix(text) || matches(id)
        }
    }
}

extension Array {
    /// `nil` past the end: an index out of another's data.
    fileprivate subscript(checked index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
