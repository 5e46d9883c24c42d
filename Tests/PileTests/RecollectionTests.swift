import Foundation
import Kernel
import Synchronization
import Testing

/// `linger doctor` beside a daemon that watched a real pile come.
@Suite("a doctor beside a daemon")
struct RecollectionTests {
    private let thresholds = ["close_wait.leak_seconds": 0.0]

    @Test("names the exact age and the line of code, and a recording has them too")
    func exact() throws {
        let daemon = try RememberingDaemon(port: 6800)
        let before = HostClock.monotonic
        try Pile.with("close-wait") { pile in
            let stands = HostClock.monotonic
            // So long that an age of the whole second, as sock_diag would be right too, is told from one to the millisecond.
            usleep(1_500_000)
            let folder = try TemporaryFolder()
            let recording = folder.path + "/recording"
            let earliest = HostClock.monotonic
            let (outcome, report) = try Linger.doctor(
                in: pile, thresholds: thresholds, ["--socket", daemon.socket, "--record", recording])
            let latest = HostClock.monotonic
            #expect(outcome.exit != .code(2) && outcome.errors.isEmpty, "\(outcome)")
            let finding = try #require(report.findings.first { $0.kind == "close_wait_leak" })
            let oldest = try #require(finding.fact("oldest_ms"))
            #expect(oldest.source == "linger serve")
            let age = try #require(oldest.count)
            #expect(age >= (earliest - stands) / 1_000_000 && age <= (latest - before) / 1_000_000)
            #expect(finding.fact("youngest_ms")?.source == "linger serve")
            #expect(finding.fact("accepted_in")?.text?.contains(".swift:") == true, "\(outcome)")
            #expect(finding.count("opened_there") == finding.count("count"))
            #expect(report.sources.history.used)

            // Nobody is asked for a recording.
            let config = ["--config", try Linger.config(thresholds, in: folder)]
            let replayed = try Linger.run(
                ["doctor", "--json", "--replay", recording, "--socket", "/nowhere"] + config)
            let again = try replayed.json(DoctorReport.self).findings.first { $0.kind == "close_wait_leak" }
            #expect(again?.count("oldest_ms") == age)
            #expect(again?.fact("accepted_in")?.text == finding.fact("accepted_in")?.text)

            let text = try Linger.run("doctor", ["--sample", "0", "--socket", daemon.socket] + config, in: pile)
            #expect(flat(text).contains("from linger serve, which has watched for"), "\(text)")
            let without = try Linger.run(
                "doctor", ["--sample", "0", "--history", "off", "--socket", daemon.socket] + config, in: pile)
            #expect(flat(without).contains("a running linger serve knows both"), "\(without)")
            #expect(!flat(without).contains("accepted in"), "\(without)")
        }
        #expect(try daemon.end() == nil)
    }

    /// Without line ends: a sentence may be broken anywhere.
    private func flat(_ outcome: Outcome) -> String {
        outcome.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    @Test("that hangs or talks nonsense says so, and goes on with what it sees itself", arguments: [false, true])
    func noHelp(hangs: Bool) throws {
        let folder = try TemporaryFolder()
        let socket = folder.path + "/linger.sock"
        let server = try RecollectionServer(path: socket) {
            if hangs { usleep(7_000_000) }
            return Array("220 mail.example.com ESMTP\r\n".utf8)
        }
        try Pile.with("close-wait") { pile in
            let (outcome, report) = try Linger.doctor(in: pile, thresholds: thresholds, ["--socket", socket])
            #expect(outcome.exit != .code(2), "\(outcome)")
            #expect(outcome.errors.contains("linger serve was no help"), "\(outcome)")
            #expect(outcome.errors.contains(hangs ? "did not answer within 5 s" : "no answer of linger serve"))
            #expect(report.sources.history.used == false && report.sources.history.reason != nil)
            let finding = try #require(report.findings.first { $0.kind == "close_wait_leak" })
            #expect(finding.fact("oldest_ms")?.source != "linger serve")
        }
        server.stop()
    }

    @Test("answers root and its own user, and tells others why not", arguments: [0o600, 0o666] as [mode_t])
    func others(mode: mode_t) throws {
        let folder = try TemporaryFolder()
        let socket = folder.path + "/linger.sock"
        let asked = Mutex(0)
        let server = try RecollectionServer(path: socket) {
            asked.withLock { $0 += 1 }
            return [1]
        }
        chmod(socket, mode)
        try Pile.with("close-wait") { pile in
            let outcome = try Linger.runUnprivileged("doctor", ["--sample", "0", "--socket", socket], in: pile)
            #expect(outcome.exit == .code(4), "\(outcome)")
            #expect(outcome.errors.contains(mode == 0o600 ? "Permission denied" : "ended without an answer"))
        }
        #expect(asked.withLock { $0 } == 0)
        server.stop()
    }
}
