import Diagnosis
import Sockets
import TCP
import Testing

@Suite("Rule 2: connections that nobody has accepted")
struct AcceptQueueRuleTests {
    static func server(
        waiting: Int, age: UInt32, backlog: UInt32 = 128, state: State = .established, listeners: Int = 1
    ) -> World {
        var world = World()
        for number in 0..<listeners {
            let process = world.process(500 + Int32(number), "nginx", unit: "nginx.service")
            world.listener(80, heldBy: [process], waiting: number == 0 ? UInt32(waiting) : 0, backlog: backlog)
        }
        for number in 0..<waiting {
            world.connection(state, .here(80), .client(number), .unaccepted) {
                $0.info.lastDataSent = age
                $0.info.lastAckReceived = 10
            }
        }
        return world
    }

    @Test(
        "a few young ones are healthy, old ones are not",
        arguments: [
            (4, 60_000, false), (5, 5_000, true), (5, 4_999, false), (100, 100, false), (100, 60_000, true),
        ] as [(Int, UInt32, Bool)])
    func stalled(waiting: Int, age: UInt32, isFound: Bool) {
        #expect(Self.server(waiting: waiting, age: age).kinds() == (isFound ? [.acceptStalled] : []))
    }

    @Test("CLOSE_WAIT that was never accepted is the listener's fault, not a leak")
    func closeWait() throws {
        let findings = Self.server(waiting: 60, age: 60_000, state: .closeWait).findings()
        #expect(findings.map(\.kind) == [.acceptStalled])
        let finding = try #require(findings.first)
        #expect(finding.count("gave_up") == 60)
        #expect(finding.subject.processes == [0])
        #expect(finding.filter == "unaccepted and sport = :80")
        #expect(finding.cause == "accept.unknown")
        #expect(finding.remedies.contains { $0.command == "systemctl restart nginx.service" })
    }

    @Test("a service of a user's own manager is restarted there")
    func userService() throws {
        var world = Self.server(waiting: 60, age: 60_000)
        world.snapshot.processes[0].unitUser = 1000
        let finding = try #require(world.findings().first)
        #expect(
            finding.remedies.contains {
                $0.command == "sudo -u '#1000' XDG_RUNTIME_DIR=/run/user/1000 systemctl --user restart nginx.service"
            })
    }

    @Test("full is more than the backlog", arguments: [(128, false), (129, true)])
    func full(waiting: Int, isFull: Bool) throws {
        let world = Self.server(waiting: waiting, age: 2000)
        let findings = world.findings()
        #expect(findings.map(\.kind) == (isFull ? [.acceptQueueFull] : []))
        #expect(findings.allSatisfy { $0.severity == .critical && $0.forecast?.secondsLeft == 0 })
    }

    @Test("a burst that filled the queue just now is no finding, unless clients were turned away")
    func burst() throws {
        var world = Self.server(waiting: 129, age: 100)
        #expect(world.kinds() == [])
        world.limits.counters = CounterSample(
            totals: ["ListenOverflows": 70], deltas: ["ListenOverflows": 7], interval: 2)
        let finding = try #require(world.findings().first)
        #expect(finding.kind == .acceptQueueFull)
        #expect(finding.count("overflowed_in_sample") == 7)
        #expect(finding.count("overflowed_total") == 70)
    }

    @Test("two looks tell a listener that stopped from one that is slow")
    func slow() throws {
        let before = Self.server(waiting: 20, age: 60_000)
        #expect(before.later().findings(before: before).map(\.cause) == ["accept.stopped"])
        var now = before.later()
        let start = UInt32(now.snapshot.holders.count)
        now.snapshot.holders.append(Holder(process: 0, descriptor: 9))
        now.snapshot.connections[1].holding = .held(start: start, count: 1)
        now.snapshot.connections[0].receiveQueue = 19
        let finding = try #require(now.findings(before: before).first)
        #expect(finding.cause == "accept.slow")
        #expect(finding.count("accepted_in_sample") == 1)
    }

    @Test("of listeners that share a port only the one whose queue is long is named, and the sharing is said")
    func reuseport() throws {
        let findings = Self.server(waiting: 20, age: 60_000, listeners: 3).findings()
        #expect(findings.map(\.kind) == [.acceptStalled])
        #expect(findings.first?.subject.processes == [0])
        #expect(findings.first?.count("listeners_on_port") == 3)
    }

    @Test("a backlog at somaxconn needs both raised")
    func somaxconn() throws {
        var world = Self.server(waiting: 129, age: 2000)
        world.limits.maxBacklog = 128
        let finding = try #require(world.findings().first)
        #expect(finding.remedyKeys.contains("accept.raise_somaxconn"))
        world.limits.maxBacklog = 4096
        #expect(try #require(world.findings().first).remedyKeys.contains("accept.raise_somaxconn") == false)
    }
}
