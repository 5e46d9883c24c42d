import Diagnosis
import Foundation
import Glibc
import Kernel
import Sockets
import Testing

@testable import Clearing
@testable import Commands

/// What `linger tune --json` prints, as far as tests read it.
struct TuneOutput: Decodable {
    struct Change: Decodable, Equatable {
        var name, before, after: String
        var lasts: Bool
    }
    struct Left: Decodable { var name, reason: String }

    var applied: Bool
    var changes: [Change]
    var leftAlone: [Left]
    var fileText: String?
    var undoRecord: String?

    enum CodingKeys: String, CodingKey {
        case applied, changes
        case leftAlone = "left_alone"
        case fileText = "file_text"
        case undoRecord = "undo_record"
    }
}

/// What `linger clear --undo --json` prints.
struct UndoOutput: Decodable {
    struct Result: Decodable { var subject, end: String }
    var results: [Result]

    var ends: [String: String] { Dictionary(results.map { ($0.subject, $0.end) }) { $1 } }
}

/// On settings of network namespaces that the tests made; the host's own are never written.
@Suite(.serialized) struct TuneTests {
    static let keepalive = "net.ipv4.tcp_keepalive_time"

    /// A pile of idle connections without keepalive, and a folder for everything that is written.
    private struct Place {
        let pile: Pile
        let folder: String

        var file: String { folder + "/90-linger.conf" }
        var kept: String { folder + "/undo" }

        var arguments: [String] { ["--kept", kept, "--audit", folder + "/audit", "--json"] }

        func value(_ name: String = TuneTests.keepalive) throws -> String {
            try pile.run(["cat", path(name)]).output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }

        func set(_ value: String, _ name: String = TuneTests.keepalive) throws {
            let outcome = try pile.run(["sh", "-c", "echo '\(value)' > \(path(name))"])
            #expect(outcome.exit == .code(0), "\(outcome)")
        }

        private func path(_ name: String) -> String { "/proc/sys/" + name.replacing(".", with: "/") }

        func tune(_ more: [String] = [], behind wall: [String] = []) throws -> Outcome {
            try pile.run(
                wall + [Linger.executable, "tune", "--netns", "own", "--config", folder + "/config", "--file", file]
                    + arguments + more)
        }

        func undo() throws -> (outcome: Outcome, ends: [String: String]) {
            let outcome = try pile.run([Linger.executable, "clear", "--undo"] + arguments)
            return (outcome, outcome.output.isEmpty ? [:] : try outcome.json(UndoOutput.self).ends)
        }

        var text: String? { try? String(contentsOfFile: file, encoding: .utf8) }
        var records: [String] { (try? FileManager.default.contentsOfDirectory(atPath: kept)) ?? [] }

        /// Nothing is changed, and nothing is left behind.
        func expectUntouched() throws {
            #expect(try value() == "7200")
            #expect(text == nil)
            #expect(records.isEmpty)
        }
    }

    private func withIdlePile(_ body: (Place) throws -> Void) throws {
        let folder = try TemporaryFolder()
        chmod(folder.path, 0o777)
        try "idle: {seconds: 0.1}\n".write(toFile: folder.path + "/config", atomically: true, encoding: .utf8)
        try Pile.with("idle") { try body(Place(pile: $0, folder: folder.path)) }
        withExtendedLifetime(folder) {}
    }

    @Test("without --apply the settings are proposed, and nothing is changed")
    func proposed() throws {
        try withIdlePile { place in
            let outcome = try place.tune()
            #expect(outcome.exit == .code(0), "\(outcome)")
            let output = try outcome.json(TuneOutput.self)
            #expect(!output.applied && output.undoRecord == nil)
            #expect(output.changes == [.init(name: Self.keepalive, before: "7200", after: "600", lasts: true)])
            #expect(output.fileText?.contains("\n\(Self.keepalive) = 600\n") == true)
            try place.expectUntouched()
        }
    }

    @Test("--apply writes value and file, with the old ones kept; --undo puts back both, and is over then")
    func applied() throws {
        try withIdlePile { place in
            let outcome = try place.tune(["--apply"])
            #expect(outcome.exit == .code(0), "\(outcome)")
            #expect(try place.value() == "600")
            #expect(place.text?.contains("\n\(Self.keepalive) = 600\n") == true)
            #expect(place.records.count == 1)
            let record = try String(contentsOfFile: place.kept + "/" + (place.records.first ?? ""), encoding: .utf8)
            #expect(record.contains(#""netns_cookie":"#) && !record.contains(#""netns_cookie":null"#), "\(record)")
            let audit = try String(contentsOfFile: place.folder + "/audit", encoding: .utf8)
            #expect(audit.contains(#""record":"tune""#) && audit.contains("7200 → 600"))
            // Nothing is asked for any more.
            #expect(try place.tune(["--apply"]).exit == .code(6))
            #expect(place.records.count == 1)

            let (undone, ends) = try place.undo()
            #expect(undone.exit == .code(0), "\(undone)")
            #expect(ends == [Self.keepalive: "restored", place.file: "restored"])
            try place.expectUntouched()
            #expect(try place.undo().outcome.exit == .code(6))
        }
    }

