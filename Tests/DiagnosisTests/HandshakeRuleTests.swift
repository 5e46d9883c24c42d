import Diagnosis
import Sockets
import TCP
import Testing

@Suite("Rule 6: handshakes")
struct HandshakeRuleTests {
    static func server(_ count: Int, sources: Int, retries: UInt8 = 1, cookies: UInt64 = 1) -> World {
        var world = World()
        world.listener(443, heldBy: [world.process(5, "envoy")], backlog: 1024)
        world.limits.synCookies = cookies
        for number in 0..<count {
            let remote = Endpoint.v4(
                203, 0, UInt32(number % sources / 250), UInt32(number % sources % 250), UInt16(1024 + number))
            world.connection(.synReceived, .here(443), remote, .request) {
                $0.timer = Timer(kind: .retransmit, retries: retries, expires: 500)
            }
        }
        return world
    }

    @Test(
        "many addresses are a flood, few a broken path; young ones are clients",
        arguments: [
            (100, 20, 1, [.synFlood]), (99, 20, 1, [.handshakeStuck]), (100, 19, 1, [.handshakeStuck]),
            (10, 1, 1, [.handshakeStuck]), (9, 1, 1, []), (1000, 900, 0, []),
        ] as [(Int, Int, UInt8, [Finding.Kind])])
    func received(count: Int, sources: Int, retries: UInt8, kinds: [Finding.Kind]) {
        #expect(Self.server(count, sources: sources, retries: retries).kinds() == kinds)
    }

    @Test("SYN cookies and drops are counted and change what is said")
    func cookies() throws {
        var world = Self.server(200, sources: 200)
        world.limits.counters = CounterSample(
            totals: [:], deltas: ["SyncookiesSent": 40, "TCPReqQFullDrop": 0], interval: 2)
        let finding = try #require(world.findings().first)
        #expect(finding.cause == "syn_flood.cookies")
        #expect(finding.severity == .warning)
        #expect(finding.subject.listener == 0)
        #expect(finding.forecast?.used == 200)
        world.limits.counters?.deltas?["TCPReqQFullDrop"] = 3
        #expect(world.findings().first?.severity == .critical)
    }

    @Test("a full SYN queue that cookies answer is not the end, and only a queue that fills up needs to be longer")
    func served() throws {
        let full = Self.server(1024, sources: 200)
        let flood = try #require(full.findings().first)
        let words = Phrasebook(language: .en).render(flood, in: full.snapshot)
        #expect(words.headline.hasSuffix("; SYN cookies still let real clients in."))
        #expect(words.runsOut?.hasSuffix("full, but SYN cookies still let real clients in.") == true)
        #expect(flood.remedyKeys.contains("syn.raise_backlog"))
        let open = Self.server(1024, sources: 200, cookies: 0)
        let refusing = try #require(open.findings().first)
        #expect(Phrasebook(language: .en).render(refusing, in: open.snapshot).headline.hasSuffix("the SYN+ACK."))
        #expect(refusing.severity == .critical)

        let few = Self.server(20, sources: 1)
        let stuck = try #require(few.findings().first)
        #expect(!stuck.remedyKeys.contains("syn.raise_backlog"))
        #expect(Phrasebook(language: .en).render(stuck, in: few.snapshot).headline.contains("segment of 1 address ("))
    }

    static func connecting(_ count: Int, retries: UInt8, destinations: Int = 1) -> World {
        var world = World()
        let process = world.process(5, "curl")
        for number in 0..<count {
            let destination = Endpoint.v4(10, 9, 0, UInt32(number % destinations), 443)
            world.connection(.synSent, .here(UInt16(40_000 + number)), destination, heldBy: [process]) {
                $0.timer = Timer(kind: .retransmit, retries: retries, expires: 500)
            }
        }
        return world
    }

    @Test(
        "a destination that does not answer is named with its process",
        arguments: [(5, 2, true), (4, 2, false), (5, 1, false)] as [(Int, UInt8, Bool)])
    func sent(count: Int, retries: UInt8, isFound: Bool) throws {
        let findings = Self.connecting(count, retries: retries).findings()
        #expect(findings.map(\.kind) == (isFound ? [.connectUnanswered] : []))
        guard isFound else { return }
        #expect(findings.first?.subject.destination == .v4(10, 9, 0, 0, 443))
        #expect(findings.first?.subject.processes == [0])
        #expect(findings.first?.filter == "state syn-sent pid = 5 and dst 10.9.0.0:443")
    }

    @Test("many silent destinations together are one finding")
    func scattered() throws {
        let findings = Self.connecting(40, retries: 3, destinations: 40).findings()
        #expect(findings.map(\.cause) == ["connect_unanswered.many_destinations"])
        #expect(findings.first?.count("destinations") == 40)
    }
}
