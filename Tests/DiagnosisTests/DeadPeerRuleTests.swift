import Diagnosis
import Sockets
import TCP
import Testing

@Suite("Rule 7: dead and idle ESTABLISHED")
struct DeadPeerRuleTests {
    static func peers(_ count: Int, sameHost: Bool = true, _ change: (inout Connection) -> Void) -> World {
        var world = World()
        let process = world.process(5, "app", limit: 100_000)
        world.listener(9000, heldBy: [process])
        for number in 0..<count {
            let remote = sameHost ? Endpoint.v4(172, 16, 0, 1, UInt16(1000 + number)) : .client(number)
            world.connection(.established, .here(9000), remote, heldBy: [process], change)
        }
        return world
    }

    private static func unacknowledged(_ backoff: UInt8) -> (inout Connection) -> Void {
        { connection in
            connection.timer = Timer(kind: .retransmit, retries: backoff, expires: 400)
            connection.info.unacked = 3
            connection.info.backoff = backoff
            connection.info.rto = 200 << UInt32(backoff)
            connection.sendQueue = 1000
        }
    }

    @Test(
        "unacknowledged data with growing backoff",
        arguments: [(20, 5, true), (19, 5, false), (20, 4, false)] as [(Int, UInt8, Bool)])
    func unresponsive(count: Int, backoff: UInt8, isFound: Bool) throws {
        let findings = Self.peers(count, Self.unacknowledged(backoff)).findings()
        #expect(findings.map(\.kind) == (isFound ? [.peerUnresponsive] : []))
        guard isFound else { return }
        #expect(findings.first?.value("queued_bytes") == .bytes(20_000))
        #expect(findings.first?.cause == "peer_unresponsive.one_peer")
    }

    @Test("vanished clients are a finding only as a share of all", arguments: [(400, true), (401, false)])
    func share(all: Int, isFound: Bool) {
        var world = Self.peers(20, sameHost: false, Self.unacknowledged(6))
        for number in 20..<all { world.connection(.established, .here(9000), .client(number), heldBy: [0]) }
        #expect(world.kinds() == (isFound ? [.peerUnresponsive] : []))
    }

    @Test(
        "a zero window that lasts", arguments: [(20, 5, true), (19, 9, false), (20, 4, false)] as [(Int, UInt8, Bool)])
    func zeroWindow(count: Int, backoff: UInt8, isFound: Bool) {
        let world = Self.peers(count) {
            $0.timer = Timer(kind: .zeroWindowProbe, retries: 0, expires: 400)
            $0.info.backoff = backoff
            $0.info.rto = 200
            $0.sendQueue = 1_000_000
        }
        #expect(world.kinds() == (isFound ? [.zeroWindow] : []))
        guard isFound else { return }
        #expect(world.findings().first?.value("oldest_ms") == .milliseconds(200 * 31))
    }

    @Test("where the peer is on this host, the program that does not read is named")
    func peerProcess() throws {
        var world = World()
        let writer = world.process(5, "writer")
        let reader = world.process(6, "reader")
        for number in 0..<20 {
            let here = Endpoint.v4(127, 0, 0, 1, UInt16(2000 + number))
            let there = Endpoint.v4(127, 0, 0, 1, 9000)
            world.connection(.established, here, there, heldBy: [writer]) {
                $0.timer = Timer(kind: .zeroWindowProbe, retries: 0, expires: 400)
                $0.info.backoff = 6
            }
            world.connection(.established, there, here, heldBy: [reader]) { $0.receiveQueue = 60_000 }
        }
        let finding = try #require(world.findings().first)
        #expect(finding.value("process_at_peer") == nil)
        #expect(finding.value("peer_process") == .text("reader (pid 6)"))
    }

    private static func idle(_ milliseconds: UInt32, keepalive: Bool?, timer: Timer.Kind = .off) -> (inout Connection)
        -> Void
    {
        { connection in
            connection.info.lastDataSent = milliseconds
            connection.info.lastDataReceived = milliseconds + 5
            connection.keepalive = keepalive
            connection.timer = Timer(kind: timer, retries: 0, expires: 1000)
        }
    }

    @Test(
        "idle for long without keepalive: what cannot be seen is said so, what is known is not guessed",
        arguments: [
            (100, 3_600_000, false, .off, "idle_without_keepalive.off"),
            (100, 3_600_000, nil, .off, "idle_without_keepalive.not_seen"), (100, 3_600_000, true, .off, nil),
            (100, 3_600_000, nil, .keepalive, nil), (100, 3_599_999, false, .off, nil),
            (99, 3_600_000, false, .off, nil),
        ] as [(Int, UInt32, Bool?, Timer.Kind, String?)])
    func idle(count: Int, idle: UInt32, keepalive: Bool?, timer: Timer.Kind, cause: String?) {
        let findings = Self.peers(count, Self.idle(idle, keepalive: keepalive, timer: timer)).findings()
        #expect(findings.map(\.cause) == [cause].compactMap { $0 })
    }

    @Test("connections whose idle time is unknown are not called idle")
    func unknownIdle() {
        #expect(Self.peers(500) { $0.keepalive = false }.kinds() == [])
    }

    @Test("data that is repeated in vain does not count as moving")
    func idleWhileRepeating() {
        var connection = Connection(cookie: 1, inode: 1, state: .established, local: .here(80), remote: .client(1))
        connection.info.lastDataSent = 42_000
        connection.info.lastDataReceived = 618_000
        connection.info.lastAckReceived = 617_000
        #expect(connection.idle == 42_000)
        connection.sendQueue = 100
        #expect(connection.idle == 42_000)
        connection.info.retransmits = 11
        #expect(connection.idle == 617_000)
    }
}
