import Foundation
import Glibc
import Kernel
import Testing

@testable import Clearing

/// What is refused, with what message, and that nothing was half done then.
@Suite(.serialized) struct RefusalTests {
    /// Runs `linger clear` on a leak of five, behind a wall; all five must be there after it.
    private func refused(
        _ arguments: [String], behind wall: [String] = [], tracedBy debugger: Debugger? = nil
    ) throws -> Outcome {
        let served = try Served([try TargetProgram.path("target"), "7000"])
        try served.leak(5)
        try debugger?.attach(served.pid)
        // A process that is traced ends for its parent only when its tracer has let go.
        defer { debugger?.end() }
        let before = try SocketRow.all(inNamespaceOf: served.pid)
        let outcome = try Outcome(
            of: ["nsenter", "--target", String(served.pid), "--net"] + wall + [
                Linger.executable, "clear", "state close-wait", "--netns", "own", "--even-young", "--even-reuse",
                "--yes",
                "--without-audit", "--wait", "0",
            ] + arguments)
        let after = try SocketRow.all(inNamespaceOf: served.pid)
        // Until here both ends live.
        withExtendedLifetime(served) {}
        #expect(after.filter { before[$0.key] != $0.value } == [:], "\(outcome)")
        #expect(after == before, "\(outcome)")
        return outcome
    }

    /// Without the first, who holds the sockets cannot be seen, so nothing is planned.
    static let capabilities: [(level: String, without: String, says: String, code: Int32)] = [
        ("shutdown", "-sys_ptrace", "run as root", 4), ("release", "-sys_ptrace", "run as root", 4),
        ("kill", "-sys_ptrace", "run as root", 4), ("destroy", "-net_admin", "CAP_NET_ADMIN", 3),
    ]

    @Test(
        "without the privilege that a level needs, its name is said and nothing is done",
        arguments: capabilities.indices)
    func capability(index: Int) throws {
        let (level, without, says, code) = Self.capabilities[index]
        // The target has more capabilities than we have then: nothing but the right one reaches it.
        let wall = ["setpriv", "--bounding-set", without, "--inh-caps", without]
        let outcome = try refused(["--by", level, "--method", "proc"], behind: wall)
        #expect(outcome.exit == .code(code), "\(outcome)")
        #expect((outcome.output + outcome.errors).contains(says), "\(outcome)")
    }

    @Test("a process that is traced already is refused")
    func traced() throws {
        let outcome = try refused(["--by", "release"], tracedBy: Debugger())
        #expect(outcome.exit == .code(5), "\(outcome)")
        #expect(outcome.output.contains("traces it already"), "\(outcome)")
    }

    @Test("a process under seccomp is refused by the levels that go inside, and served by the others")
    func seccomp() throws {
        let served = try Served(["setpriv", "--no-new-privs", "python3", TargetProgram.folder + "/confined.py", "7000"])
        try served.leak(3)
        for level in ["release", "close"] {
            let (outcome, json) = try served.clear(["--by", level, "--wait", "0"])
            #expect(outcome.exit == .code(3), "\(outcome)")
            #expect(json.results?.first?.detail?.contains("seccomp") == true, "\(outcome)")
            #expect(json.results?.allSatisfy { $0.outcome != "acted" } == true)
        }
        let (outcome, _) = try served.clear(["--by", "shutdown"])
        #expect(outcome.exit == .code(0), "\(outcome)")
        #expect(try served.say("ask hello") == "hello")
    }

