import Diagnosis
import Sockets
import TCP
import Testing

@Suite("Rule 3: TIME_WAIT")
struct TimeWaitRuleTests {
    static let backend = Endpoint.v4(10, 0, 0, 9, 80)

    /// A client whose connections in TIME_WAIT and ESTABLISHED take so many of 1,000 ports.
    static func client(timeWait: Int, established: Int = 0, reuse: UInt64? = 0) -> World {
        var world = World()
        let process = world.process(9, "haproxy", limit: 100_000)
        world.limits.portRange = 40_000...40_999
        world.limits.timeWaitReuse = reuse
        for number in 0..<timeWait + established {
            let local = Endpoint.here(40_000 + UInt16(number))
            if number < timeWait {
                world.connection(.timeWait, local, backend, .timeWait) {
                    $0.timer = Timer(kind: .timeWait, retries: 0, expires: UInt32(60_000 - number % 600 * 100))
                }
            } else {
                world.connection(.established, local, backend, heldBy: [process])
            }
        }
        return world
    }

    @Test(
        "ports towards one destination are counted, TIME_WAIT and others",
        arguments: [
            (699, 0, []), (700, 0, [.timeWaitPorts]), (400, 300, [.timeWaitPorts]), (300, 400, [.ephemeralPorts]),
            (0, 699, []), (0, 700, [.ephemeralPorts]),
        ] as [(Int, Int, [Finding.Kind])])
    func ports(timeWait: Int, established: Int, kinds: [Finding.Kind]) {
        #expect(Self.client(timeWait: timeWait, established: established).kinds() == kinds)
    }

    @Test("how many are left, for which source, and when they come free")
    func left() throws {
        let finding = try #require(Self.client(timeWait: 950).findings().first)
        #expect(finding.severity == .critical)
        #expect(finding.count("ports_left") == 50)
        #expect(finding.count("ports_total") == 1000)
        #expect(finding.subject.source == Endpoint.here(0).address)
        #expect(finding.subject.destination == Self.backend)
        #expect(finding.value("all_free_in_ms") == .milliseconds(60_000))
        #expect(finding.value("next_free_in_ms") == .milliseconds(100))
        #expect(finding.value("sustainable_per_second") == .perSecond(1000.0 / 60))
        #expect(finding.filter == "state time-wait src 10.0.0.1 and dst 10.0.0.9:80")
        #expect(finding.remedyKeys.contains("time_wait.no_recycle"))
    }

    @Test("where nothing new comes it ends by itself, unless none is left", arguments: [(950, true), (1000, false)])
    func ending(timeWait: Int, ends: Bool) throws {
        let world = Self.client(timeWait: timeWait)
        let finding = try #require(world.later().findings(before: world).first)
        #expect(finding.cause == (ends ? "time_wait_ports.ending" : "time_wait_ports.churn"))
        #expect(finding.severity == (ends ? .warning : .critical))
        let earlier = Self.client(timeWait: timeWait - 1)
        #expect(world.later().findings(before: earlier).first?.cause == "time_wait_ports.churn")
    }

    @Test("reserved ports are not there to use")
    func reserved() throws {
        var world = Self.client(timeWait: 500)
        #expect(world.kinds() == [])
        world.limits.reservedPorts = [40_600...40_999]
        let finding = try #require(world.findings().first)
        #expect(finding.count("ports_total") == 600)
        #expect(finding.count("ports_left") == 100)
    }

    @Test("with tcp_tw_reuse the ports do not run out", arguments: [(1, true), (2, false), (0, false)])
    func reuse(setting: UInt64, isHarmless: Bool) throws {
        let finding = try #require(Self.client(timeWait: 950, reuse: setting).findings().first)
        #expect(finding.severity == (isHarmless ? .info : .critical))
        #expect(finding.cause == (isHarmless ? "time_wait_ports.reused" : "time_wait_ports.churn"))
    }

    @Test("a server's TIME_WAIT takes no ephemeral port and is normal")
    func server() throws {
        var world = World()
        world.limits.portRange = 40_000...40_999
        world.limits.maxTimeWait = 100_000
        world.listener(40_500, heldBy: [world.process(9, "httpd")])
        for number in 0..<999 {
            world.connection(.timeWait, .here(40_500), .client(number), .timeWait)
        }
        #expect(world.kinds() == [])
        world.connection(.timeWait, .here(40_500), .client(999), .timeWait)
        let finding = try #require(world.findings().first)
        #expect(finding.kind == .timeWaitNormal)
        #expect(finding.severity == .info)
        #expect(finding.cause == "time_wait_normal.server")
    }

    @Test(
        "the bucket limit, by the kernel's count",
        arguments: [(79_999, []), (80_000, [.timeWaitBuckets])] as [(UInt64, [Finding.Kind])])
    func buckets(count: UInt64, kinds: [Finding.Kind]) {
        var world = Self.client(timeWait: 10)
        world.limits.maxTimeWait = 100_000
        world.limits.timeWaitCount = count
        #expect(world.kinds() == kinds)
    }

    @Test("connections that got no TIME_WAIT are a finding at any count")
    func overflow() throws {
        var world = Self.client(timeWait: 10)
        world.limits.counters = CounterSample(
            totals: ["TCPTimeWaitOverflow": 5], deltas: ["TCPTimeWaitOverflow": 5], interval: 2)
        let finding = try #require(world.findings().first)
        #expect(finding.kind == .timeWaitBuckets)
        #expect(finding.cause == "time_wait_buckets.overflow")
        world.limits.counters = CounterSample(
            totals: ["TCPTimeWaitOverflow": 5], deltas: ["TCPTimeWaitOverflow": 0], interval: 2)
        #expect(world.kinds() == [])
    }

    @Test("without a known port range nothing is said about ports")
    func unknownRange() {
        var world = Self.client(timeWait: 950)
        world.limits.portRange = nil
        #expect(world.kinds() == [])
    }
}