    @Test("what stands in the file stays in it, and is there again after --undo")
    func existingFile() throws {
        try withIdlePile { place in
            let old = "# mine\nvm.swappiness = 10\n-net/ipv4/tcp_keepalive_time=1800\n\nkernel.panic=5"
            try old.write(toFile: place.file, atomically: true, encoding: .utf8)
            #expect(try place.tune(["--apply"]).exit == .code(0))
            #expect(place.text == "# mine\nvm.swappiness = 10\n\(Self.keepalive) = 600\n\nkernel.panic=5\n")
            #expect(try place.undo().outcome.exit == .code(0))
            #expect(place.text == old)
        }
    }

    @Test("what somebody has changed since is theirs: --undo says so and leaves it")
    func changedSince() throws {
        try withIdlePile { place in
            #expect(try place.tune(["--apply"]).exit == .code(0))
            try place.set("300")
            try "mine\n".write(toFile: place.file, atomically: true, encoding: .utf8)
            let (undone, ends) = try place.undo()
            #expect(undone.exit == .code(5), "\(undone)")
            #expect(ends == [Self.keepalive: "changed_meanwhile", place.file: "changed_meanwhile"])
            #expect(try place.value() == "300")
            #expect(place.text == "mine\n")
        }
    }

    @Test("several applies are undone one by one, the last first")
    func stack() throws {
        try withIdlePile { place in
            #expect(try place.tune(["--apply"]).exit == .code(0))
            try place.set("5000")
            usleep(2000)
            #expect(try place.tune(["--apply"]).exit == .code(0))
            #expect(place.records.count == 2)
            #expect(try place.undo().ends[Self.keepalive] == "restored")
            #expect(try place.value() == "5000")
            #expect(try place.undo().ends[Self.keepalive] == "changed_meanwhile")
            #expect(try place.value() == "5000")
        }
    }

    @Test("without the privilege nothing is changed, and that is said")
    func unprivileged() throws {
        try withIdlePile { place in
            let outcome = try Linger.runUnprivileged(
                "tune", ["--config", place.folder + "/config", "--file", place.file, "--apply"] + place.arguments,
                in: place.pile)
            #expect(outcome.exit == .code(3), "\(outcome)")
            #expect(outcome.errors.contains("nothing was changed"), "\(outcome)")
            try place.expectUntouched()
        }
    }

    @Test("where /proc/sys is read-only nothing is changed, and that is said")
    func readOnly() throws {
        try withIdlePile { place in
            let wall = [
                "unshare", "--mount", "sh", "-c",
                "mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys && exec \"$@\"", "sh",
            ]
            let outcome = try place.tune(["--apply"], behind: wall)
            #expect(outcome.exit == .code(5), "\(outcome)")
            #expect(outcome.errors.contains("read-only"), "\(outcome)")
            try place.expectUntouched()
        }
    }

    @Test("where the old values cannot be kept nothing is changed", arguments: ["full", "no folder"])
    func notKept(why: String) throws {
        try withIdlePile { place in
            let mount = "mkdir -p \(place.kept) && mount -t tmpfs -o size=4k none \(place.kept)"
            let fill = "head -c 4096 /dev/zero > \(place.kept)/filler"
            let wall =
                why == "full" ? ["unshare", "--mount", "sh", "-c", "\(mount) && \(fill) && exec \"$@\"", "sh"] : []
            let more = why == "full" ? [] : ["--kept", "/proc/nothing/here"]
            let outcome = try place.tune(["--apply"] + more, behind: wall)
            #expect(outcome.exit == .code(2), "\(outcome)")
            #expect(outcome.errors.contains("old values cannot be kept"), "\(outcome)")
            try place.expectUntouched()
        }
    }

    @Test("where the file cannot be written the settings are put back", arguments: ["/proc/nothing/here", "link"])
    func noFile(path: String) throws {
        try withIdlePile { place in
            let link = place.folder + "/link"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/dev/null")
            let outcome = try place.tune(["--apply", "--file", path == "link" ? link : path])
            #expect(outcome.exit == .code(5), "\(outcome)")
            try place.expectUntouched()
        }
    }

