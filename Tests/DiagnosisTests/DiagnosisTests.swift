import Sockets
import TCP
import Testing

@testable import Diagnosis

@Suite("The whole diagnosis")
struct DiagnosisTests {
    @Test("an empty host and a healthy server have no findings")
    func healthy() {
        #expect(World().kinds() == [])
        var world = World()
        world.limits.portRange = 32_768...60_999
        world.limits.maxTimeWait = 65_536
        let process = world.process(5, "nginx", descriptors: 500, limit: 1024 * 1024)
        world.listener(443, heldBy: [process], waiting: 2, backlog: 511)
        for number in 0..<400 {
            world.connection(.established, .here(443), .client(number), heldBy: [process]) {
                $0.info.lastDataSent = 100
                $0.info.lastDataReceived = 90
            }
        }
        for number in 0..<20 {
            world.connection(.closeWait, .here(443), .client(500 + number), heldBy: [process]) {
                $0.info.lastAckReceived = 5
            }
            world.connection(.timeWait, .here(443), .client(600 + number), .timeWait)
            world.connection(.synReceived, .here(443), .client(700 + number), .request)
            world.connection(.lastAck, .here(443), .client(800 + number), .orphan)
        }
        #expect(world.kinds() == [])
        #expect(world.later().kinds(before: world) == [])
    }

    @Test("worst first: severity, then what runs out first, then count")
    func order() {
        var world = CloseWaitRuleTests.server(100, age: 60_000)
        let other = world.process(7, "java", descriptors: 1020, limit: 1024)
        for number in 0..<200 {
            world.connection(.closeWait, .here(80), .client(2000 + number), heldBy: [other]) {
                $0.info.lastAckReceived = 60_000
            }
        }
        let third = world.process(8, "perl")
        for number in 0..<300 {
            world.connection(.closeWait, .here(81), .client(4000 + number), heldBy: [third]) {
                $0.info.lastAckReceived = 60_000
            }
        }
        let findings = world.findings()
        #expect(findings.map(\.severity) == [.critical, .critical, .warning, .warning])
        #expect(findings.filter { $0.severity == .warning }.map(\.connections.count) == [300, 100])
    }

