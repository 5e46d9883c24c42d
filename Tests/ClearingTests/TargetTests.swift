import Foundation
import Glibc
import Testing

@testable import Clearing

/// A server with threads that block in every way, under signals, and a peer beside it (Targets/target.c, peer.py).
final class Served {
    /// As this namespace numbers it.
    let pid: Int32
    private let server: Conversation
    private let peer: Conversation

    init(_ command: [String], address: String = "127.0.0.1", kinds: [String] = ["--net", "--ipc"]) throws {
        server = try Conversation(TargetProgram.isolated(command, with: kinds))
        guard try server.line().hasPrefix("ready") else { throw HarnessError("the server does not stand") }
        // In a PID namespace of its own, it is the child of unshare.
        let family = RunningProcess.family(of: server.pid)
        pid = family.last?.pid ?? server.pid
        peer = try Conversation(
            [
                "nsenter", "--target", String(pid), "--net", "python3", TargetProgram.folder + "/peer.py", address,
                "7000",
            ])
    }

    func say(_ text: String) throws -> String { try peer.say(text) }

    /// `count` connections in CLOSE_WAIT that it will never close, and one that talks.
    func leak(_ count: Int) throws {
        #expect(try say("talk") == "talk")
        #expect(try say("keep \(count)") == "kept \(count)")
        #expect(try say("shut \(count)").hasPrefix("shut"))
        // The FINs are there, and acknowledged.
        var states: [String] = []
        repeat {
            usleep(1000)
            states = try SocketRow.all(inNamespaceOf: pid).values.map(\.state)
        } while states.count { $0 == "CLOSE-WAIT" } < count || states.contains("FIN-WAIT-1")
    }

    func clear(_ arguments: [String]) throws -> (outcome: Outcome, json: ClearOutput) {
        try Clear.run(
            ["state close-wait and pid = \(pid)", "--even-young", "--even-reuse", "--yes"] + arguments,
            inNamespaceOf: pid)
    }

    /// The server goes on as if nothing had been.
    func expectUnharmed() throws {
        #expect(try say("talk") == "talk", "the connection that was not meant")
        #expect(try say("ask hello") == "hello", "a new connection")
        let status = try say("ask status")
        #expect(status.hasPrefix("failures 0 ") && status.hasSuffix(" lost 0"), "\(status)")
    }
}

@Suite(.serialized) struct TargetTests {
    static let levels = ["shutdown", "destroy", "release", "close"]

    @Test(
        "a program blocked in every way, under signals, sees no failed call; its peers see the end", arguments: levels,
        ["127.0.0.1", "::1"])
    func threads(level: String, address: String) throws {
        let served = try Served([try TargetProgram.path("target"), "7000"], address: address)
        try served.leak(50)
        let (outcome, json) = try served.clear(["--by", level])
        #expect(outcome.exit == .code(0), "\(outcome)")
        #expect(json.results?.count == 50)
        let sign = level == "destroy" ? "reset" : "fin"
        #expect(try served.say("ends").contains("\"\(sign)\": 50"))
        try served.expectUnharmed()
    }

    @Test("after many injections under load, registers, signal mask and pending signals are as they were")
    func manyInjections() throws {
        let trials = Trials.count(300)
        let served = try Served([try TargetProgram.path("target"), "7000"])
        for _ in 0..<max(1, (trials + 299) / 300) {
            try served.leak(300)
            let (outcome, _) = try served.clear(["--by", "release"])
            #expect(outcome.exit == .code(0), "\(outcome)")
            #expect(try served.say("ends").contains("\"fin\": 300"))
        }
        try served.expectUnharmed()
    }

    @Test("a process without a free number is released too, and without a number to spare")
    func fullTable() throws {
        let served = try Served([try TargetProgram.path("target"), "7000"])
        try served.leak(20)
        func numbers() throws -> [Int32] {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/\(served.pid)/fd").compactMap { Int32($0) }
        }
        // Connections that stay take the free numbers between, so that every number below the limit is taken: one by the
        // thread in accept(2), which has its number before it has a connection.
        while let most = try numbers().max(), try numbers().count < most { _ = try served.say("keep 1") }
        let before = try numbers()
        let full = before.count + 1
        let limit = ["prlimit", "--pid", String(served.pid), "--nofile=\(full):"]
        #expect(try Outcome(of: limit).exit == .code(0))
        let (outcome, json) = try served.clear(["--by", "release"])
        #expect(outcome.exit == .code(0), "\(outcome)")
        #expect(json.results?.count == 20)
        #expect(try Set(numbers()) == Set(before), "every number is taken as before")
        #expect(try served.say("talk") == "talk")
    }

    @Test("a server in namespaces of its own is cleared from outside", arguments: levels)
    func namespaces(level: String) throws {
        let served = try Served(
            [try TargetProgram.path("target"), "7000"], kinds: ["--net", "--ipc", "--pid", "--fork", "--mount-proc"])
        try served.leak(5)
        let outcome = try Outcome(of: [
            Linger.executable, "clear", "state close-wait and pid = \(served.pid)", "--netns", "pid:\(served.pid)",
            "--by",
            level, "--even-young", "--even-reuse", "--yes", "--without-audit", "--json",
        ])
        #expect(outcome.exit == .code(0), "\(outcome)")
        #expect(try outcome.json(ClearOutput.self).results?.count == 5)
        try served.expectUnharmed()
    }

    @Test("kill sends SIGTERM, and SIGKILL only by force")
    func kill() throws {
        // It blocks SIGTERM.
        let served = try Served([try TargetProgram.path("target"), "7000"])
        try served.leak(3)
        let (gentle, json) = try served.clear(["--by", "kill", "--grace", "0.2", "--wait", "0"])
        #expect(gentle.exit == .code(5), "\(gentle)")
        #expect(json.results?.first?.detail?.contains("--force") == true)
        #expect(try served.say("ask hello") == "hello")
        // The namespace, and the sockets in it, may be gone with the process.
        let (forced, _) = try served.clear(["--by", "kill", "--grace", "0.2", "--force"])
        #expect(forced.exit == .code(0), "\(forced)")
        #expect(RunningProcess(pid: served.pid)?.isAlive != true)
    }

    @Test("a stopped process is cleared, and stays stopped until it is continued", arguments: ["release", "close"])
    func stopped(level: String) throws {
        let served = try Served([try TargetProgram.path("target"), "7000"])
        try served.leak(5)
        Glibc.kill(served.pid, SIGSTOP)
        defer { Glibc.kill(served.pid, SIGCONT) }
        func state() throws -> Substring? {
            try String(contentsOfFile: "/proc/\(served.pid)/stat", encoding: .isoLatin1).split(separator: ") ").last?
                .prefix(1)
        }
        while try state() != "T" { usleep(1000) }
        let (outcome, _) = try served.clear(["--by", level])
        #expect(outcome.exit == .code(0), "\(outcome)")
        #expect(try state() == "T")
        Glibc.kill(served.pid, SIGCONT)
        #expect(try served.say("talk") == "talk")
        #expect(try served.say("ask hello") == "hello")
    }
}

/// How often a trial is repeated: LINGER_TRIALS for a long run.
enum Trials {
    static func count(_ usual: Int) -> Int {
        ProcessInfo.processInfo.environment["LINGER_TRIALS"].flatMap(Int.init) ?? usual
    }
}