    @Test(
        "a setting of another namespace is written there, and no file; when that has ended, there is nothing to put back"
    )
    func foreign() throws {
        let folder = try TemporaryFolder()
        try "idle: {seconds: 0.1}\n".write(toFile: folder.path + "/config", atomically: true, encoding: .utf8)
        let usual = ["--kept", folder.path + "/undo", "--without-audit", "--json"]
        let before = try String(contentsOfFile: "/proc/sys/net/ipv4/tcp_keepalive_time", encoding: .utf8)
        func undo() throws -> (Outcome, [String: String]) {
            let outcome = try Linger.run(["clear", "--undo"] + usual)
            return (outcome, try outcome.json(UndoOutput.self).ends)
        }
        func apply(_ pile: Pile) throws {
            let outcome = try Linger.run(
                ["tune", "--netns", "pid:\(pile.ready.netnsPid)", "--config", folder.path + "/config", "--apply"]
                    + ["--file", folder.path + "/file"] + usual)
            #expect(outcome.exit == .code(0), "\(outcome)")
            #expect(try outcome.json(TuneOutput.self).changes.allSatisfy { !$0.lasts })
            #expect(!FileManager.default.fileExists(atPath: folder.path + "/file"))
            #expect(try pile.run(["cat", "/proc/sys/net/ipv4/tcp_keepalive_time"]).output == "600\n")
        }
        try Pile.with("idle") { pile in
            try apply(pile)
            let (outcome, ends) = try undo()
            #expect(outcome.exit == .code(0) && ends == [Self.keepalive: "restored"], "\(outcome)")
            #expect(try pile.run(["cat", "/proc/sys/net/ipv4/tcp_keepalive_time"]).output == "7200\n")
            try apply(pile)
        }
        let (outcome, ends) = try undo()
        #expect(outcome.exit == .code(0) && ends == [Self.keepalive: "gone"], "\(outcome)")
        #expect(try String(contentsOfFile: "/proc/sys/net/ipv4/tcp_keepalive_time", encoding: .utf8) == before)
    }

    @Test("several settings of a finding are written together")
    func several() throws {
        let folder = try TemporaryFolder()
        try Pile.with("time-wait-ports") { pile in
            let usual = ["--kept", folder.path + "/undo", "--without-audit", "--json"]
            func value(_ name: String) throws -> String {
                try pile.run(["cat", "/proc/sys/net/ipv4/" + name]).output
                    .split(whereSeparator: \.isWhitespace).joined(separator: " ")
            }
            let names = ["tcp_tw_reuse", "ip_local_port_range"]
            let before = try names.map(value)
            let outcome = try Linger.run(
                "tune", ["--finding", "time_wait_ports", "--apply", "--file", folder.path + "/file"] + usual, in: pile)
            #expect(outcome.exit == .code(0), "\(outcome)")
            let changes = try outcome.json(TuneOutput.self).changes
            #expect(!changes.isEmpty)
            for change in changes {
                #expect(try value(String(change.name.dropFirst("net.ipv4.".count))) == change.after)
            }
            #expect(try value("tcp_tw_reuse") == "1")
            let undone = try pile.run([Linger.executable, "clear", "--undo"] + usual)
            #expect(undone.exit == .code(0), "\(undone)")
            #expect(try names.map(value) == before)
        }
    }

    @Test("a command line that makes no sense is refused")
    func usage() throws {
        for (arguments, part) in [
            (["tune", "--undo", "--apply"], "--undo goes alone"),
            (["clear", "--undo", "pid = 1"], "--undo goes alone"),
            (["tune", "--replay", "/tmp"], "--replay does not go"),
            (["tune", "--finding", "nothing_such"], "no finding"),
        ] {
            let outcome = try Outcome(of: ["unshare", "--net", Linger.executable] + arguments + ["--lang", "en"])
            #expect(outcome.exit == .code(2), "\(outcome)")
            #expect(outcome.errors.contains(part), "\(outcome)")
        }
    }

    @Test(
        "a record of old values that is damaged is refused, and stays", arguments: ["", "{", "[]", "{\"time_ms\":1}"])
    func damaged(text: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/1.json"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let outcome = try Linger.run(["clear", "--undo", "--kept", folder.path, "--without-audit", "--lang", "en"])
        #expect(outcome.exit == .code(2), "\(outcome)")
        #expect(outcome.errors.contains("no record of old values"), "\(outcome)")
        #expect(FileManager.default.fileExists(atPath: path))
    }
}
