import Foundation
import Testing

/// The case on port 6800: two processes that share their sockets over fork.
@Suite struct SharedTests {
    @Test(
        "port 6800 is found, explained, cleared and verified", arguments: ["shutdown", "destroy", "release", "close"])
    func port6800(level: String) throws {
        try Pile.with("close-wait-shared", count: 60) { pile in
            let pid = pile.ready.netnsPid
            // Found and explained.
            let (found, report) = try Linger.doctor(in: pile, thresholds: ["close_wait.leak_seconds": 0])
            #expect(found.exit == .code(1))
            let kinds = report.findings.map(\.kind)
            #expect(kinds == ["close_wait_leak"])
            // Cleared.
            let folder = try TemporaryFolder()
            let config = folder.path + "/thresholds.yaml"
            try "close_wait: {leak_seconds: 0}\n".write(toFile: config, atomically: true, encoding: .utf8)
            let before = try SocketRow.all(inNamespaceOf: pid)
            let (outcome, json) = try Clear.run(
                [
                    "--finding", "close_wait_leak", "--by", level, "--even-young", "--even-reuse", "--yes", "--config",
                    config,
                ],
                inNamespaceOf: pid)
            #expect(outcome.exit == .code(0), "\(outcome)")
            #expect(json.complete == true)
            #expect(json.planned.count == 60)
            let holders = Set(pile.ready.finding?.pids ?? [])
            for one in json.planned { #expect(Set(one.holders.map(\.pid)) == holders) }
            // Verified by ss and /proc: the connections are gone, the listener is not, and in both processes alike.
            let after = try SocketRow.all(inNamespaceOf: pid)
            #expect(Set(after.values.map(\.state)) == ["LISTEN"])
            for (cookie, row) in before where row.state == "LISTEN" { #expect(after[cookie] == row) }
            let open = json.planned.flatMap(\.holders).filter { Clear.link($0.pid, $0.fd) != nil }
            #expect(open.count == (level == "close" ? 0 : 120))
            #expect(json.results?.flatMap(\.stillHeld).count == (level == "shutdown" || level == "destroy" ? 120 : 0))
            withExtendedLifetime(folder) {}
            // Nothing is left to find of them.
            let (_, again) = try Linger.doctor(in: pile, thresholds: ["close_wait.leak_seconds": 0])
            #expect(!again.findings.map(\.kind).contains("close_wait_leak"))
        }
    }
}
