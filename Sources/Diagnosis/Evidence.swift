import Sockets
import TCP

/// What several rules need of both looks, worked out once: single passes and flat arrays, no allocation a connection.
///
/// Connections of transport `.mptcp` are left out, for their subflows count, but for those that `Multipath` names. "Connection n" is an index into
/// `now.connections`; -1 in an array of indices means none.
struct Evidence {
    let now: Snapshot
    let before: Snapshot?
    /// Between both looks; `nil` with one look.
    let seconds: Double?
    let thresholds: Thresholds
    /// What a running daemon knows of these connections; `nil` without one.
    let record: Record?
    let multipath: Multipath

    /// Connections by the raw value of their state.
    let byState: [[Int32]]
    /// The group of processes that holds connection n.
    let groupOf: [Int32]
    let groups: [HolderGroup]
    /// The first listener that connection n can have come through: it is this host's server side.
    let listenerOf: [Int32]
    /// How many connections a process holds, itself or shared.
    let heldBy: [Int32]
    /// How many of a process's connections came, or went, between both looks.
    let moved: [Int32]

    /// Connection n in the earlier look, by cookie. Empty with one look.
    let earlierOf: [Int32]
    /// Connection n of the earlier look in this one. Empty with one look.
    let laterOf: [Int32]
    /// The group that held connection n of the earlier look, in this look's numbers. Empty with one look.
    let groupBefore: [Int32]
    /// Process n in the earlier look, by pid and start time.
    let processBefore: [Int32]

    /// Where the ephemeral ports towards one destination are nearly gone; two rules ask.
    private(set) var crowdedPorts: [PortUse] = []

    init(before: Snapshot?, now: Snapshot, recollection: Recollection? = nil, thresholds: Thresholds) {
        self.now = now
        record = Record(recollection, of: now)
        self.thresholds = thresholds
        let elapsed = before.map { now.monotonic > $0.monotonic ? Double(now.monotonic - $0.monotonic) / 1000 : 0 }
        seconds = elapsed.flatMap { $0 > 0 ? $0 : nil }
        self.before = seconds == nil ? nil : before

        let count = now.connections.count
        var groups = HolderGroups(processCount: now.processes.count)
        var groupOf = [Int32](repeating: -1, count: count)
        var listenerOf = [Int32](repeating: -1, count: count)
        var byState = [[Int32]](repeating: [], count: 12)
        var listeners = ListenerLookup(now)
        let multipath = Multipath(now)
        for (index, connection) in now.connections.enumerated() where multipath.counts(connection) {
            byState[Int(connection.state.rawValue)].append(Int32(index))
            groupOf[index] = groups.number(of: connection, in: now)
            if connection.state != .listen { listenerOf[index] = listeners.first(for: connection) }
        }

        if let before = self.before {
            let matched = Self.matchProcesses(before: before, now: now)
            processBefore = matched.ofNow
            var groupBefore = [Int32](repeating: -1, count: before.connections.count)
            var laterOf = groupBefore
            var table = CookieTable(capacity: before.connections.count)
            for (index, connection) in before.connections.enumerated() {
                table.insert(connection.identity, at: Int32(index))
                groupBefore[index] = groups.number(of: connection, in: before, calling: matched.ofBefore)
            }
            var earlierOf = [Int32](repeating: -1, count: count)
            for (index, connection) in now.connections.enumerated() {
                guard let earlier = table.find(connection.identity) else { continue }
                earlierOf[index] = earlier
                laterOf[Int(earlier)] = Int32(index)
            }
            self.groupBefore = groupBefore
            self.laterOf = laterOf
            self.earlierOf = earlierOf
        } else {
            processBefore = Array(repeating: -1, count: now.processes.count)
            groupBefore = []
            laterOf = []
            earlierOf = []
        }

        var heldBy = [Int32](repeating: 0, count: now.processes.count)
        var moved = heldBy
        var tally = [(held: Int32, moved: Int32)](repeating: (0, 0), count: groups.all.count)
        for (index, group) in groupOf.enumerated() where group >= 0 {
            tally[Int(group)].held += 1
            if index < earlierOf.count, earlierOf[index] < 0 { tally[Int(group)].moved += 1 }
        }
        for (index, group) in groupBefore.enumerated() where group >= 0 && laterOf[index] < 0 {
            tally[Int(group)].moved += 1
        }
        for (group, counts) in zip(groups.all, tally) {
            for process in group.processes {
                heldBy[process] += counts.held
                moved[process] += counts.moved
            }
        }
        self.groups = groups.all
        self.groupOf = groupOf
        self.listenerOf = listenerOf
        self.byState = byState
        self.multipath = multipath
        self.heldBy = heldBy
        self.moved = moved
        crowdedPorts = PortUse.crowded(in: self)
    }

    func connections(in state: State) -> [Int32] { byState[Int(state.rawValue)] }

    /// A process is the same only with the same start time: a pid is used again.
    private static func matchProcesses(before: Snapshot, now: Snapshot) -> (ofNow: [Int32], ofBefore: [Int32]) {
        var byPID: [Int32: Int32] = [:]
        for (index, process) in before.processes.enumerated() { byPID[process.pid] = Int32(index) }
        var ofNow = [Int32](repeating: -1, count: now.processes.count)
        var ofBefore = [Int32](repeating: -1, count: before.processes.count)
        for (index, process) in now.processes.enumerated() {
            guard let earlier = byPID[process.pid],
                before.processes[Int(earlier)].startTicks == process.startTicks
            else { continue }
            ofNow[index] = earlier
            ofBefore[Int(earlier)] = Int32(index)
        }
        return (ofNow, ofBefore)
    }
}

/// `ListenerIndex` for a whole snapshot: neighbours in a dump mostly have the same local end, so the last answer is kept.
private struct ListenerLookup {
    private let index: ListenerIndex
    /// Bit n of a namespace: somebody listens on port n. Most connections of a client need no look further.
    private var ports: [UInt64] = []
    private let namespaces: Int
    private var known: [Key: Int32] = [:]
    private var last: (key: Key, answer: Int32)?

    private struct Key: Hashable {
        var local: Endpoint
        var namespace: UInt16
    }

    init(_ snapshot: Snapshot) {
        index = ListenerIndex(snapshot)
        let listening = snapshot.connections.lazy.filter { $0.state == .listen }
        namespaces = listening.reduce(0) { max($0, Int($1.namespace) + 1) }
        ports = Array(repeating: 0, count: namespaces * 1024)
        for listener in listening {
            ports[Int(listener.namespace) * 1024 + Int(listener.local.port) / 64] |=
                1 << UInt64(listener.local.port % 64)
        }
    }

    mutating func first(for connection: Connection) -> Int32 {
        let namespace = Int(connection.namespace)
        let port = connection.local.port
        guard namespace < namespaces, ports[namespace * 1024 + Int(port) / 64] & 1 << UInt64(port % 64) != 0 else {
            return -1
        }
        let key = Key(local: connection.local, namespace: connection.namespace)
        if let last, last.key == key { return last.answer }
        let answer: Int32
        if let found = known[key] {
            answer = found
        } else {
            answer = index.listeners(for: connection).first.map(Int32.init) ?? -1
            known[key] = answer
        }
        last = (key, answer)
        return answer
    }
}
