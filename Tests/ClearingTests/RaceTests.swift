import Foundation
import Kernel
import Sockets
import TCP
import Testing

@testable import Clearing

/// What a plan has seen is swapped for something else right before the act (Targets/racer.c).
@Suite(.serialized) struct RaceTests {
    enum Kind: String, CaseIterable, Sendable { case none, pid, descriptor, port, state }

    @Test("what was swapped between plan and act is left alone, every time", arguments: Kind.allCases)
    func race(kind: Kind) throws {
        let racer = try Conversation(TargetProgram.isolated([try TargetProgram.path("racer")], with: ["--net"]))
        var generator = SystemRandomNumberGenerator()
        var acted = 0
        var changes: [ItemOutcome.Change: Int] = [:]
        let trials = Trials.count(200)
        for trial in 0..<trials {
            let (item, target) = try plan(try racer.say("new \(kind.rawValue)"), by: level(trial, kind, &generator))
            let swapped = Box()
            let hooks = ClearHooks { _ in if kind != .none { swapped.answer = (try? racer.say("swap")) ?? "none" } }
            let namespace = try namespace(of: racer.pid)
            let context = RemedyContext(targets: [target], namespaces: [namespace], pace: Pace(), hooks: hooks)
            let outcome = item.level.remedy.apply([item], context)
            let whole = try racer.say("check")
            if kind == .none {
                #expect(outcome == [.acted], "\(item.level)")
                // The control: here the connection is ended, and the check sees it.
                #expect(whole == (item.level == .destroy ? "reset" : "fin"), "\(item.level)")
                acted += 1
            } else {
                #expect(swapped.answer == "swapped")
                guard case .changed(let change) = outcome.first else {
                    Issue.record("\(kind) \(item.level): \(outcome)")
                    continue
                }
                changes[change, default: 0] += 1
                #expect(whole == "whole", "\(kind) \(item.level)")
            }
        }
        #expect(acted + changes.values.reduce(0, +) == trials)
    }

    private func level(_ trial: Int, _ kind: Kind, _ generator: inout SystemRandomNumberGenerator) -> Level {
        // SIGTERM to a process that is the racer itself would end the trials.
        var levels: [Level] = [.shutdown, .destroy, .release, .close]
        if kind == .pid { levels.append(.kill) }
        return levels[trial % levels.count]
    }

    /// `PID FD INODE COOKIE STATE LPORT RPORT`, as a plan has it.
    private func plan(_ line: String, by level: Level) throws -> (ClearItem, Target) {
        let words = line.split(separator: " ").map(String.init)
        guard words.count == 7, let pid = Int32(words[0]), let descriptor = Int32(words[1]),
            let inode = UInt32(words[2]), let cookie = UInt64(words[3], radix: 16), let number = UInt8(words[4]),
            let state = State(rawValue: number), let local = UInt16(words[5]), let remote = UInt16(words[6]),
            let ticks = ProcessFacts.startTicks(pid)
        else { throw HarnessError("the racer says: \(line)") }
        let here = IPAddress(v4: 0x7f00_0001)
        let connection = Connection(
            cookie: cookie, inode: inode, state: state, local: Endpoint(address: here, port: local),
            remote: Endpoint(address: here, port: remote), holding: .held(start: 0, count: 1))
        let item = ClearItem(
            connection: connection, level: level,
            descriptors: [TargetDescriptor(target: 0, descriptor: descriptor)], sign: level.sign(for: connection))
        return (item, Target(pid: pid, startTicks: ticks, command: "racer"))
    }

    private func namespace(of pid: Int32) throws -> NetworkNamespace {
        let link = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/ns/net")
        guard let inode = UInt32(link.dropFirst(5).dropLast()) else { throw HarnessError("no namespace: \(link)") }
        return NetworkNamespace(inode: inode, name: nil, isOwn: false, pid: pid)
    }

    private final class Box: @unchecked Sendable {
        // Written and read one after the other: the remedy waits for its thread.
        var answer = ""
    }
}
