import Diagnosis
import Kernel
import Sockets
import TCP
import Testing

@testable import Clearing

@Suite struct PlannerTests {
    static let held = Holding.held(start: 0, count: 1)

    static func connection(
        _ state: State, _ holding: Holding = held, cookie: UInt64 = 7, lastAck: UInt32? = 3_600_000,
        remotePort: UInt16 = 50_000
    ) -> Connection {
        var info = TCPInfo()
        info.lastAckReceived = lastAck
        info.lastDataSent = lastAck
        info.lastDataReceived = lastAck
        return Connection(
            cookie: cookie, inode: 70, state: state, local: Endpoint(address: IPAddress(v4: 0x0a00_0001), port: 6800),
            remote: Endpoint(address: IPAddress(v4: 0x0a00_0002), port: remotePort), info: info, holding: holding)
    }

    static func plan(
        _ connections: [Connection], pid: Int32 = 812, ticks: UInt64? = 99, unit: String? = nil,
        _ request: ClearRequest = ClearRequest()
    ) -> (items: [ClearItem], left: [LeftAlone], targets: [Target]) {
        var process = ProcessRecord(pid: pid, command: "oracle")
        process.startTicks = ticks
        process.unit = unit
        let snapshot = Snapshot(
            namespaces: [NetworkNamespace(inode: 1, name: nil, isOwn: true, pid: 1)], connections: connections,
            holders: [Holder(process: 0, descriptor: 4)], processes: [process])
        let plan = Planner(snapshot, request).plan(Array(connections.indices))
        return (plan.items, plan.left, plan.targets)
    }

    /// What each level can do for a held socket in each state.
    static let table: [(State, Set<Level>)] = [
        (.established, [.shutdown, .destroy, .release, .close, .kill]),
        (.closeWait, [.shutdown, .destroy, .release, .close, .kill]),
        (.synSent, [.shutdown, .destroy, .release, .close, .kill]),
        (.finWait1, [.destroy, .release, .close, .kill]),
        (.finWait2, [.destroy, .release, .close, .kill]),
        (.closing, [.destroy, .release, .close, .kill]),
        (.lastAck, [.destroy, .release, .close, .kill]),
        (.closed, []),
    ]

    @Test("a level is planned where it ends the state, and left alone elsewhere", arguments: table.indices)
    func levels(row: Int) {
        let (state, levels) = Self.table[row]
        for level in Level.allCases {
            let plan = Self.plan([Self.connection(state)], ClearRequest(level: level))
            #expect(plan.items.count == (levels.contains(level) ? 1 : 0), "\(level) \(state)")
            #expect(plan.items.count + plan.left.count == 1)
        }
    }

    @Test(
        "what no process holds is reached by destroy only",
        arguments: [Holding.unaccepted, .orphan, .request, .timeWait])
    func unheld(holding: Holding) {
        for level in Level.allCases {
            let plan = Self.plan([Self.connection(.finWait2, holding)], ClearRequest(level: level))
            #expect(plan.items.count == (level == .destroy ? 1 : 0), "\(level)")
        }
    }

    @Test("without a level the gentlest that works is chosen")
    func gentlest() {
        let plan = Self.plan([Self.connection(.closeWait), Self.connection(.finWait2, .orphan)])
        #expect(plan.items.map(\.level) == [.shutdown, .destroy])
        #expect(plan.items.map(\.sign) == [.fin, .reset])
    }

    @Test("a guarded connection is left alone, and planned with the flag of that guard alone")
    func guards() {
        var own = ClearRequest.Own(pid: 500, ancestors: [400], sshConnection: "10.0.0.2 50001 10.0.0.1 6800")
        own.ancestors.insert(1)
        let cases: [(Guard, Connection, Int32)] = [
            (.listeners, Self.connection(.listen), 812),
            (.ownSession, Self.connection(.established, remotePort: 50_001), 812),
            (.ownSession, Self.connection(.established), 400),
            (.ownSockets, Self.connection(.established), 500),
            (.firstProcess, Self.connection(.closeWait), 1),
            (.young, Self.connection(.closeWait, lastAck: 100), 812),
            (.young, Self.connection(.established, lastAck: 100), 812),
        ]
        for (guarded, connection, pid) in cases {
            var request = ClearRequest(level: .destroy)
            request.own = own
            let left = Self.plan([connection], pid: pid, request)
            #expect(left.items.isEmpty && left.left.map(\.reason) == [.guarded(guarded)], "\(guarded)")
            request.permits = Set(Guard.allCases).subtracting([guarded])
            #expect(Self.plan([connection], pid: pid, request).items.isEmpty, "\(guarded)")
            request.permits = [guarded]
            #expect(Self.plan([connection], pid: pid, request).items.count == 1, "\(guarded)")
        }
    }

    @Test("a holder whose start time is not known is not acted on")
    func unknownHolder() {
        let plan = Self.plan([Self.connection(.closeWait)], ticks: nil, ClearRequest(level: .release))
        #expect(plan.items.isEmpty && plan.left.map(\.reason) == [.obstacle(.holderUnseen)])
    }

    @Test("no more than the limit is planned, and the rest is named")
    func limit() {
        var request = ClearRequest(level: .shutdown)
        request.limit = 2
        let plan = Self.plan((0..<5).map { Self.connection(.closeWait, cookie: $0 + 1) }, request)
        #expect(plan.items.count == 2 && plan.left.map(\.reason) == [.limit, .limit, .limit])
    }

    @Test("a part of an MPTCP connection is left alone by every level")
    func mptcp() {
        for level in Level.allCases {
            var subflow = Self.connection(.closeWait)
            subflow.transport = .subflow
            #expect(Self.plan([subflow], ClearRequest(level: level)).left.map(\.reason) == [.obstacle(.mptcp)])
        }
    }

    static let filters: [(String, Bool)] = [
        ("", true), ("state established", true), ("state all", true), ("state connected", true),
        ("state listening", true),
        ("exclude time-wait", true), ("not state close-wait", true), ("src 0.0.0.0/0", true), ("sport >= :0", true),
        ("sport != :22", true), ("state close-wait", false), ("state time-wait", false), ("pid = 812", false),
        ("dst 10.0.0.7", false), ("state established dport = :443", false), ("idle > 1h", false),
    ]

    @Test("a filter that could mean everything is told from one that names something", arguments: filters.indices)
    func breadth(row: Int) throws {
        let (text, isBroad) = Self.filters[row]
        let filter = try Filter(parsing: text.isEmpty ? [] : [text], resolver: .none)
        #expect(filter.couldMeanEverything == isBroad, "\(text)")
    }
}
