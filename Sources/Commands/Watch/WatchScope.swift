import Kernel
import Sockets
import TCP
import Watching

/// Decides what is shown: the filter of the command line over connections that the stream tells of.
///
/// A filter is made for the processes and namespaces of a snapshot. Here they come one by one: each new one is added to a
/// snapshot without connections, and the filter is prepared again.
struct WatchScope {
    private let filter: Filter
    private let follow: Int32?
    private let facts: StreamProcesses?
    private var world: Snapshot
    private var prepared: PreparedFilter
    private var processes: [ProcessIdentity: Int32] = [:]
    private var namespaces: [UInt32: UInt16] = [:]
    private var isStale = false

    /// Processes that are remembered; then it begins anew.
    private static let most = 32_768

    init(_ plan: WatchPlan) {
        filter = plan.filter
        follow = plan.follow
        facts = plan.filter.needsProcessDetails ? StreamProcesses() : nil
        world = Snapshot()
        prepared = filter.prepared(for: world)
    }

    /// Takes over what the look found out of processes, namespaces and interfaces.
    mutating func learn(from snapshot: Snapshot) {
        world.namespaces = snapshot.namespaces
        world.interfaces = snapshot.interfaces
        namespaces = [:]
        for (index, namespace) in snapshot.namespaces.enumerated() {
            namespaces[namespace.inode] = UInt16(truncatingIfNeeded: index)
        }
        isStale = true
    }

    /// `blue`, `net:[4026531840]`; `nil` in the observer's own.
    func name(ofNamespace inode: UInt32) -> String? {
        guard let index = namespaces[inode] else { return "net:[\(inode)]" }
        let namespace = world.namespaces[Int(index)]
        return namespace.isOwn ? nil : namespace.name ?? "net:[\(inode)]"
    }

    /// A transition is wanted that matches before or after it.
    mutating func wants(_ step: Step, listener: ProcessIdentity?) -> Bool {
        let states =
            step.transition.old == step.transition.new
            ? [step.transition.new] : [step.transition.new, step.transition.old]
        let isOrphan = step.transition.flags.contains(.orphan)
        return wants(step.life, states, step.owner, listener, isOrphan: isOrphan)
    }

    /// A life is wanted that matched in one of its states.
    mutating func wants(_ life: Life, owner: ProcessIdentity?, listener: ProcessIdentity?) -> Bool {
        var states = (0..<Int(life.stateCount)).map { life.state(at: $0) }
        // No look saw it in any.
        if states.isEmpty { states = [.closed] }
        return wants(life, states, owner, listener, isOrphan: false)
    }

    /// - Parameter life: of the connection; `nil` where it begins with the opening, and its transition will tell more.
    mutating func wants(_ opening: Opening, _ life: Life?) -> Bool {
        if let life { return wants(life, owner: opening.process, listener: nil) }
        return follow.map { $0 == opening.process.pid } ?? filter.isEmpty
    }

    private mutating func wants(
        _ life: Life, _ states: [State], _ owner: ProcessIdentity?, _ listener: ProcessIdentity?, isOrphan: Bool
    ) -> Bool {
        // Nobody has accepted it: it is its listener's.
        let holder = owner ?? listener
        if let follow, holder?.pid != follow { return false }
        if filter.isEmpty { return true }
        var connection = Connection(
            cookie: life.cookie, inode: 0, state: states.first ?? .closed, local: life.local, remote: life.remote,
            namespace: index(ofNamespace: life.namespace))
        connection.holding = holding(owner, holder, life, isOrphan: isOrphan)
        if isStale {
            prepared = filter.prepared(for: world)
            isStale = false
        }
        return states.contains { state in
            connection.state = state
            return prepared.matches(connection)
        }
    }

    private mutating func holding(
        _ owner: ProcessIdentity?, _ holder: ProcessIdentity?, _ life: Life, isOrphan: Bool
    ) -> Holding {
        guard let holder else { return isOrphan ? .orphan : .unseen }
        // `unaccepted` and `orphan` go before whose it is, unless the filter asks for a process.
        if filter.needsHolders, owner == nil, filter.asksOnlyHow { return .unaccepted }
        if isOrphan, filter.asksOnlyHow { return .orphan }
        return .held(start: UInt32(index(of: holder)), count: 1)
    }

    private mutating func index(of process: ProcessIdentity) -> Int32 {
        if let known = processes[process] { return known }
        if processes.count >= Self.most {
            processes = [:]
            world.processes = []
            world.holders = []
        }
        let index = Int32(world.processes.count)
        var record = ProcessRecord(pid: process.pid, command: process.command)
        record.startTicks = process.startTicks
        world.processes.append(facts?.record(of: process) ?? record)
        // The range of its holding is its own number.
        world.holders.append(Holder(process: index, descriptor: 0))
        processes[process] = index
        isStale = true
        return index
    }

    private mutating func index(ofNamespace inode: UInt32) -> UInt16 {
        if let known = namespaces[inode] { return known }
        let index = UInt16(clamping: world.namespaces.count)
        world.namespaces.append(NetworkNamespace(inode: inode, name: nil, isOwn: false, pid: nil))
        namespaces[inode] = index
        isStale = true
        return index
    }
}
