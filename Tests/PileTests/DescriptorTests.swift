import Foundation
import Testing

@Suite("descriptors on the real kernel")
struct DescriptorTests {
    private struct Counts: Hashable {
        var all: UInt64?
        var sockets: UInt64?
    }

    /// The iterator hands out its records in pieces of 32 KiB, and what does not fit is asked for again.
    @Test("counts are those of /proc, over thousands of files, pipes and sockets", arguments: Linger.Method.allCases)
    func counts(by method: Linger.Method) throws {
        try Pile.with("descriptor_tables") { pile in
            var expected: [Int32: Counts] = [:]
            for name in ["sockets", "mixed", "threads"] {
                let pid = try #require(pile.ready.pids[name])
                expected[pid] = try counts(of: pid)
            }
            #expect(expected.values.compactMap(\.all).reduce(0, +) > 5000)
            for _ in 0..<5 {
                let (outcome, report) = try Linger.doctor(
                    in: pile, by: method, thresholds: ["descriptors.share": 0.001], ["--sample", "0"])
                var found: [Int32: Counts] = [:]
                for finding in report.findings where finding.kind == "descriptors_low" {
                    found[try #require(finding.pids.first)] = Counts(
                        all: finding.count("descriptors"), sockets: finding.count("socket_descriptors"))
                }
                #expect(found == expected, "\(outcome)")
            }
        }
    }

    @Test("each holder is listed once, the copy in a thread's own table included", arguments: Linger.Method.allCases)
    func holders(by method: Linger.Method) throws {
        try Pile.with("descriptor_tables") { pile in
            let rows = try ListRow.rows(of: Linger.run("list", ListRow.arguments, in: pile, by: method))
            let threads = try #require(pile.ready.pids["threads"])
            for row in rows where !row.local.hasSuffix(":8083") {
                let holders = try #require(row.holders, "\(row)")
                #expect(holders.count == 1, "\(row)")
                #expect(try holders.allSatisfy { try inode(of: $0) == row.inode }, "\(row)")
            }
            #expect(rows.count { $0.holders?.first?.pid == threads } >= 11)
            // The thread alone has this one: /proc/PID/fd does not show it.
            let own = try #require(rows.first { $0.local == "0.0.0.0:8083" })
            switch method {
            case .bpf: #expect(own.holders?.map(\.pid) == [threads])
            case .proc: #expect((own.holders ?? []).isEmpty)
            }
        }
    }

    /// A copy of a descriptor makes linger a holder for a moment, and another look at that namespace would say so.
    @Test("a look borrows descriptors only of processes of its own namespace")
    func borrowed() throws {
        try Pile.with("closed-sockets") { pile in
            try Pile.with("close-wait") { _ in
                let folder = try TemporaryFolder()
                let trace = folder.path + "/trace"
                let tracing = ["strace", "-f", "-qq", "--decode-fds=pidfd", "-e", "trace=pidfd_getfd", "-o", trace]
                let look = ["doctor", "--json", "--sample", "0", "--netns", "own", "--method", "proc"]
                let outcome = try pile.run(tracing + [Linger.executable] + look)
                #expect(outcome.exit == .code(1), "\(outcome)")
                let calls = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
                let borrowed = Set(calls.compactMap { $0.firstMatch(of: /<pid:(\d+)>/).flatMap { Int32($0.1) } })
                let own = pile.ready.processes.filter { $0.role != "peer" }.map(\.pid)
                #expect(!borrowed.isEmpty && borrowed.isSubset(of: own), "\(calls)")
            }
        }
    }

    @Test("where the iterator is refused, /proc is walked and a recording says the same")
    func refused() throws {
        try Pile.with("many_files") { pile in
            for command in [["doctor", "--json", "--sample", "0"], ["list"] + ListRow.arguments] {
                let folder = try TemporaryFolder()
                chmod(folder.path, 0o777)
                let arguments = Array(command.dropFirst())
                let recorded = try Linger.runUnprivileged(
                    command[0], arguments + ["--record", folder.path], in: pile)
                #expect(recorded.exit == .code(4), "\(recorded)")
                let ways = try String(contentsOfFile: folder.path + "/look-1/ways", encoding: .utf8)
                #expect(ways.hasSuffix(" iterator"), "what was wanted: \(ways)")
                let replayed = try Linger.run(command + ["--replay", folder.path])
                #expect(replayed.exit == .code(4), "\(replayed)")
                if command[0] == "list" {
                    #expect(try ListRow.rows(of: recorded).count == 1, "\(recorded)")
                    #expect(replayed.output == recorded.output)
                    #expect(replayed.errors == recorded.errors)
                } else {
                    let gaps = try recorded.json(DoctorReport.self).gaps
                    #expect(gaps.contains { $0.kind == "bpf" && !$0.isPartial }, "\(recorded)")
                    #expect(try replayed.json(DoctorReport.self).gaps.map(\.kind) == gaps.map(\.kind))
                }
            }
        }
    }

    private func counts(of pid: Int32) throws -> Counts {
        let folder = "/proc/\(pid)/fd"
        let links = try FileManager.default.contentsOfDirectory(atPath: folder).map {
            try FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
        }
        return Counts(all: UInt64(links.count), sockets: UInt64(links.count { $0.hasPrefix("socket:") }))
    }

    private func inode(of holder: ListRow.Holder) throws -> UInt64? {
        let link = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(holder.pid)/fd/\(holder.fd)")
        return UInt64(link.dropFirst("socket:[".count).dropLast())
    }
}
