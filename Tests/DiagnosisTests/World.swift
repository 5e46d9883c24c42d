import Diagnosis
import Sockets
import TCP

/// A host made up for a test: processes and connections are added, and the snapshot is what a look would have seen.
struct World {
    var snapshot = Snapshot(
        time: 1_700_000_000_000, monotonic: 1_000_000, host: "host", kernel: "6.1.0",
        namespaces: [NetworkNamespace(inode: 4_026_531_840, name: nil, isOwn: true, pid: 1)])
    var nextCookie: UInt64 = 1

    var limits: NamespaceLimits {
        get { snapshot.namespaces[0].limits }
        set { snapshot.namespaces[0].limits = newValue }
    }

    /// Adds a process. Its index.
    @discardableResult
    mutating func process(
        _ pid: Int32, _ command: String, parent: Int32? = 1, descriptors: UInt32? = 40, limit: UInt64? = 1024,
        hardLimit: UInt64? = 4096, unit: String? = nil
    ) -> Int {
        var record = ProcessRecord(pid: pid, command: command)
        record.startTicks = UInt64(pid) * 10
        record.parent = parent
        record.descriptors = descriptors
        record.descriptorLimit = limit
        record.descriptorHardLimit = hardLimit
        record.unit = unit
        snapshot.processes.append(record)
        return snapshot.processes.count - 1
    }

    /// Adds a connection that processes hold. Its index.
    @discardableResult
    mutating func connection(
        _ state: State, _ local: Endpoint, _ remote: Endpoint, heldBy processes: [Int],
        _ change: (inout Connection) -> Void = { _ in }
    ) -> Int {
        let start = UInt32(snapshot.holders.count)
        for process in processes {
            snapshot.holders.append(Holder(process: Int32(process), descriptor: Int32(snapshot.holders.count) + 3))
        }
        return connection(state, local, remote, .held(start: start, count: UInt32(processes.count)), change)
    }

    /// Adds a connection that no process holds. Its index.
    @discardableResult
    mutating func connection(
        _ state: State, _ local: Endpoint, _ remote: Endpoint, _ holding: Holding,
        _ change: (inout Connection) -> Void = { _ in }
    ) -> Int {
        var connection = Connection(
            cookie: nextCookie, inode: UInt32(truncatingIfNeeded: nextCookie), state: state, local: local,
            remote: remote, holding: holding)
        nextCookie += 1
        change(&connection)
        snapshot.connections.append(connection)
        return snapshot.connections.count - 1
    }

    @discardableResult
    mutating func listener(_ port: UInt16, heldBy processes: [Int], waiting: UInt32 = 0, backlog: UInt32 = 128) -> Int {
        connection(.listen, .any(port), .any(0), heldBy: processes) {
            $0.receiveQueue = waiting
            $0.sendQueue = backlog
        }
    }

    /// The same host two seconds later, to be changed.
    func later(_ seconds: UInt64 = 2) -> World {
        var world = self
        world.snapshot.monotonic += seconds * 1000
        world.snapshot.time += seconds * 1000
        return world
    }

    func findings(before: World? = nil, _ thresholds: Thresholds = Thresholds()) -> [Finding] {
        Diagnosis.run(before: before?.snapshot, now: snapshot, thresholds: thresholds)
    }

    func kinds(before: World? = nil, _ thresholds: Thresholds = Thresholds()) -> [Finding.Kind] {
        findings(before: before, thresholds).map(\.kind)
    }
}

extension Endpoint {
    static func v4(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32, _ port: UInt16) -> Endpoint {
        Endpoint(address: IPAddress(v4: a << 24 | b << 16 | c << 8 | d), port: port)
    }

    static func any(_ port: UInt16) -> Endpoint { Endpoint(address: IPAddress(v4: 0), port: port) }

    /// This host's end.
    static func here(_ port: UInt16) -> Endpoint { .v4(10, 0, 0, 1, port) }

    /// One of many clients.
    static func client(_ number: Int) -> Endpoint {
        .v4(192, 168, UInt32(number / 250 % 250), UInt32(number % 250 + 1), UInt16(30_000 + number % 30_000))
    }
}

extension Finding {
    func value(_ key: String) -> Fact.Value? { facts.first { $0.key == key }?.value }

    func count(_ key: String) -> UInt64? {
        guard case .count(let count)? = value(key) else { return nil }
        return count
    }

    var remedyKeys: [String] { remedies.map(\.key) }
}
