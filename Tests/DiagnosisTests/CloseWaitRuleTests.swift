import Diagnosis
import Sockets
import TCP
import Testing

@Suite("Rule 1: CLOSE_WAIT that processes hold")
struct CloseWaitRuleTests {
    /// A server on port 6800 with so many in CLOSE_WAIT, `age` milliseconds after the peers' FIN.
    static func server(_ count: Int, age: UInt32?, queue: UInt32 = 1, processes: [Int32] = [22725]) -> World {
        var world = World()
        let indices = processes.enumerated().map { place, pid in
            world.process(pid, "oracle", parent: place == 0 ? 1 : processes[0])
        }
        world.listener(6800, heldBy: indices)
        for number in 0..<count {
            world.connection(.closeWait, .here(6800), .client(number), heldBy: indices) {
                $0.info.lastAckReceived = age
                $0.receiveQueue = queue
            }
        }
        return world
    }

    @Test("the case on port 6800: two processes share the sockets over fork, and are one finding")
    func shared() throws {
        let world = Self.server(3, age: 720_000, processes: [22725, 22726])
        let findings = world.findings()
        #expect(findings.map(\.kind) == [.closeWaitLeak])
        let finding = try #require(findings.first)
        #expect(finding.subject.processes == [0, 1])
        #expect(finding.cause == "close_wait_leak.shared")
        #expect(finding.value("parent_and_child") == .text("22725 → 22726"))
        #expect(finding.connections.count == 3)
        #expect(finding.filter == "state close-wait pid = 22725 and pid = 22726")
        // The gentlest comes first: what it prints is a plan.
        #expect(finding.remedies.first?.key == "sockets.clear")
        #expect(finding.remedies.first?.command == "linger clear 'state close-wait pid = 22725 and pid = 22726'")
        #expect(finding.remedies.contains { $0.key == "process.end_all" && $0.command == "kill 22725 22726" })

        let words = Phrasebook(language: .en).render(finding, in: world.snapshot)
        #expect(
            words.headline
                == "oracle (pid 22725) and oracle (pid 22726) share 3 connections in CLOSE_WAIT on port 6800; the oldest for at least 12\u{a0}min."
        )
        #expect(words.now.contains { $0.text.contains("Ending one alone releases nothing") })
    }

    @Test(
        "count and age decide together",
        arguments: [
            (49, 60_000, false), (50, 60_000, true), (50, 9_999, false), (50, 10_000, true), (2, 3_600_000, false),
            (3, 299_999, false), (3, 300_000, true), (1000, 500, false),
        ] as [(Int, UInt32, Bool)])
    func boundaries(count: Int, age: UInt32, isFound: Bool) {
        let findings = Self.server(count, age: age).findings().filter { $0.severity > .info }
        #expect(findings.map(\.kind) == (isFound ? [.closeWaitLeak] : []))
    }

    @Test("thresholds are obeyed")
    func configured() throws {
        var thresholds = Thresholds()
        try thresholds.set("close_wait.leak_count", to: 2)
        try thresholds.set("close_wait.leak_seconds", to: 1)
        #expect(Self.server(2, age: 1000).kinds(thresholds) == [.closeWaitLeak])
        #expect(Self.server(1, age: 1000).kinds(thresholds) == [])
    }

    @Test("an unknown age is no old age, until both looks have seen it for long enough")
    func unknownAge() {
        let world = Self.server(60, age: nil)
        #expect(world.kinds() == [])
        #expect(world.later(9).kinds(before: world) == [])
        #expect(world.later(10).kinds(before: world) == [.closeWaitLeak])
    }

    @Test(
        "the receive queue tells what the program did: a FIN counts as one byte",
        arguments: [
            (0, "close_wait_leak.eof_read"), (1, "close_wait_leak.not_looking"), (101, "close_wait_leak.unread"),
        ] as [(UInt32, String)])
    func reading(queue: UInt32, cause: String) throws {
        let finding = try #require(Self.server(50, age: 60_000, queue: queue).findings().first)
        #expect(finding.cause == cause)
        #expect(finding.value("unread_bytes") == (queue > 1 ? .bytes(5000) : nil))
    }

    @Test("growth comes from both looks, and the descriptors run out at it")
    func growth() throws {
        var before = Self.server(50, age: 60_000)
        before.snapshot.processes[0].descriptors = 900
        var now = before.later(2)
        for number in 50..<60 {
            now.connection(.closeWait, .here(6800), .client(number), heldBy: [0]) { $0.info.lastAckReceived = 100 }
        }
        now.snapshot.processes[0].descriptors = 910
        let finding = try #require(now.findings(before: before).first { $0.kind == .closeWaitLeak })
        #expect(finding.value("growth_per_second") == .perSecond(5))
        #expect(finding.count("closed_in_sample") == 0)
        #expect(finding.value("closes_others") == nil)
        #expect(finding.forecast?.perSecond == 5)
        #expect(finding.forecast?.secondsLeft == Double(1024 - 910) / 5)
        #expect(finding.severity == .critical)
    }

    @Test("what was closed between both looks says that the process still closes others")
    func stillCloses() throws {
        let before = Self.server(60, age: 60_000)
        var now = before.later()
        now.snapshot.connections.removeLast(4)
        let finding = try #require(now.findings(before: before).first)
        #expect(finding.count("closed_in_sample") == 4)
        #expect(finding.value("closes_others") == .flag(true))
        #expect(finding.value("growth_per_second") == .perSecond(-2))
    }

    @Test("a process that took over the pid is another process")
    func pidReused() throws {
        let before = Self.server(60, age: 60_000)
        var now = before.later()
        now.snapshot.processes[0].startTicks = 999
        now.snapshot.processes[0].descriptors = 500
        let finding = try #require(now.findings(before: before).first)
        #expect(finding.forecast?.perSecond == nil)
    }

    @Test("a client's few old ones beside live connections to the same destination are a pool")
    func pool() throws {
        var world = World()
        let client = world.process(7, "java")
        let database = Endpoint.v4(10, 0, 0, 9, 5432)
        for port in 0..<8 {
            world.connection(.closeWait, .here(40_000 + UInt16(port)), database, heldBy: [client]) {
                $0.info.lastAckReceived = 900_000
                $0.receiveQueue = 1
            }
        }
        #expect(world.kinds() == [.closeWaitLeak])
        world.connection(.established, .here(41_000), database, heldBy: [client])
        let finding = try #require(world.findings().first)
        #expect(finding.kind == .closeWaitPool)
        #expect(finding.severity == .info)
        #expect(Diagnosis.outcome(of: world.findings()) == .clean)
        world.snapshot.connections[0].receiveQueue = 50
        world.snapshot.connections[1].receiveQueue = 50
        world.snapshot.connections[2].receiveQueue = 50
        #expect(Set(world.kinds()) == [.closeWaitLeak, .closeWaitPool])
    }

    @Test("a pool that grows is a leak")
    func growingPool() {
        var before = World()
        let client = before.process(7, "java")
        let database = Endpoint.v4(10, 0, 0, 9, 5432)
        before.connection(.established, .here(41_000), database, heldBy: [client])
        func add(_ world: inout World, _ port: UInt16) {
            world.connection(.closeWait, .here(port), database, heldBy: [client]) { $0.info.lastAckReceived = 900_000 }
        }
        for port in 0..<8 { add(&before, 40_000 + UInt16(port)) }
        var now = before.later()
        #expect(now.kinds(before: before) == [.closeWaitPool])
        add(&now, 40_100)
        #expect(now.kinds(before: before) == [.closeWaitLeak])
    }

    @Test("several descriptors of one process are one holder")
    func duplicated() throws {
        var world = World()
        let process = world.process(7, "java")
        for number in 0..<50 {
            world.connection(.closeWait, .here(80), .client(number), heldBy: [process, process]) {
                $0.info.lastAckReceived = 60_000
            }
        }
        let finding = try #require(world.findings().first)
        #expect(finding.subject.processes == [process])
        #expect(finding.value("share_of_process") == .share(1))
    }

    @Test("a parent that forks for each connection and keeps its copy is one pile, whichever children share it")
    func forkedServer() throws {
        var world = World()
        let parent = world.process(100, "inetd")
        let children = (0..<60).map { world.process(200 + Int32($0), "worker", parent: 100) }
        for number in 0..<60 {
            world.connection(.closeWait, .here(23), .client(number), heldBy: [parent, children[number]]) {
                $0.info.lastAckReceived = 60_000
            }
        }
        let findings = world.findings()
        #expect(findings.map(\.kind) == [.closeWaitLeak])
        #expect(findings.first?.subject.processes.count == 61)
        #expect(findings.first?.connections.count == 60)
        #expect(findings.first?.filter == "state close-wait pid = 100 and shared")
    }

    @Test("connections of an unseen holder are reported, and nobody is invented")
    func unseen() throws {
        var world = World()
        world.listener(80, heldBy: [world.process(1, "init")])
        for number in 0..<50 {
            world.connection(.closeWait, .here(80), .client(number), .unseen) {
                $0.info.lastAckReceived = 60_000
                $0.uid = 1000
            }
        }
        let finding = try #require(world.findings().first)
        #expect(finding.subject.processes == [])
        #expect(finding.cause == "close_wait_leak.unseen")
        #expect(finding.forecast == nil)
        let words = Phrasebook(language: .en).render(finding, in: world.snapshot)
        #expect(words.headline.hasPrefix("A process that could not be seen (user id 1,000) holds 50 connections"))
    }

    @Test("MPTCP closes over its subflows: the connection is in CLOSE_WAIT while they stay established")
    func multipathOnly() throws {
        var world = World()
        let process = world.process(7, "server")
        for number in 0..<50 {
            world.connection(.established, .here(80), .client(number), heldBy: [process]) {
                $0.transport = .subflow
                $0.inode = UInt32(number + 1)
                $0.info.lastAckReceived = 10_000
            }
            world.connection(.closeWait, .here(80), .client(number), heldBy: [process]) {
                $0.transport = .mptcp
                $0.inode = UInt32(number + 1)
            }
        }
        let finding = try #require(world.findings().first)
        #expect(finding.kind == .closeWaitLeak)
        #expect(finding.cause == "close_wait_leak.not_closed")
        #expect(finding.value("oldest_ms") == .milliseconds(10_000))
        #expect(finding.connections.allSatisfy { world.snapshot.connections[$0].transport == .mptcp })
    }

    @Test("an MPTCP connection is not counted beside a subflow in the same state")
    func multipathTwice() {
        var world = World()
        let process = world.process(7, "server")
        for number in 0..<40 {
            for transport in [Connection.Transport.mptcp, .subflow] {
                world.connection(.closeWait, .here(80), .client(number), heldBy: [process]) {
                    $0.transport = transport
                    $0.inode = UInt32(number + 1)
                    $0.info.lastAckReceived = 30_000
                }
            }
        }
        #expect(world.kinds() == [])
    }

    @Test(
        "a few that have stood for a minute are a note that says so, and no fault",
        arguments: [(1, 59_999, 0), (1, 60_000, 1), (2, 3_600_000, 1), (3, 299_999, 1), (3, 300_000, 1)]
            as [(Int, UInt32, Int)], [[22725], [22725, 22726]] as [[Int32]])
    func note(row: (count: Int, age: UInt32, found: Int), processes: [Int32]) throws {
        let world = Self.server(row.count, age: row.age, processes: processes)
        let findings = world.findings()
        #expect(findings.count == row.found)
        guard row.age < 300_000 || row.count < 3, let finding = findings.first else { return }
        #expect(finding.severity == .info)
        #expect(finding.cause == "close_wait_leak.few")
        #expect(finding.connections.count == row.count)
        #expect(Diagnosis.outcome(of: findings) == .clean)
        #expect(!finding.remedies.contains { $0.key.hasPrefix("process.") })
    }

    @Test("a listener is no connection of the process, and unread data hides an unread end of file")
    func facts() throws {
        var world = Self.server(60, age: 60_000, queue: 100)
        for descriptor in 0..<5 {
            world.snapshot.closedSockets.append(
                ClosedSocket(
                    inode: UInt32(9000 + descriptor), cookie: nil,
                    holder: Holder(process: 0, descriptor: Int32(500 + descriptor))))
        }
        let finding = try #require(world.findings().first)
        #expect(finding.value("share_of_process") == .share(1))
        #expect(finding.count("eof_unread") == 60)
        #expect(finding.count("with_unread") == 60)
        #expect(finding.count("closed_sockets") == 5)
    }
}