    @Test("every finding of every rule has words, a source for each number, and keys of the phrasebook")
    func everyKind() {
        var kinds: Set<Finding.Kind> = []
        for (world, before) in Self.zoo {
            for finding in world.findings(before: before) {
                kinds.insert(finding.kind)
                #expect(CauseKey(rawValue: finding.cause) != nil)
                #expect(finding.remedies.allSatisfy { RemedyKey(rawValue: $0.key) != nil })
                #expect(
                    finding.remedies.contains { $0.when == .forGood } || finding.kind == .fileTable
                        || finding.kind == .timeWaitNormal)
                #expect(finding.facts.allSatisfy { FactKey(rawValue: $0.key) != nil && !$0.source.isEmpty })
                #expect(Set(finding.facts.map(\.key)).count == finding.facts.count, "\(finding.kind)")
                for language in Language.allCases {
                    let words = Phrasebook(language: language).render(finding, in: world.snapshot)
                    for text in [words.headline, words.cause]
                        + (words.now + words.forGood).flatMap({ [$0.text, $0.risk] })
                    {
                        #expect(
                            !text.contains("–") && !text.contains("{") && !text.contains("["),
                            "\(finding.kind): \(text)")
                    }
                    #expect(words.headline.count < 300)
                }
            }
        }
        #expect(kinds == Set(Finding.Kind.allCases))
    }

    @Test("the filter of a finding lists every connection that it is about")
    func filters() throws {
        for (world, before) in Self.zoo {
            for finding in world.findings(before: before) {
                guard let text = finding.filter else { continue }
                let filter = try Filter(parsing: [text], resolver: .none).prepared(for: world.snapshot)
                let missed = finding.connections.count { !filter.matches(world.snapshot.connections[$0]) }
                #expect(missed == 0, "\(finding.kind): \(text)")
            }
        }
    }

    @Test("a filter is called exact when it lists these connections and nothing else")
    func exactness() throws {
        var world = CloseWaitRuleTests.server(60, age: 60_000)
        let exact = try #require(world.findings().first)
        #expect(exact.filterIsExact)
        #expect(Phrasebook(language: .en).render(exact, in: world.snapshot).listTitle == "List them")
        world = DeadPeerRuleTests.peers(20) {
            $0.timer = Timer(kind: .retransmit, retries: 6, expires: 0)
            $0.info.unacked = 1
            $0.sendQueue = 100
        }
        let silent = try #require(world.findings().first)
        #expect(silent.filter == "state established pid = 5 and sport = :9000 and dst 172.16.0.1 and send-q > 0")
        #expect(silent.filterIsExact)
        world.connection(.established, .here(9000), .v4(172, 16, 0, 1, 99), heldBy: [0]) { $0.sendQueue = 7 }
        let others = try #require(world.findings().first)
        #expect(!others.filterIsExact)
        #expect(Phrasebook(language: .en).render(others, in: world.snapshot).listTitle == "List them and their like")
    }

    @Test(
        "where root looked at one namespace of several, the filter names it",
        arguments: [(0, false, true), (0, true, false), (1000, false, false)] as [(UInt32, Bool, Bool)])
    func scope(observer: UInt32, isOfAll: Bool, isNamed: Bool) throws {
        var world = CloseWaitRuleTests.server(60, age: 60_000)
        world.snapshot.observer = observer
        world.snapshot.isOfAllNamespaces = isOfAll
        let filter = try #require(world.findings().first?.filter)
        #expect(filter == "state close-wait pid = 22725" + (isNamed ? " and netns = 4026531840" : ""))
    }

    @Test("settings last over a reboot, and not in the host's files where the namespace is another")
    func settings() throws {
        var world = TimeWaitRuleTests.client(timeWait: 950)
        let own = try #require(world.findings().first)
        let file = "/etc/sysctl.d/90-tcp_tw_reuse.conf"
        #expect(
            own.remedies.contains {
                $0.key == "setting.keep" && $0.when == .forGood
                    && $0.command == "echo 'net.ipv4.tcp_tw_reuse = 1' > \(file) && sysctl -p \(file)"
            })
        world.snapshot.namespaces[0].isOwn = false
        let foreign = try #require(world.findings().first)
        #expect(foreign.remedies.contains { $0.command == "nsenter -t 1 -n sysctl -w net.ipv4.tcp_tw_reuse=1" })
        #expect(foreign.remedyKeys.contains("setting.keep_in_namespace"))
        #expect(!foreign.remedies.contains { $0.command?.contains("/etc/sysctl.d") ?? false })
    }

    @Test(
        "more descriptors: up to the hard limit, or both limits up to fs.nr_open",
        arguments: [
            (128, 4096, "prlimit --pid 9 --nofile=4096:4096"), (128, 128, "prlimit --pid 9 --nofile=256:256"),
            (100_000, 100_000, nil),
        ] as [(UInt64, UInt64, String?)])
    func descriptors(soft: UInt64, hard: UInt64, command: String?) throws {
        var world = World()
        world.process(9, "app", descriptors: UInt32(soft) - 2, limit: soft, hardLimit: hard)
        world.snapshot.limits.maxDescriptorsPerProcess = 100_000
        let finding = try #require(world.findings().first)
        #expect(finding.kind == .descriptorsLow)
        #expect(finding.remedies.first { $0.command?.hasPrefix("prlimit") ?? false }?.command == command)
    }

    /// A host for every kind of finding.
    static var zoo: [(World, World?)] {
        let leak = CloseWaitRuleTests.server(60, age: 60_000)
        var pool = World()
        let client = pool.process(7, "java")
        pool.connection(.established, .here(41_000), .client(1), heldBy: [client])
        pool.connection(.closeWait, .here(41_001), .client(1), heldBy: [client]) { $0.info.lastAckReceived = 60_000 }
        var normal = World()
        for number in 0..<1000 { normal.connection(.timeWait, .here(80), .client(number), .timeWait) }
        var buckets = normal
        buckets.limits.maxTimeWait = 1000
        var finWait = World()
        let process = finWait.process(9, "rsh")
        for number in 0..<500 {
            finWait.connection(.finWait2, .here(80), .client(number), .orphan)
            finWait.connection(.finWait2, .here(81), .client(number), heldBy: [process]) {
                $0.info.lastAckReceived = 100_000
            }
        }
        var windows = DeadPeerRuleTests.peers(40) {
            $0.info.unacked = 1
            $0.sendQueue = 100
        }
        for index in windows.snapshot.connections.indices.dropFirst() {
            windows.snapshot.connections[index].timer = Timer(
                kind: index % 2 == 0 ? .retransmit : .zeroWindowProbe, retries: 9, expires: 5)
        }
        let idle = DeadPeerRuleTests.peers(100) {
            $0.info.lastDataSent = 9_000_000
            $0.info.lastDataReceived = 9_000_000
        }
        var limits = World()
        for limit in LimitRulesTests.limits { limit.set(&limits, limit.critical) }
        return [
            (leak.later(), leak), (pool, nil), (AcceptQueueRuleTests.server(waiting: 20, age: 60_000), nil),
            (AcceptQueueRuleTests.server(waiting: 200, age: 60_000), nil),
            (TimeWaitRuleTests.client(timeWait: 900), nil),
            (TimeWaitRuleTests.client(timeWait: 0, established: 900), nil), (normal, nil), (buckets, nil),
            (finWait, nil),
            (ClosingRulesTests.closing(30, .lastAck, retries: 5), nil),
            (HandshakeRuleTests.server(200, sources: 100), nil),
            (HandshakeRuleTests.server(20, sources: 1), nil), (HandshakeRuleTests.connecting(20, retries: 3), nil),
            (HandshakeRuleTests.connecting(20, retries: 3, destinations: 20), nil), (windows, nil), (idle, nil),
            (LimitRulesTests.server(700, descriptors: 750, limit: 1000), nil),
            (LimitRulesTests.server(700, descriptors: 990, limit: 1000), nil), (LimitRulesTests.dead(30), nil),
            (limits, nil),
        ]
    }

    @Test("a hundred thousand connections of every state, twice, run through")
    func large() {
        var world = World()
        world.limits.portRange = 32_768...60_999
        let processes = (0..<6).map { world.process(100 + Int32($0), "server", descriptors: 20_000, limit: 1_000_000) }
        world.listener(80, heldBy: processes)
        let states: [State] = [.established, .closeWait, .finWait2, .timeWait, .lastAck, .synReceived]
        for number in 0..<100_000 {
            let state = states[number % states.count]
            let remote = Endpoint.v4(10, UInt32(number >> 16), UInt32(number >> 8 & 255), UInt32(number & 255), 5000)
            switch state {
            case .timeWait: world.connection(state, .here(80), remote, .timeWait)
            case .lastAck: world.connection(state, .here(80), remote, .orphan)
            case .synReceived: world.connection(state, .here(80), remote, .request)
            default:
                world.connection(
                    state, .here(80), remote, heldBy: [processes[number % 6], processes[(number + 1) % 6]]
                ) {
                    $0.info.lastAckReceived = 100_000
                }
            }
        }
        let findings = world.later().findings(before: world)
        #expect(Set(findings.map(\.kind)) == [.closeWaitLeak, .finWait2Held, .timeWaitNormal])
        let closeWait = world.snapshot.connections.count { $0.state == .closeWait }
        #expect(findings.filter { $0.kind == .closeWaitLeak }.map(\.connections.count).reduce(0, +) == closeWait)
    }

    @Test("a snapshot whose indices lead nowhere gives findings without names, and no crash")
    func hostile() {
        var world = World()
        for number in 0..<100 {
            world.connection(.closeWait, .here(80), .client(number), .held(start: .max - 1, count: .max)) {
                $0.info.lastAckReceived = 60_000
                $0.namespace = 77
                $0.uid = 5
            }
            world.connection(.timeWait, .here(81), .client(number), .held(start: UInt32(number), count: 1)) {
                $0.namespace = .max - 1
            }
        }
        world.snapshot.holders = [Holder(process: -4, descriptor: -1), Holder(process: 999, descriptor: 0)]
        world.snapshot.closedSockets = [ClosedSocket(inode: 1, cookie: nil, holder: Holder(process: -1, descriptor: 3))]
        world.snapshot.limits.maxFiles = 1
        world.snapshot.limits.openFiles = .max
        world.limits.maxTimeWait = 0
        world.limits.conntrackMax = 0
        world.limits.finTimeout = .max
        let findings = world.later().findings(before: world)
        #expect(Set(findings.map(\.kind)) == [.closeWaitLeak, .fileTable])
        #expect(findings.allSatisfy { $0.subject.processes.isEmpty })
    }

    @Test("cookies find what was put in, and 0 is none")
    func cookieTable() {
        var table = CookieTable(capacity: 3000)
        for number in 1...3000 { table.insert(UInt64(number) << 32 | UInt64(number % 7), at: Int32(number)) }
        table.insert(0, at: 5)
        #expect((1...3000).allSatisfy { table.find(UInt64($0) << 32 | UInt64($0 % 7)) == Int32($0) })
        #expect(table.find(0) == nil)
        #expect(table.find(12345) == nil)
    }
}
