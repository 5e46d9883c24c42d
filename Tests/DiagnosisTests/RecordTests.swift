import Sockets
import TCP
import Testing

@testable import Diagnosis

@Suite("a diagnosis beside a daemon's record")
struct RecordTests {
    private let second: UInt64 = 1_000_000_000

    /// A record that knows the server's connections in CLOSE_WAIT: since when, by the look's clock, and where from.
    private func record(
        of world: World, seconds: UInt64, closed: UInt64 = 0, slowest: UInt64 = 0, isExact: Bool = true,
        counts: [UInt32] = []
    ) -> Recollection {
        let now = world.snapshot.monotonic * 1_000_000
        var record = Recollection(time: now + second, since: now - 950 * second)
        record.processes = [ProcessIdentity(pid: 22725, startTicks: 227_250, command: "oracle")]
        record.stacks = [Recollection.Stack(place: "handleRequest+0x1f (server.c:41)")]
        var program = Recollection.Program(command: "oracle", listener: 6800, namespace: 4_026_531_840)
        (program.closed, program.slowest) = (closed, slowest * 1_000_000)
        record.programs = [program]
        record.connections = world.snapshot.connections.filter { $0.state == .closeWait }.map {
            Recollection.Memory(
                cookie: $0.cookie, entered: now - seconds * second, isExact: isExact,
                isOverdue: closed >= 20 ? seconds > max(5, slowest) : seconds > 60, state: .closeWait, program: 0,
                opener: 0, stack: 0)
        }
        record.counts = Recollection.Counts(
            times: counts.indices.map { now - UInt64(counts.count - 1 - $0) * 10 * second },
            series: [.closeWait, nil].map {
                Recollection.Counts.Series(subject: .process(0), state: $0, values: counts)
            })
        return record
    }

    private func findings(_ world: World, _ record: Recollection?, before: World? = nil) -> [Finding] {
        Diagnosis.run(
            before: before?.snapshot, now: world.snapshot, recollection: record, thresholds: Thresholds())
    }

