import Foundation
import Kernel
import Sockets
import TCP
import Testing
import Web

@testable import Clearing
@testable import Commands

/// Policies on real piles: the runner is driven look by look, with times of its own.
@Suite(.serialized) struct PolicyRunnerTests {
    private static let noon = LocalTime(weekday: 3, minute: 720)

    private static func policy(_ change: (inout Policy) -> Void = { _ in }) throws -> Policy {
        let filter = try Filter(parsing: ["state close-wait"], resolver: .none)
        var policy = Policy(name: "leak", filter: filter, lasting: 1000, perMinute: 25, inAll: 1000)
        policy.isDryRun = false
        policy.dryRunTime = 0
        change(&policy)
        return policy
    }

    /// What the runner told, and the lines that it wrote.
    private final class Log {
        var events: [PolicyEvent] = []
        var lines: [[String: Any]] = []
        var auditFails = false

        var keys: [String] { events.map(\.key) }

        func audit(_ bytes: [UInt8]) throws(KernelError) {
            if auditFails { throw KernelError(call: "write", subject: "audit", code: ENOSPC) }
            for line in bytes.split(separator: UInt8(ascii: "\n")) {
                let object = try? JSONSerialization.jsonObject(with: Data(line))
                lines.append(object as? [String: Any] ?? [:])
            }
        }
    }

    private func runner(_ policy: Policy, _ log: Log, memory: String) throws -> PolicyRunner {
        var runner = try PolicyRunner(
            [policy], memory: PolicyMemoryFile(path: memory), now: 0,
            audit: { (bytes) throws(KernelError) in try log.audit(bytes) }, tell: { log.events.append($0) })
        runner.young = 0
        return runner
    }

    private func look(_ pile: Pile) throws -> Snapshot {
        var look = Look()
        look.namespaces = .inode(UInt32(pile.ready.netnsInode))
        look.limits = true
        return try Observer().look(look)
    }

    private func waiting(_ pile: Pile) throws -> Int {
        try SocketRow.all(inNamespaceOf: pile.ready.netnsPid).values.count { $0.state == "CLOSE-WAIT" }
    }

    @Test(
        "a pile is found, cleared within the bounds, written down, and its end is told",
        arguments: [Level.shutdown, .release])
    func cleared(level: Level) throws {
        let folder = try TemporaryFolder()
        let log = Log()
        try Pile.with("close-wait", count: 60) { pile in
            var runner = try runner(try Self.policy { $0.level = level }, log, memory: folder.path + "/m.json")
            let before = try SocketRow.all(inNamespaceOf: pile.ready.netnsPid)
            runner.run(try look(pile), at: 0, local: Self.noon)
            #expect(log.keys == [])
            runner.run(try look(pile), at: 1000, local: Self.noon)
            #expect(log.keys == ["found", "cleared"])
            #expect(try waiting(pile) == 35)
            runner.run(try look(pile), at: 2000, local: Self.noon)
            #expect(log.keys == ["found", "cleared", "held_back"])
            #expect(try waiting(pile) == 35)
            runner.run(try look(pile), at: 62_000, local: Self.noon)
            #expect(try waiting(pile) == 10)
            runner.run(try look(pile), at: 123_000, local: Self.noon)
            #expect(try waiting(pile) == 0)
            runner.run(try look(pile), at: 124_000, local: Self.noon)
            #expect(log.keys == ["found", "cleared", "held_back", "cleared", "cleared", "recovered"])
            #expect(log.events.allSatisfy { !$0.isTrouble })
            // Its listener, and whatever else is not in CLOSE_WAIT, is as it was.
            let after = try SocketRow.all(inNamespaceOf: pile.ready.netnsPid)
            for (cookie, row) in before where row.state != "CLOSE-WAIT" { #expect(after[cookie] == row) }
        }
        #expect(
            log.lines.compactMap { $0["record"] as? String }.filter { $0 != "act" } == [
                "plan", "end", "plan", "end", "plan", "end",
            ])
        #expect(log.lines.count { $0["record"] as? String == "act" } == 60)
        #expect(Set(log.lines.compactMap { $0["source"] as? String }) == ["policy leak"])
        let memory = try #require(try PolicyMemoryFile(path: folder.path + "/m.json").read()["leak"])
        #expect(memory.cleared == 60 && memory.hasActed && memory.off == nil)
    }

