import Foundation
import Testing

/// Holders that cannot be seen are said to be out of sight: no holder is invented, nor that there is none.
@Suite("out of sight")
struct OutOfSightTests {
    private static let ownProcesses = ["unshare", "--pid", "--fork", "--mount-proc"]

    @Test(
        "from a PID namespace of its own the processes outside are out of sight, whichever /proc is mounted",
        arguments: [ownProcesses, ["unshare", "--pid", "--fork"]], Linger.Method.allCases)
    func outside(behind wall: [String], by method: Linger.Method) throws {
        try Pile.with("listeners") { pile in
            let list = try Linger.run("list", ListRow.arguments, behind: wall, in: pile, by: method)
            #expect(list.exit == .code(4), "\(list)")
            let rows = try ListRow.rows(of: list)
            #expect(rows.count { $0.state == "listen" && $0.holding == "unseen" && $0.holders == nil } == 3, "\(list)")
            #expect(rows.allSatisfy { ($0.holders ?? []).isEmpty }, "\(list)")
            let doctor = try Linger.run("doctor", ["--json", "--sample", "0"], behind: wall, in: pile, by: method)
            #expect(doctor.exit == .code(4), "\(doctor)")
            let gaps = try doctor.json(DoctorReport.self).gaps
            #expect(gaps.contains { $0.kind == "out_of_sight" && $0.isPartial }, "\(doctor)")
        }
    }

    @Test(
        "processes inside a PID namespace are named with the numbers that it gives them",
        arguments: Linger.Method.allCases)
    func inside(by method: Linger.Method) throws {
        let program = """
            import os, socket, subprocess, sys
            listener = socket.create_server(("127.0.0.1", 9000))
            print(os.getpid(), flush=True)
            sys.exit(subprocess.call(sys.argv[1:]))
            """
        // A shell first, so that the program's number is not 1.
        let wall = Self.ownProcesses + ["sh", "-c", "\"$@\"; exit $?", "sh", "python3", "-c", program]
        try Pile.with("listeners") { pile in
            var outcome = try Linger.run("list", ListRow.arguments, behind: wall, in: pile, by: method)
            #expect(outcome.exit == .code(4), "\(outcome)")
            let lines = outcome.output.split(separator: "\n", maxSplits: 1)
            let pid = try #require(lines.first.flatMap { Int32($0) }, "\(outcome)")
            outcome.output = String(lines.last ?? "")
            let rows = try ListRow.rows(of: outcome)
            let own = try #require(rows.first { $0.local == "127.0.0.1:9000" }, "\(outcome)")
            #expect(own.holding == "held" && own.holders?.map(\.pid) == [pid], "\(outcome)")
            #expect(rows.count { $0.state == "listen" && $0.holding == "unseen" } == 3, "\(outcome)")
        }
    }

    @Test("behind hidepid nothing is taken for the kernel's")
    func hidden() throws {
        let wall = ["unshare", "--mount", "sh", "-c", "mount -t proc -o hidepid=2 proc /proc && exec \"$@\"", "sh"]
        try Pile.with("listeners") { pile in
            let outcome = try Linger.runUnprivileged("list", ListRow.arguments, behind: wall, in: pile)
            #expect(outcome.exit == .code(4), "\(outcome)")
            let rows = try ListRow.rows(of: outcome)
            #expect(rows.count { $0.state == "listen" && $0.holding == "unseen" } == 3, "\(outcome)")
            #expect(!rows.contains { $0.holding == "kernel_or_in_flight" }, "\(outcome)")
            // Root is not bound by it.
            let root = try pile.run(wall + [Linger.executable, "list", "--netns", "own"] + ListRow.arguments)
            #expect(try ListRow.rows(of: root).count { $0.state == "listen" && $0.holding == "held" } == 3, "\(root)")
        }
    }
}