    @Test("ages are exact, and say so: in the sentence, in the label and in the source")
    func ages() throws {
        let world = CloseWaitRuleTests.server(60, age: 30_000)
        let finding = try #require(findings(world, record(of: world, seconds: 903)).first)
        let oldest = try #require(finding.facts.first { $0.key == "oldest_ms" })
        #expect(oldest.value == .milliseconds(903_000) && oldest.source == "linger serve")
        let words = Phrasebook(language: .en).render(finding, in: world.snapshot)
        #expect(words.headline.hasSuffix("; the oldest for 15\u{a0}min 3\u{a0}s."))
        #expect(words.evidence.contains { $0.label == "oldest" && $0.source == "linger serve" })
        let chinese = Phrasebook(language: .zh).render(finding, in: world.snapshot)
        #expect(chinese.headline.hasSuffix("；最久的已有 15\u{a0}分 3\u{a0}秒。"))

        let bound = try #require(findings(world, record(of: world, seconds: 903, isExact: false)).first)
        #expect(bound.facts.first { $0.key == "oldest_ms" }?.source == "linger serve, since it began")
        #expect(
            Phrasebook(language: .en).render(bound, in: world.snapshot).headline
                .hasSuffix("; the oldest for at least 15\u{a0}min."))
        // The bound that reaches further counts.
        let young = try #require(findings(world, record(of: world, seconds: 12, isExact: false)).first)
        #expect(young.value("oldest_ms") == .milliseconds(30_000))
    }

    @Test("it tells where they were opened, and what the program did with others")
    func past() throws {
        let world = CloseWaitRuleTests.server(60, age: 30_000)
        let finding = try #require(
            findings(world, record(of: world, seconds: 903, closed: 4120, slowest: 2)).first)
        #expect(finding.kind == .closeWaitLeak && finding.severity == .warning)
        #expect(finding.value("accepted_in") == .text("handleRequest+0x1f (server.c:41)"))
        #expect(finding.count("opened_there") == 60 && finding.count("closed_others") == 4120)
        #expect(finding.value("slowest_closed_ms") == .milliseconds(2000) && finding.count("overdue") == 60)
        let cause = Phrasebook(language: .en).render(finding, in: world.snapshot).cause
        #expect(
            cause.hasSuffix(
                "While linger serve watched, it closed 4,120 others, each within 2\u{a0}s; 60 of these have been there for longer. 60 of 60 were accepted in handleRequest+0x1f (server.c:41)."
            ))
        let none = try #require(findings(world, record(of: world, seconds: 903)).first)
        #expect(none.value("never_closed_in_ms") != nil && none.value("closed_others") == nil)
    }

    @Test(
        "its own past decides between a leak and a busy moment",
        arguments: [
            // 60 of 30 s are a pile by the thresholds; this program takes up to 50 s.
            (60, 30, 100, 50, Finding.Severity.info, "close_wait_leak.usual"),
            // It takes 2 s: three of 12 s are a leak, which the thresholds would have waited 300 s for.
            (3, 12, 100, 2, .warning, "close_wait_leak.not_looking"),
            // Two prove nothing.
            (2, 12, 100, 2, nil, ""),
            // It closed too few to tell.
            (60, 30, 19, 50, .warning, "close_wait_leak.not_looking"), (3, 12, 19, 2, nil, ""),
        ] as [(Int, UInt64, UInt64, UInt64, Finding.Severity?, String)])
    func verdict(
        count: Int, seconds: UInt64, closed: UInt64, slowest: UInt64, severity: Finding.Severity?, cause: String
    ) {
        let world = CloseWaitRuleTests.server(count, age: 3000)
        let found = findings(world, record(of: world, seconds: seconds, closed: closed, slowest: slowest))
        #expect(found.map(\.severity) == (severity.map { [$0] } ?? []))
        #expect(found.first.map(\.cause) == (severity == nil ? nil : cause))
    }

    @Test("where descriptors run out, a usual age is no comfort")
    func near() {
        var world = CloseWaitRuleTests.server(60, age: 30_000)
        world.snapshot.processes[0].descriptors = 1000
        let kinds = findings(world, record(of: world, seconds: 30, closed: 100, slowest: 50))
            .filter { $0.severity > .info }.map(\.kind)
        #expect(kinds.contains(.closeWaitLeak))
    }

    @Test("growth is that of the last minutes, and the forecast has its interval")
    func growth() throws {
        var world = CloseWaitRuleTests.server(600, age: 30_000)
        world.snapshot.processes[0].descriptors = 700
        let record = record(of: world, seconds: 500, counts: (0...60).map { UInt32($0 * 10) })
        // The sample alone would have seen nothing.
        let finding = try #require(findings(world, record, before: world.later(0)).first)
        #expect(finding.value("growth_per_second") == .perSecond(1))
        #expect(finding.facts.first { $0.key == "growth_per_second" }?.source == "linger serve")
        #expect(finding.value("growth_over_ms") == .milliseconds(590_000))
        #expect(finding.forecast?.secondsLeft == 324 && finding.severity == .critical)
        let interval = try #require(finding.forecast?.interval)
        #expect(interval.earliest < 324 && interval.latest ?? 0 > 324)
        let words = try #require(Phrasebook(language: .en).render(finding, in: world.snapshot).runsOut)
        #expect(words.contains("; 90\u{a0}% sure, by 9\u{a0}min 50\u{a0}s of linger serve's counts)"))
    }

    @Test("counts of other connections than the look sees are not used")
    func otherCounts() throws {
        let world = CloseWaitRuleTests.server(600, age: 30_000)
        let record = record(of: world, seconds: 500, counts: (0...60).map { UInt32($0) })
        let finding = try #require(findings(world, record).first)
        #expect(finding.value("growth_per_second") == nil && finding.forecast?.growth == nil)
    }

    @Test("a pool that grows over minutes is a leak, though the sample saw no growth")
    func pool() {
        var world = World()
        let client = world.process(22725, "oracle")
        let database = Endpoint.v4(10, 0, 0, 9, 5432)
        world.connection(.established, .here(50_000), database, heldBy: [client])
        for number in 0..<15 {
            world.connection(.closeWait, .here(UInt16(40_000 + number)), database, heldBy: [client]) {
                $0.info.lastAckReceived = 400_000
            }
        }
        #expect(findings(world, nil).map(\.kind) == [.closeWaitPool])
        let steady = record(of: world, seconds: 400, counts: Array(repeating: 15, count: 61))
        #expect(findings(world, steady).map(\.kind) == [.closeWaitPool])
        let growing = record(of: world, seconds: 400, counts: (0...60).map { UInt32($0 / 4) })
        #expect(findings(world, growing).map(\.kind) == [.closeWaitLeak])
    }

    @Test("what is remembered in another state, or of another time, is not used")
    func mismatch() throws {
        let world = CloseWaitRuleTests.server(60, age: 30_000)
        var record = record(of: world, seconds: 903, closed: 100, slowest: 2)
        for place in record.connections.indices { record.connections[place].state = .lastAck }
        let finding = try #require(findings(world, record).first)
        #expect(finding.value("oldest_ms") == .milliseconds(30_000) && finding.value("accepted_in") == nil)
        record = self.record(of: world, seconds: 903, closed: 100, slowest: 2)
        record.time += 200 * second
        #expect(!Diagnosis.canUse(record, with: world.snapshot))
        #expect(findings(world, record).first?.value("accepted_in") == nil)
    }
}
