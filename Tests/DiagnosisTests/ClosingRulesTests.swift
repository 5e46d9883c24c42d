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
            world.connection(.finWait2, .here(4000), .client(number), heldBy: [process]) { $0.info.lastAckReceived = age }
        }
        #expect(world.kinds() == (isFound ? [.finWait2Held] : []))
    }

    @Test("orphaned FIN_WAIT_2 ends by itself: told from a crowd on, and never as a fault", arguments: [(499, false), (500, true)])
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
        arguments: [State.finWait1, .closing, .lastAck], [(20, 3, true), (19, 3, false), (20, 1, false)] as [(Int, UInt8, Bool)])
    func stuck(state: State, row: (count: Int, retries: UInt8, isFound: Bool)) {
        #expect(Self.closing(row.count, state, retries: row.retries).kinds() == (row.isFound ? [.closingStuck] : []))
    }

    @Test("one remote host is named; many are a broken path")
    func grouping() throws {
        let one = try #require(Self.closing(30, .lastAck, retries: 4).findings().first)
        #expect(one.cause == "closing_stuck.one_remote")
        #expect(one.filter == "state last-ack dst 172.16.0.1")
        #expect(one.value("oldest_ms") == .milliseconds(3000 + 3100))
        let many = try #require(Self.closing(30, .lastAck, retries: 4, sameHost: false).findings().first)
        #expect(many.cause == "closing_stuck.many_remotes")
        #expect(many.subject.destination == nil)
        #expect(many.count("remotes") == 30)
    }
}
