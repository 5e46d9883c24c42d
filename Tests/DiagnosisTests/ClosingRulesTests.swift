import Diagnosis
import Sockets
import TCP
import Testing

@Suite("Rules 4 and 5: closing that does not end")
struct ClosingRulesTests {
    @Test(
        "FIN_WAIT_2 that a process holds is found by count and age",
        arguments: [(19, 120_000, false), (20, 59_999, false), (20, 60_000, true)] as [(Int, UInt32, Bool)])
    func held(count: Int, age: UInt32, isFound: Bool) {
        var world = World()
        let process = world.process(9, "rsh")
        for number in 0..<count {
            world.connection(.finWait2, .here(4000), .client(number), heldBy: [process]) {
                $0.info.lastAckReceived = age
            }
        }
        #expect(world.kinds() == (isFound ? [.finWait2Held] : []))
    }

    @Test(
        "orphaned FIN_WAIT_2 ends by itself: told from a crowd on, and never as a fault",
        arguments: [(499, false), (500, true)])
    func orphaned(count: Int, isFound: Bool) {
        var world = World()
        world.limits.finTimeout = 60
        for number in 0..<count {
            world.connection(.finWait2, .here(80), .client(number), .orphan) {
                $0.timer = Timer(kind: .timeWait, retries: 0, expires: 30_000)
            }
        }
        let findings = world.findings()
        #expect(findings.map(\.kind) == (isFound ? [.finWait2Orphaned] : []))
        #expect(Diagnosis.outcome(of: findings) == .clean)
    }

    static func closing(_ count: Int, _ state: State, retries: UInt8, sameHost: Bool = true) -> World {
        var world = World()
        for number in 0..<count {
            let remote = sameHost ? Endpoint.v4(172, 16, 0, 1, UInt16(1000 + number)) : .client(number)
            world.connection(state, .here(80), remote, .orphan) {
                $0.timer = Timer(kind: .retransmit, retries: retries, expires: 100)
                $0.info.retransmits = retries
                $0.info.backoff = retries
                $0.info.rto = UInt32(200) << UInt32(retries)
                $0.info.lastAckReceived = 3_600_000
            }
        }
        return world
    }

    @Test(
        "FIN_WAIT_1, CLOSING and LAST_ACK that repeat are found; a connection that was idle before it closes is not old",
        arguments: [State.finWait1, .closing, .lastAck],
        [(20, 3, true), (19, 3, false), (20, 1, false)] as [(Int, UInt8, Bool)])
    func stuck(state: State, row: (count: Int, retries: UInt8, isFound: Bool)) {
        #expect(Self.closing(row.count, state, retries: row.retries).kinds() == (row.isFound ? [.closingStuck] : []))
    }

    @Test("one remote host is named; many are a broken path")
    func grouping() throws {
        let one = try #require(Self.closing(30, .lastAck, retries: 4).findings().first)
        #expect(one.cause == "closing_stuck.one_remote")
        #expect(one.filter == "state last-ack dst 172.16.0.1 and orphan")
        #expect(one.value("oldest_ms") == .milliseconds(3000 + 3100))
        let many = try #require(Self.closing(30, .lastAck, retries: 4, sameHost: false).findings().first)
        #expect(many.cause == "closing_stuck.many_remotes")
        #expect(many.subject.destination == nil)
        #expect(many.count("remotes") == 30)
    }

    @Test("what a process still holds is told from orphans: its process, its limit, its remedy")
    func heldWhileClosing() throws {
        var world = Self.closing(0, .closing, retries: 4)
        world.limits.retries2 = 15
        world.limits.orphanRetries = 2
        let process = world.process(7, "app")
        for number in 0..<20 {
            world.connection(.closing, .here(80), .v4(172, 16, 0, 1, UInt16(1000 + number)), heldBy: [process]) {
                $0.timer = Timer(kind: .retransmit, retries: 4, expires: 100)
                $0.info.retransmits = 4
                $0.sendQueue = 1
            }
        }
        let held = try #require(world.findings().first)
        #expect(held.cause == "closing_stuck.held")
        #expect(held.subject.processes == [process])
        #expect(held.value("queued_bytes") == nil, "the FIN is no data")
        #expect(!held.remedyKeys.contains("closing.orphan_retries"))
        #expect(!held.remedyKeys.contains("sockets.destroy_orphans"))
        #expect(held.remedies.contains { $0.command == "kill 7" })

        var orphans = Self.closing(20, .lastAck, retries: 4)
        #expect(
            orphans.findings().first?.remedies.contains {
                $0.command == "linger clear 'state last-ack dst 172.16.0.1 and orphan'"
            } == true)
        let setting = "net.ipv4.tcp_orphan_retries = 3"
        #expect(orphans.findings().first?.remedies.contains { $0.command?.contains(setting) ?? false } == true)
        orphans.limits.orphanRetries = 3
        #expect(orphans.findings().first?.remedyKeys.contains("closing.orphan_retries") == false)
    }

    @Test("the time without an answer only grows, also once the timeout has its largest length")
    func unanswered() {
        var last: UInt32 = 0
        for backoff in UInt8(1)...14 {
            let rto = min(UInt32(204) << UInt32(backoff), 120_000)
            for expires in [rto, rto / 2, 0] {
                var connection = Connection(cookie: 1, inode: 1, state: .lastAck, local: .here(80), remote: .client(1))
                connection.timer = Timer(kind: .retransmit, retries: backoff, expires: expires)
                connection.info.rto = rto
                connection.info.backoff = backoff
                connection.info.rtt = 4000
                let age = connection.ageAtLeast ?? 0
                #expect(age >= last, "\(backoff) \(expires)")
                last = age
            }
        }
        // 204 ms … 104 s sum up to 208,692 ms, and five timeouts of 120 s follow.
        #expect(last == 208_692 + 5 * 120_000)
    }

    @Test("a route with a smaller least timeout does not make the silence longer than it is")
    func smallTimeout() {
        var connection = Connection(cookie: 1, inode: 1, state: .lastAck, local: .here(80), remote: .client(1))
        connection.timer = Timer(kind: .retransmit, retries: 18, expires: 0)
        connection.info.rto = 120_000
        connection.info.backoff = 18
        connection.info.lastAckReceived = 500_000
        connection.info.lastDataReceived = 400_000
        #expect(connection.ageAtLeast == 500_000)
    }
}