    @Test("in dry run, and before its time in dry run is over, nothing is touched", arguments: [true, false])
    func dryRun(isDry: Bool) throws {
        let folder = try TemporaryFolder()
        let log = Log()
        let policy = try Self.policy {
            $0.isDryRun = isDry
            $0.dryRunTime = 100_000
        }
        try Pile.with("close-wait", count: 20) { pile in
            func held() throws -> [String: SocketRow] {
                try SocketRow.all(inNamespaceOf: pile.ready.netnsPid).filter { $0.value.state == "CLOSE-WAIT" }
            }
            let before = try held()
            var one = try runner(policy, log, memory: folder.path + "/m.json")
            for time in [0, 1000, 61_000] as [UInt64] { one.run(try look(pile), at: time, local: Self.noon) }
            #expect(log.keys == (isDry ? ["found", "would_clear"] : ["found", "held_back", "would_clear"]))
            #expect(try held() == before)
            #expect(log.lines.isEmpty)
            // After a restart the time goes on.
            var again = try runner(policy, log, memory: folder.path + "/m.json")
            for time in [0, 38_000] as [UInt64] { again.run(try look(pile), at: time, local: Self.noon) }
            #expect(try waiting(pile) == 20)
            again.run(try look(pile), at: 40_000, local: Self.noon)
            #expect(try waiting(pile) == (isDry ? 20 : 0), "\(log.keys)")
        }
    }

    @Test(
        "where memory or audit record cannot be written, nothing is cleared, and that is told",
        arguments: ["memory", "audit"])
    func unwritten(what: String) throws {
        let folder = try TemporaryFolder()
        let log = Log()
        log.auditFails = what == "audit"
        let path = what == "memory" ? "/proc/nothing/here" : folder.path + "/m.json"
        try Pile.with("close-wait", count: 10) { pile in
            var runner = try runner(try Self.policy(), log, memory: path)
            // It tries again at each look, and says so once.
            for time in [0, 1000, 2000, 3000] as [UInt64] { runner.run(try look(pile), at: time, local: Self.noon) }
            #expect(log.keys == ["found", "failed"])
            #expect(log.events.last?.isTrouble == true)
            #expect(try waiting(pile) == 10)
            guard log.auditFails else { return }
            log.auditFails = false
            runner.run(try look(pile), at: 4000, local: Self.noon)
            #expect(log.keys == ["found", "failed", "cleared"])
            #expect(try waiting(pile) == 0)
        }
    }

    @Test(
        "a pile that comes back too often, and a limit that is used up, switch it off over restarts",
        arguments: ["back", "limit"])
    func off(why: String) throws {
        let folder = try TemporaryFolder()
        let log = Log()
        let policy = try Self.policy {
            if why == "back" { $0.comebacks = 1 } else { $0.inAll = 10 }
        }
        try Pile.with("close-wait", count: 10) { pile in
            var one = try runner(policy, log, memory: folder.path + "/m.json")
            for time in [0, 1000, 2000] as [UInt64] { one.run(try look(pile), at: time, local: Self.noon) }
            #expect(log.keys == ["found", "cleared", "recovered"] && one.off.isEmpty)
        }
        try Pile.with("close-wait", count: 10) { pile in
            var again = try runner(policy, log, memory: folder.path + "/m.json")
            for time in [0, 100_000, 200_000] as [UInt64] { again.run(try look(pile), at: time, local: Self.noon) }
            #expect(log.keys.suffix(2) == ["found", "switched_off"])
            #expect(again.off.map(\.reason) == [why == "back" ? .cameBack : .limit])
            #expect(log.events.last?.isTrouble == true)
            var third = try runner(policy, log, memory: folder.path + "/m.json")
            #expect(third.off.count == 1)
            third.run(try look(pile), at: 0, local: Self.noon)
            third.run(try look(pile), at: 100_000, local: Self.noon)
            #expect(try waiting(pile) == 10)
        }
    }

    @Test("a look that did not see all is no end of a pile, and nothing is cleared by it")
    func hindered() throws {
        let folder = try TemporaryFolder()
        let log = Log()
        try Pile.with("close-wait", count: 30) { pile in
            var runner = try runner(try Self.policy(), log, memory: folder.path + "/m.json")
            for time in [0, 1000] as [UInt64] { runner.run(try look(pile), at: time, local: Self.noon) }
            #expect(log.keys == ["found", "cleared"])
            let waiting = try waiting(pile)
            var blind = try look(pile)
            let subject = blind.namespaces[0].name ?? "\(blind.namespaces[0].inode)"
            blind.gaps.append(Gap(kind: .namespace, subject: subject, reason: "Too many open files"))
            runner.run(blind, at: 62_000, local: Self.noon)
            #expect(runner.hindrance?.reason == "Too many open files")
            blind.connections = []
            runner.run(blind, at: 63_000, local: Self.noon)
            #expect(log.keys == ["found", "cleared"])
            #expect(try self.waiting(pile) == waiting && waiting == 5)
            runner.run(try look(pile), at: 64_000, local: Self.noon)
            #expect(runner.hindrance == nil)
            #expect(log.keys == ["found", "cleared", "cleared"])
            #expect(try self.waiting(pile) == 0)
        }
    }

