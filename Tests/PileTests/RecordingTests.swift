import Foundation
import Testing

@Suite("recordings of the real kernel")
struct RecordingTests {
    @Test("a replayed list is the list that was recorded", arguments: Linger.Method.allCases)
    func list(by method: Linger.Method) throws {
        try Pile.with("every-state", count: 520) { pile in
            let folder = try TemporaryFolder()
            let recorded = try Linger.run(
                "list", ListRow.arguments + ["--record", folder.path], in: pile, by: method)
            #expect(recorded.exit == .code(0), "\(recorded)")
            #expect(try ListRow.rows(of: recorded).count > 500)
            let replayed = try Linger.run(["list"] + ListRow.arguments + ["--replay", folder.path])
            #expect(replayed.exit == .code(0), "\(replayed)")
            #expect(replayed.output == recorded.output)
        }
    }

    @Test("a replayed doctor finds what it found", arguments: Linger.Method.allCases)
    func doctor(by method: Linger.Method) throws {
        try Pile.with("close-wait") { pile in
            let folder = try TemporaryFolder()
            let arguments = ["--json", "--sample", "0", "--config", try config(in: folder)]
            let recorded = try Linger.run(
                "doctor", arguments + ["--record", folder.path + "/recording"], in: pile, by: method)
            #expect(recorded.exit == .code(1), "\(recorded)")
            let replayed = try Linger.run(["doctor"] + arguments + ["--replay", folder.path + "/recording"])
            #expect(replayed.exit == .code(1), "\(replayed)")
            #expect(
                try replayed.json(DoctorReport.self).findings.map(\.kind)
                    == recorded.json(DoctorReport.self).findings.map(\.kind))
        }
    }

    @Test("a recording that is cut anywhere is no crash and no invention", arguments: Linger.Method.allCases)
    func cut(by method: Linger.Method) throws {
        try withRecording(by: method) { recording, whole in
            for file in try recording.files() {
                let bytes = try recording.read(file)
                for length in Set([0, 1, bytes.count / 3, bytes.count / 2, bytes.count - 1])
                where length < bytes.count && length >= 0 {
                    try recording.write(Data(bytes.prefix(length)), to: file)
                    try expectSane(recording, whole: whole, "\(file) cut at \(length) of \(bytes.count)")
                }
                try recording.write(bytes, to: file)
            }
        }
    }

    @Test("a recording with flipped bytes is no crash", arguments: Linger.Method.allCases)
    func flipped(by method: Linger.Method) throws {
        try withRecording(by: method) { recording, whole in
            var random = SeededGenerator(seed: 793)
            let files = try recording.files().filter { try !recording.read($0).isEmpty }
            for round in 0..<100 {
                let file = try #require(files.randomElement(using: &random))
                let bytes = try recording.read(file)
                var changed = bytes
                for _ in 0..<Int.random(in: 1...8, using: &random) {
                    changed[Int.random(in: changed.indices, using: &random)] ^= UInt8.random(
                        in: 1...255, using: &random)
                }
                try recording.write(changed, to: file)
                try expectSane(recording, whole: nil, "\(file) in round \(round)")
                try recording.write(bytes, to: file)
            }
        }
    }

    @Test(
        "a folder that is no recording is named, with exit code 2",
        arguments: [nil, "", "not a recording\n"] as [String?])
    func noRecording(content: String?) throws {
        let folder = try TemporaryFolder()
        var path = folder.path
        if let content {
            if !content.isEmpty { try content.write(toFile: path + "/sockets", atomically: false, encoding: .utf8) }
        } else {
            path += "/missing"
        }
        let outcome = try Linger.run(["list", "--replay", path])
        #expect(outcome.exit == .code(2), "\(outcome)")
        #expect(outcome.errors.contains(path), "\(outcome)")
        #expect(outcome.output.isEmpty)
    }

    private func config(in folder: TemporaryFolder) throws -> String {
        let path = folder.path + "/thresholds.yaml"
        try "close_wait:\n  leak_seconds: 0\n".write(toFile: path, atomically: false, encoding: .utf8)
        return path
    }

    /// The body gets a recording of a few sockets in every state, and the cookies of the whole list.
    private func withRecording(by method: Linger.Method, _ body: (Recording, Set<String>) throws -> Void) throws {
        try Pile.with("every-state", count: 52) { pile in
            let folder = try TemporaryFolder()
            let recorded = try Linger.run("list", ListRow.arguments + ["--record", folder.path], in: pile, by: method)
            #expect(recorded.exit == .code(0), "\(recorded)")
            try body(Recording(path: folder.path), Set(ListRow.rows(of: recorded).compactMap(\.cookie)))
        }
    }

    /// It ended by itself; what it wrote is rows; and when something is missing it says so.
    private func expectSane(_ recording: Recording, whole: Set<String>?, _ what: String) throws {
        let outcome = try Linger.run(["list"] + ListRow.arguments + ["--replay", recording.path])
        #expect([.code(0), .code(2), .code(4)].contains(outcome.exit), "\(what): \(outcome)")
        let rows = try ListRow.rows(of: outcome)
        if outcome.exit != .code(0) { #expect(!outcome.errors.isEmpty, "\(what): \(outcome)") }
        guard let whole else { return }
        #expect(Set(rows.compactMap(\.cookie)).isSubset(of: whole), "\(what): rows that were not recorded")
        if rows.count < whole.count { #expect(outcome.exit != .code(0), "\(what): rows are missing, unsaid") }
    }
}

/// The files of a recording.
struct Recording {
    var path: String

    func files() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: path).sorted().filter { file in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: path + "/" + file, isDirectory: &isFolder)
                && !isFolder.boolValue
        }
    }

    func read(_ file: String) throws -> Data { try Data(contentsOf: URL(filePath: path + "/" + file)) }
    func write(_ data: Data, to file: String) throws { try data.write(to: URL(filePath: path + "/" + file)) }
}

/// SplitMix64: the same bytes in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
