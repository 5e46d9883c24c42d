import Diagnosis
import Sockets
import TCP
import Testing

@Suite("Rules 8 to 10: limits")
struct LimitRulesTests {
    static func server(_ established: Int, descriptors: UInt32, limit: UInt64) -> World {
        var world = World()
        let process = world.process(5, "app", descriptors: descriptors, limit: limit, hardLimit: limit * 4)
        world.listener(9000, heldBy: [process])
        for number in 0..<established {
            world.connection(.established, .here(9000), .client(number), heldBy: [process])
        }
        return world
    }

    @Test(
        "many connections count against the descriptor limit",
        arguments: [(599, []), (600, [.manyConnections])] as [(Int, [Finding.Kind])])
    func many(established: Int, kinds: [Finding.Kind]) {
        #expect(Self.server(established, descriptors: 650, limit: 1000).kinds() == kinds)
    }

    @Test("very many far from a limit are told, not blamed")
    func veryMany() throws {
        let world = Self.server(20_000, descriptors: 20_100, limit: 1_000_000)
        let finding = try #require(world.findings().first)
        #expect(finding.kind == .manyConnections)
        #expect(finding.severity == .info)
        #expect(Self.server(19_999, descriptors: 20_100, limit: 1_000_000).kinds() == [])
    }

    @Test(
        "descriptors near the limit, once and with what takes them",
        arguments: [(799, nil), (800, .warning), (950, .critical)] as [(UInt32, Finding.Severity?)])
    func descriptors(used: UInt32, severity: Finding.Severity?) {
        let findings = Self.server(500, descriptors: used, limit: 1000).findings()
        #expect(findings.map(\.severity) == [severity].compactMap { $0 })
        #expect(findings.allSatisfy { $0.kind == .descriptorsLow && $0.cause == "descriptors_low.connections" })
        #expect(findings.allSatisfy { $0.remedies.contains { $0.command == "prlimit --pid 5 --nofile=4000:4000" } })
    }

    @Test("a growing use is forecast from both looks")
    func growth() throws {
        let before = Self.server(500, descriptors: 800, limit: 1000)
        var now = before.later(2)
        now.snapshot.processes[0].descriptors = 820
        let finding = try #require(now.findings(before: before).first)
        #expect(finding.forecast?.secondsLeft == 18)
        #expect(finding.severity == .critical)
    }

    @Test("unknown descriptor counts and unlimited processes give nothing")
    func unknown() {
        var world = Self.server(500, descriptors: 999, limit: 1000)
        world.snapshot.processes[0].descriptors = nil
        #expect(world.kinds() == [])
        world.snapshot.processes[0].descriptors = 999
        world.snapshot.processes[0].descriptorLimit = .max
        #expect(world.kinds() == [])
    }

    static func dead(_ count: Int, bound: Bool = false) -> World {
        var world = World()
        let process = world.process(5, "app")
        for number in 0..<count {
            world.snapshot.closedSockets.append(
                ClosedSocket(
                    inode: UInt32(number + 1), cookie: nil,
                    holder: Holder(process: Int32(process), descriptor: Int32(number + 3)),
                    localPort: bound ? 5000 : nil))
        }
        return world
    }

    @Test("dead sockets that hold descriptors", arguments: [(19, false), (20, true)])
    func closed(count: Int, isFound: Bool) {
        #expect(Self.dead(count).kinds() == (isFound ? [.closedDescriptors] : []))
    }

    @Test("dead sockets that stay are told from new ones that connect soon")
    func closedChurn() {
        let before = Self.dead(25)
        #expect(before.later().kinds(before: before) == [.closedDescriptors])
        var now = before.later()
        for place in now.snapshot.closedSockets.indices { now.snapshot.closedSockets[place].inode += 1000 }
        #expect(now.kinds(before: before) == [])
    }

    @Test("dead sockets of which the earlier look had none are new")
    func closedSinceTheFirstLook() {
        let now = Self.dead(300)
        #expect(now.later().kinds(before: Self.dead(0)) == [])
        #expect(now.later().kinds(before: now) == [.closedDescriptors])
    }

    @Test("processes of a namespace that was not looked at are left out, unless they hold connections here")
    func otherNamespace() {
        var world = Self.dead(25)
        world.snapshot.processes[0].namespace = world.snapshot.namespaces[0].inode
        #expect(world.kinds() == [.closedDescriptors])
        world.snapshot.processes[0].namespace = 4711
        #expect(world.kinds() == [])
        world.connection(.established, .here(80), .client(1), heldBy: [0])
        #expect(world.kinds() == [.closedDescriptors])
    }

    @Test("bound sockets that never connected have a cause of their own")
    func bound() {
        #expect(Self.dead(20, bound: true).findings().map(\.cause) == ["closed_descriptors.bound"])
        #expect(Self.dead(20).findings().map(\.cause) == ["closed_descriptors.destroyed"])
    }

    struct Limit: Sendable, CustomTestStringConvertible {
        let kind: Finding.Kind
        let set: @Sendable (inout World, UInt64) -> Void
        let healthy: UInt64
        let warning: UInt64
        let critical: UInt64
        var testDescription: String { kind.rawValue }
    }

    static let limits = [
        Limit(
            kind: .tcpMemory,
            set: { world, pages in
                world.snapshot.limits.memoryLow = 500
                world.snapshot.limits.memoryPressure = 1000
                world.snapshot.limits.memoryHigh = 1500
                world.snapshot.limits.memoryPages = pages
            }, healthy: 899, warning: 900, critical: 1425),
        Limit(
            kind: .orphanLimit,
            set: { world, orphans in
                world.snapshot.limits.orphans = orphans
                world.snapshot.limits.maxOrphans = 1000
            }, healthy: 499, warning: 500, critical: 950),
        Limit(
            kind: .conntrackFull,
            set: { world, entries in
                world.limits.conntrackCount = entries
                world.limits.conntrackMax = 1000
            }, healthy: 799, warning: 800, critical: 950),
        Limit(
            kind: .fileTable,
            set: { world, files in
                world.snapshot.limits.openFiles = files
                world.snapshot.limits.maxFiles = 1000
            }, healthy: 799, warning: 800, critical: 950),
    ]

    @Test("limits of the host", arguments: limits)
    func host(limit: Limit) {
        var world = World()
        #expect(world.kinds() == [])
        limit.set(&world, limit.healthy)
        #expect(world.kinds() == [])
        limit.set(&world, limit.warning)
        #expect(world.findings().map(\.severity) == [.warning])
        #expect(world.kinds() == [limit.kind])
        limit.set(&world, limit.critical)
        #expect(world.findings().map(\.severity) == [.critical])
        let before = world
        var now = world.later(2)
        limit.set(&now, limit.critical + 10)
        #expect(now.findings(before: before).first?.forecast?.perSecond == 5)
    }
}