    @Test("a process that has ended is refused as one that is gone")
    func vanished() throws {
        var child = try Child(["true"])
        let pid = child.pid
        // A zombie: ended, and nobody has waited.
        while try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .isoLatin1).contains(") Z ") == false {
            usleep(1000)
        }
        #expect(FrozenProcess.refusal(pid)?.isProcessGone == true)
        _ = child.wait()
        #expect(FrozenProcess.refusal(pid)?.isProcessGone == true)
    }

    @Test("a 32-bit process is refused, and goes on")
    func narrow() throws {
        var child = try Child([try TargetProgram.path("narrow")])
        // execve is over when the program has its own name.
        while try String(contentsOfFile: "/proc/\(child.pid)/comm", encoding: .utf8) != "narrow\n" { usleep(1000) }
        let pid = child.pid
        let message = try SignalShield.run { () -> String in
            do throws(KernelError) {
                _ = try FrozenProcess(pid)
                return "not refused"
            } catch {
                return error.description
            }
        }
        #expect(message.contains("32-bit"), "\(message)")
        // It goes on: untraced, and soon it waits again. A process that was left stopped never does.
        var status = ""
        for _ in 0..<20_000 where !status.contains("State:\tS") {
            usleep(1000)
            status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        }
        #expect(status.contains("State:\tS"), "\(status)")
        #expect(status.contains("TracerPid:\t0\n"))
        kill(pid, SIGKILL)
        #expect(child.wait() == .signal(SIGKILL))
    }

    @Test("nothing is cleared when the audit record cannot be written", arguments: ["/dev/full", "/proc/nothing/here"])
    func audit(path: String) throws {
        let served = try Served([try TargetProgram.path("target"), "7000"])
        try served.leak(3)
        let before = try SocketRow.all(inNamespaceOf: served.pid)
        let arguments = [
            "nsenter", "--target", String(served.pid), "--net", Linger.executable, "clear", "state close-wait",
            "--netns",
            "own", "--even-young", "--yes",
        ]
        let outcome = try Outcome(of: arguments + ["--audit", path])
        #expect(outcome.exit == .code(2), "\(outcome)")
        #expect(outcome.errors.contains("nothing was done") && outcome.errors.contains("--audit FILE"), "\(outcome)")
        #expect(try SocketRow.all(inNamespaceOf: served.pid) == before)
        #expect(try Outcome(of: arguments + ["--audit", path, "--without-audit"]).exit == .code(0))
    }

    @Test("the audit record says who did what with which result, and grows by whole lines")
    func auditRecord() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/deep/clear.jsonl"
        let served = try Served([try TargetProgram.path("target"), "7000"])
        for round in 1...2 {
            try served.leak(3)
            let outcome = try Outcome(of: [
                "nsenter", "--target", String(served.pid), "--net", Linger.executable, "clear", "state close-wait",
                "--netns",
                "own", "--even-young", "--yes", "--by", "release", "--audit", path,
            ])
            #expect(outcome.exit == .code(0), "\(outcome)")
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let lines = try text.split(separator: "\n").map { line in
                try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            }
            let kinds = lines.compactMap { $0["record"] as? String }
            let one = ["plan", "act", "act", "act", "end"]
            #expect(kinds == (round == 1 ? one : one + one))
            #expect(lines.last?["complete"] as? Bool == true)
            #expect(Set(lines.compactMap { $0["run"] as? String }).count == round)
        }
    }

    static let mistakes: [([String], String)] = [
        ([], "say what to clear"), (["state", "established"], "--even-everything"),
        (["state", "all"], "--even-everything"),
        (["state", "close-wait", "--by", "close"], "--even-reuse"),
        (["pid", "=", "1", "--finding", "1"], "does not go"),
        (["state", "close-wait", "--limit", "-1"], "--limit"), (["state", "close-wait", "--batch", "0"], "--batch"),
        (["state", "close-wait", "--replay", "/tmp", "--yes"], "--replay"),
        (["--finding", "nothing_such"], "no finding"),
    ]

    @Test(
        "a command line that could do harm by mistake is refused, with the flag that allows it",
        arguments: mistakes.indices)
    func usage(index: Int) throws {
        let (arguments, part) = Self.mistakes[index]
        let outcome = try Outcome(
            of: [
                "unshare", "--net", Linger.executable, "clear", "--netns", "own", "--without-audit", "--lang", "en",
            ] + arguments)
        #expect(outcome.exit == .code(2), "\(outcome)")
        #expect(outcome.errors.contains(part), "\(outcome)")
    }

    @Test("without anything that matches, the exit code says so")
    func nothing() throws {
        let outcome = try Outcome(of: [
            "unshare", "--net", Linger.executable, "clear", "state", "close-wait", "--netns", "own", "--yes",
            "--without-audit",
        ])
        #expect(outcome.exit == .code(6), "\(outcome)")
    }
}

/// Traces a process from a thread of this one, as a debugger does.
final class Debugger {
    private var python: Conversation?

    func attach(_ pid: Int32) throws {
        python = try Conversation([
            "python3", "-c",
            "import ctypes, sys; print(ctypes.CDLL(None).ptrace(0x4206, \(pid), 0, 0), flush=True); sys.stdin.read()",
        ])
        guard try python?.line() == "0" else { throw HarnessError("PTRACE_SEIZE failed") }
    }

    func end() { python = nil }
}