    @Test("a pile under way goes on over a restart, and over a reload that changes another policy")
    func underWay() throws {
        let folder = try TemporaryFolder()
        let log = Log()
        let memory = PolicyMemoryFile(path: folder.path + "/m.json")
        let policy = try Self.policy { $0.comebacks = 1 }
        var other = try Self.policy {
            $0.name = "other"
            $0.least = 1000
        }
        try Pile.with("close-wait", count: 30) { pile in
            var one = try runner(policy, log, memory: memory.path)
            for time in [0, 1000] as [UInt64] { one.run(try look(pile), at: time, local: Self.noon) }
            #expect(log.keys == ["found", "cleared"])
            // Killed here. In the first minute of the next one nothing is cleared.
            var two = try runner(policy, log, memory: memory.path)
            for time in [2000, 3000] as [UInt64] { two.run(try look(pile), at: time, local: Self.noon) }
            #expect(log.keys == ["found", "cleared", "held_back"])
            func reloaded(_ old: PolicyRunner) throws -> PolicyRunner {
                other.note += "."
                return try PolicyRunner(
                    [policy, other], after: old, memory: memory, now: 4000,
                    audit: { (bytes) throws(KernelError) in try log.audit(bytes) }, tell: { log.events.append($0) })
            }
            two.end(at: 4000)
            var three = try reloaded(two)
            three.young = 0
            three.run(try look(pile), at: 5000, local: Self.noon)
            #expect(log.keys == ["found", "cleared", "held_back"])
            three.run(try look(pile), at: 70_000, local: Self.noon)
            #expect(log.keys == ["found", "cleared", "held_back", "cleared"])
            #expect(try waiting(pile) == 0)
        }
        // Killed again, before the end of the pile was seen: it is told, and another pile is the one that came back.
        try Pile.with("close-wait", count: 10) { pile in
            var four = try runner(policy, log, memory: memory.path)
            var empty = try look(pile)
            empty.connections = []
            four.run(empty, at: 0, local: Self.noon)
            for time in [1000, 2000] as [UInt64] { four.run(try look(pile), at: time, local: Self.noon) }
            #expect(log.keys.suffix(3) == ["recovered", "found", "switched_off"])
            #expect(four.off.map(\.reason) == [.cameBack])
            #expect(try waiting(pile) == 10)
        }
    }

    @Test("young connections are none of a policy's")
    func young() throws {
        let folder = try TemporaryFolder()
        let log = Log()
        try Pile.with("close-wait", count: 10) { pile in
            var runner = try runner(try Self.policy(), log, memory: folder.path + "/m.json")
            runner.young = 3_600_000
            for time in [0, 1000, 2000] as [UInt64] { runner.run(try look(pile), at: time, local: Self.noon) }
            #expect(log.keys == [])
            #expect(try waiting(pile) == 10)
        }
    }

    @Test(
        "a memory that is damaged keeps every policy from running", arguments: ["", "{", "{\"policies\":[{}]}", "[]"])
    func damaged(text: String) throws {
        let folder = try TemporaryFolder()
        try text.write(toFile: folder.path + "/m.json", atomically: true, encoding: .utf8)
        #expect(throws: Failure.self) { _ = try runner(try Self.policy(), Log(), memory: folder.path + "/m.json") }
    }

    @Test("what a policy knows is read back as it was written")
    func memory() throws {
        let folder = try TemporaryFolder()
        let file = PolicyMemoryFile(path: folder.path + "/m.json")
        #expect(try file.read().isEmpty)
        var memory = PolicyMemory(fingerprint: "0123")
        memory.served = 1 << 40
        memory.cleared = 7
        memory.comebacks = [5, 90_000]
        memory.hasActed = true
        memory.pile = 3
        memory.off = .cameBack
        try file.write([("one", memory), ("two", PolicyMemory(fingerprint: "1e3"))])
        #expect(try file.read() == ["one": memory, "two": PolicyMemory(fingerprint: "1e3")])
    }

    @Test("events are JSON for a webhook, each of its kind")
    func events() throws {
        let cases: [(PolicyEvent.What, String, String)] = [
            (.found(3), "finding", "found"), (.wouldClear(3), "action", "would_clear"),
            (.cleared(run: "1-2", planned: 3, cleared: 2, refused: "no \"right\""), "action", "cleared"),
            (.heldBack("quiet_time"), "action", "held_back"), (.switchedOff(.limit), "action", "switched_off"),
            (.recovered(cleared: 3), "recovery", "recovered"), (.failed("disk full"), "action", "failed"),
        ]
        for (what, kind, key) in cases {
            let event = PolicyEvent(policy: "leak", filter: "state close-wait", time: 7, host: "db1", what: what)
            let object = try JSONSerialization.jsonObject(with: Data(event.webhook.body)) as? [String: Any]
            #expect(event.webhook.kind.rawValue == kind && object?["event"] as? String == kind)
            #expect(object?["what"] as? String == key && object?["policy"] as? String == "leak")
            #expect(object?["time_ms"] as? Int == 7 && object?["host"] as? String == "db1")
        }
    }
}
