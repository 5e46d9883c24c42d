import ArgumentParser
import Foundation
import History
import Kernel
import Sockets
import TCP
import Testing

@testable import Commands

@Suite struct HistoryCommandTests {
    /// 2026-03-01 12:00:00 UTC, in microseconds.
    static let now: Int64 = 1_772_366_400_000_000
    let folder: URL

    init() {
        folder = FileManager.default.temporaryDirectory.appending(path: "linger-\(UUID().uuidString)")
    }

    private var path: String { folder.appending(path: "history.db").path }

    /// Runs the body with a history of two hours, and takes it away.
    private func withHistory(_ body: () throws -> Void) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let writer = try HistoryWriter(
            path: path, host: HostRow(name: "db1", boot: "boot", kernel: "6.1.0"), clock: { Self.now })
        writer.record(Self.rows)
        writer.close()
        try body()
    }

    private static var rows: HistoryBatch {
        let app = ProcessIdentity(pid: 812, startTicks: 4711, command: "app")
        let web = ProcessIdentity(pid: 99, startTicks: 12, command: "we\u{1b}b")
        var batch = HistoryBatch()
        for minute in Int64(0)..<120 where !(40..<50).contains(minute) {
            let time = now / 60_000_000 - 120 + minute
            batch.minutes.append(
                MinuteRow(
                    minute: time, process: app, way: .listener("0.0.0.0:8080"), state: .closeWait, namespace: 1,
                    count: minute * 7, opened: 7))
            batch.minutes.append(
                MinuteRow(
                    minute: time, process: web, way: .destination("10.0.0.9:5432"), state: .established, namespace: 1,
                    count: 100 + minute % 10, opened: 50, closed: 50,
                    dwell: MinuteRow.Dwell(p50: 900, p90: 40_000, p99: 2_000_000)))
        }
        let began = now - 3_600_000_000
        batch.lives = [
            LifeRow(
                reason: "leak", cookie: 0x1f2a, namespace: 4_026_531_840, local: "10.0.0.1:8080",
                remote: "10.0.0.7:41822", isOutgoing: false, process: app, descriptor: 17,
                states: [
                    .init(.synReceived, entered: began), .init(.established, entered: began + 87),
                    .init(.closeWait, entered: began + 4_000_087),
                ], ended: now - 1_000_000, closedFirst: "peer", bytesAcked: 512, bytesReceived: 90_000,
                stack: "handle() server.py:41\nmain() server.py:12"),
            LifeRow(
                reason: "reset_by_peer", cookie: 0x2b, namespace: 4_026_531_840, local: "10.0.0.1:40000",
                remote: "10.0.0.9:5432", states: [.init(.established, entered: began), .init(.finWait1, entered: nil)],
                ended: began + 5_000_000, ending: "reset_by_peer", error: 104, retransmissions: 3, beganBefore: true,
                hasHoles: true),
        ]
        batch.findings = [
            FindingRow(
                key: "close_wait_leak 812", kind: "close_wait_leak", severity: "warning",
                sentence: "app (pid 812) holds 833 connections in CLOSE_WAIT.", json: "{}", firstSeen: began,
                lastSeen: now),
            FindingRow(
                key: "syn_flood", kind: "syn_flood", severity: "critical", sentence: "A flood.", firstSeen: began,
                lastSeen: began + 60_000_000, resolvedAt: began + 120_000_000),
        ]
        batch.gaps = [
            GapRow(
                from: now - 4_800_000_000, to: now - 4_200_000_000, kind: .notRunning),
            GapRow(from: began, to: began + 1_000_000, kind: .lostTransitions, count: 1200, detail: "ring buffer"),
        ]
        batch.actions = [
            ActionRow(
                time: now - 60_000_000, source: "clear", run: "1-2", record: .plan, json: #"{"record":"plan"}"#),
            ActionRow(
                time: now - 59_000_000, source: "policy leaks", run: "1-2", record: .end, json: #"{"record":"end"}"#),
        ]
        return batch
    }

    /// What a command prints, with UTC times.
    private func print(_ arguments: [String], screen: Screen = .plain) throws -> String {
        let command = try HistoryCommand.parseAsRoot(arguments + ["--db", path, "--utc"])
        var text: [UInt8] = []
        var output = Output { text += $0 }
        func session(_ options: HistoryOptions, isAll: Bool = false) throws -> HistorySession {
            try HistorySession(options, isAll: isAll, now: Self.now, screen: screen)
        }
        switch command {
        case let command as HistoryStatesCommand: try command.write(try session(command.options), to: &output)
        case let command as HistoryLeaksCommand: try command.write(try session(command.options), to: &output)
        case let command as HistoryConnectionCommand:
            _ = try command.write(try session(command.options, isAll: !command.names.isEmpty), to: &output)
        case let command as HistoryFindingsCommand: try command.write(try session(command.options), to: &output)
        case let command as HistoryGapsCommand: try command.write(try session(command.options), to: &output)
        case let command as HistoryActionsCommand: try command.write(try session(command.options), to: &output)
        default: Issue.record("\(command) is no command of the history")
        }
        try output.flush()
        return String(decoding: text, as: UTF8.self)
    }

    private static let questions: [(name: String, arguments: [String])] = [
        ("states", ["--from", "2h"]), ("states-process", ["states", "--by", "process", "--from", "2h"]),
        ("leaks", ["leaks"]), ("connection", ["connection", "1f2a"]),
        ("connection-partly", ["connection", "10.0.0.9:5432", "10.0.0.1:40000"]),
        ("connections", ["connection"]), ("findings", ["findings"]), ("gaps", ["gaps"]), ("actions", ["actions"]),
    ]

    @Test("answers are as kept, in both languages and as JSON", arguments: questions.indices)
    func golden(index: Int) throws {
        let (name, arguments) = Self.questions[index]
        try withHistory {
            for language in ["en", "zh"] {
                try Golden.expect(try print(arguments + ["--lang", language]), is: "history-\(name)-\(language).txt")
            }
            let json = try print(arguments + ["--json"])
            try Golden.expect(json, is: "history-\(name).json")
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(json.utf8)) }
        }
    }

    @Test("on a terminal columns are padded, and the line of marks fits")
    func terminal() throws {
        try withHistory {
            let screen = Screen(isAligned: true, hasColor: false, width: 80, lineLimit: 80)
            let text = try print(["states", "--from", "2h", "--lang", "en"], screen: screen)
            try Golden.expect(text, is: "history-states-terminal-en.txt")
            for line in text.split(separator: "\n") { #expect(DisplayWidth.of(String(line)) <= 80) }
        }
    }

    @Test("counts are narrowed by state in any spelling, process, place and namespace")
    func narrowed() throws {
        try withHistory {
            for (arguments, expected) in [
                (["--state", "close-wait"], ["CLOSE_WAIT"]),
                (["--state", "CLOSE_WAIT", "--state", "established"], ["CLOSE_WAIT", "ESTABLISHED"]),
                (["--process", "app"], ["CLOSE_WAIT"]), (["--process", "99"], ["ESTABLISHED"]),
                (["--through", ":5432"], ["ESTABLISHED"]), (["--netns", "7"], []),
            ] as [([String], [String])] {
                let lines = try print(["states"] + arguments).split(separator: "\n").dropFirst(2)
                #expect(
                    lines.compactMap { $0.split(separator: "\t").first.map(String.init) } == expected, "\(arguments)")
            }
        }
    }

    @Test(
        "a question that cannot be asked is refused with what to do",
        arguments: [
            (["states", "--from", "yesterday"], "--from cannot be yesterday"),
            (["states", "--from", "1h", "--to", "2h"], "is later than --to"),
            (["states", "--state", "clos-wait"], "did you mean close_wait?"), (["states", "--limit", "-1"], "--limit"),
            (["connection", "xyz"], "names no connection"), (["connection", "a:1", "b:2", "c:3"], "two ends"),
            (["leaks", "--limit", "0"], "--limit"),
        ])
    func refused(arguments: [String], text: String) throws {
        try withHistory {
            do {
                _ = try print(arguments + ["--lang", "en"])
                Issue.record("\(arguments) was answered")
            } catch let failure as Failure {
                #expect(failure.message.contains(text), "\(failure.message)")
                #expect(failure.status == .usage)
            }
        }
    }

    @Test("a history that is not there, empty, or another's is told apart, in both languages", arguments: ["en", "zh"])
    func noHistory(language: String) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func message() throws -> String {
            do {
                _ = try print(["states", "--lang", language])
            } catch let failure as Failure {
                #expect(failure.status == .usage)
                return failure.message
            }
            return ""
        }
        let missing = try message()
        #expect(missing.contains(path))
        #expect(missing.contains("linger serve"))
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let empty = try message()
        #expect(empty.contains(path))
        try String(repeating: "text ", count: 100).write(toFile: path, atomically: false, encoding: .utf8)
        let other = try message()
        #expect(other.contains("--db"))
        #expect(Set([missing, empty, other]).count == 3)
    }

    @Test(
        "times are understood as people write them",
        arguments: [
            ("now", 0), ("90s", -90), ("15m", -900), ("2h", -7200), ("2h ago", -7200), ("3D", -259_200),
            ("1w ago", -604_800), ("11:59", -60), ("11:59:30", -30), ("12:00", 0), ("12:01", -86_340),
            ("2026-03-01", -43_200), ("2026-02-28 12:00", -86_400), ("2026-03-01T11:00:05", -3595),
            ("2026-03-01T11:00:00Z", -3600), ("2026-02-30", nil), ("2026-03-01 25:00", nil), ("", nil), ("2x", nil),
            ("-2h", nil), ("2h later", nil), ("99999999999999999w", nil), ("12:60", nil), ("2026-03", nil),
        ] as [(String, Int64?)])
    func times(text: String, offset: Int64?) {
        let times = HistoryTimes(now: Self.now, isUTC: true)
        #expect(times.time(text) == offset.map { Self.now + $0 * 1_000_000 })
    }

    @Test("a date and its seconds are the same, in every zone that the machine has", arguments: [true, false])
    func civil(utc: Bool) {
        for seconds in stride(from: Int64(0), to: 4_000_000_000, by: 86_400 * 97 + 12_345) {
            let time = CivilTime(seconds, utc: utc)
            // An hour that comes twice in autumn has one of two answers.
            let again = time.seconds(utc: utc)
            #expect(again == seconds || again.map { abs($0 - seconds) } == 3600)
        }
    }

    @Test("a mark tells nothing known from none, and none from one")
    func sparkline() {
        #expect(Sparkline.text([nil, 0, 1, 50, 100]) == " ▁▂▅█")
        #expect(Sparkline.text([0, 0]) == "▁▁")
        #expect(Sparkline.text([]) == "")
    }
}
