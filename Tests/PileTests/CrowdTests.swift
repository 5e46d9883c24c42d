import Foundation
import Testing

/// `linger lab crowd` as people use it: what its piles are is shown by `PileTests` and `RuleTests`.
@Suite("linger lab crowd")
struct CrowdTests {
    @Test("says where the pile is, how to look at it and what the doctor calls it, and leaves nothing behind")
    func words() throws {
        let outcome = try Linger.run(["lab", "crowd", "close-wait", "--count", "60", "--seconds", "0"])
        #expect(outcome.exit == .code(0), "\(outcome)")
        for part in [
            "forgetful (pid ", "CLOSE_WAIT 60, LISTEN 1", "linger doctor --netns pid:", "ss -tanp", "close_wait_leak",
        ] {
            #expect(outcome.output.contains(part), "\(part) in \(outcome)")
        }
        #expect(outcome.errors.isEmpty, "\(outcome)")
    }

    @Test("what cannot be had is said, with what to do", arguments: refusals)
    func refused(_ arguments: [String], words: String) throws {
        let outcome = try Linger.run(["lab", "crowd"] + arguments + ["--seconds", "0"])
        #expect(outcome.exit == .code(2), "\(outcome)")
        #expect(outcome.errors.contains(words), "\(outcome)")
        #expect(outcome.output.isEmpty, "\(outcome)")
    }

    private static let refusals: [([String], String)] = [
        ([], "'linger lab crowd --list' shows all"),
        (["close-wiat"], "did you mean 'close-wait'?"),
        (["close-wait", "--count", "0"], "give at least 1"),
        (["close-wait", "--count", "1000000000"], "are the most"),
        (["idle", "--count", "1000000"], "descriptor limit"),
        (["syn-flood", "--here"], "no forged address may reach your network"),
        (["healthy", "--healthy"], "has no healthy neighbour"),
    ]

    @Test("with --here both ends are on loopback, and a port that is taken is named")
    func here() throws {
        // In a namespace of our own, so that the host's loopback is left alone.
        let script = """
            ip link set lo up
            exec 3>&1
            coproc crowd { "$0" lab crowd close-wait --here --count 60 --port 6900 --json --until-eof; }
            read -r line <&"${crowd[0]}"
            echo "$line"
            ss -Htan state close-wait
            "$0" lab crowd close-wait --here --port 6900 --seconds 0
            echo "exit $?"
            exec {crowd[1]}>&-
            wait
            ss -Htan state close-wait | wc -l
            """
        let outcome = try Outcome(of: ["unshare", "--net", "bash", "-c", script, Linger.executable])
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.first?.contains(#""netns_inode":null"#) == true, "\(outcome)")
        #expect(lines.count { $0.contains("127.0.0.1:6900") } == 60, "\(outcome)")
        #expect(outcome.errors.contains("port 6900: Address already in use"), "\(outcome)")
        #expect(outcome.errors.contains("--port"), "\(outcome)")
        #expect(lines.contains("exit 2"), "\(outcome)")
        #expect(lines.last == "0", "\(outcome)")
    }

    @Test("with --here, what an earlier pile left in TIME_WAIT is not taken for a part of the next")
    func hereAgain() throws {
        let script = """
            ip link set lo up
            for pile in time-wait fin-wait-2; do "$0" lab crowd $pile --here --json --seconds 0; done
            """
        let outcome = try Outcome(of: ["unshare", "--net", "bash", "-c", script, Linger.executable])
        #expect(outcome.exit == .code(0), "\(outcome)")
        #expect(outcome.output.contains(#""states":{"time_wait":1500}"#), "\(outcome)")
        #expect(outcome.output.contains(#""states":{"fin_wait_2":50}"#), "\(outcome)")
    }

    @Test("Ctrl-C ends it quietly, and everything is gone")
    func interrupted() throws {
        try Pile.with("close-wait-shared") { pile in
            let members = RunningProcess.family(of: pile.ready.netnsPid)
            #expect(members.count == 4)
            #expect(pile.interrupt() == .code(0))
            #expect(members.filter(\.isAlive) == [])
        }
    }

    @Test("connections whose peers do not answer go with it", arguments: ["closing-stuck", "dead-peer"])
    func orphans(name: String) throws {
        var namespace: Int32 = -1
        defer { close(namespace) }
        try Pile.with(name) { pile in
            namespace = open("/proc/\(pile.ready.netnsPid)/ns/net", O_RDONLY | O_CLOEXEC)
            #expect(namespace >= 0)
            let standing = try Outcome(of: Self.look(into: namespace))
            #expect(!standing.output.isEmpty, "\(standing)")
        }
        let left = try Outcome(of: Self.look(into: namespace))
        #expect(left.exit == .code(0) && left.output.isEmpty, "\(left)")
    }

    private static func look(into namespace: Int32) -> [String] {
        ["nsenter", "--net=/proc/\(getpid())/fd/\(namespace)", "ss", "-tanH", "exclude", "time-wait"]
    }

    @Test("a process of it that is killed is told, and the others go on")
    func killedMember() throws {
        try Pile.with("healthy") { pile in
            let server = try #require(pile.ready.pids["server"])
            #expect(kill(server, SIGKILL) == 0)
            #expect(pile.errorLine()?.contains("healthy (pid \(server)) has ended") == true)
            #expect(try ListRow.list(in: pile, ["state connected"]).allSatisfy { $0.holders?.isEmpty != false })
        }
    }

    @Test("more than one process may have is spread over several, each with a port")
    func spread() throws {
        try Pile.with("close-wait", count: 2000, descriptors: 1064) { pile in
            #expect(pile.ready.processes.count { $0.name == "forgetful" } == 2)
            #expect(pile.ready.ports == [6800, 6801])
            #expect(pile.ready.states == ["close_wait": 2000, "listen": 2])
            let seen = try SocketStatistics.look(in: pile).values
            #expect(seen.count { $0.state == "close_wait" } == 2000)
        }
    }

    @Test("a server that accepts too slowly has a full queue that moves")
    func slowAccept() throws {
        try Pile.with("slow-accept") { pile in
            // Between an accept and the next client one place is free: a look may fall there.
            var (outcome, report) = try Linger.doctor(in: pile)
            for _ in 0..<5 where report.findings.isEmpty { (outcome, report) = try Linger.doctor(in: pile) }
            #expect(report.findings.map(\.kind) == ["accept_queue_full"], "\(outcome)")
            #expect(report.findings.first?.causeKey == "accept.slow", "\(outcome)")
            #expect(report.findings.first?.pids == pile.ready.finding?.pids, "\(outcome)")
        }
    }

    @Test("a user without privileges gets it in a user namespace")
    func unprivileged() throws {
        let limit = try String(contentsOfFile: "/proc/sys/user/max_user_namespaces", encoding: .utf8)
        try #require(Int(limit.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0 > 0)
        let folder = try TemporaryFolder()
        let copy = folder.path + "/linger"
        #expect(try Outcome(of: ["cp", Linger.executable, copy]).exit == .code(0))
        let outcome = try Outcome(of: [
            "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", copy, "lab", "crowd", "close-wait",
            "--seconds", "0",
        ])
        #expect(outcome.exit == .code(0), "\(outcome)")
        #expect(outcome.output.contains("--user --net --preserve-credentials linger doctor --netns own"), "\(outcome)")
    }
}
