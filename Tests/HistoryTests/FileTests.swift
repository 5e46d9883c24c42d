import Foundation
import TCP
import Testing

@testable import History

@Suite struct FileTests {
    let folder: Folder

    init() throws { folder = try Folder() }

    @Test("a history of every released schema is read, written on, and brought up to date", arguments: [1])
    func released(schema: Int) throws {
        try makeOld(schema)
        let writer = try Sample.writer(folder)
        writer.record(Sample.batch { $0.lives = [Sample.life(7)] })
        writer.close()

        let reader = try HistoryReader(path: folder.file)
        #expect(try reader.summary().schema == HistorySchema.newest)
        let lives = try reader.lives(LifeQuery(.all, span: Sample.always))
        #expect(Set(lives.map(\.cookie)) == [7, 4097, 4098])
        #expect(lives.first { $0.cookie == 4098 }?.stack.hasPrefix("handleRequest() server.py:2\n") == true)
        #expect(try reader.findings(Sample.always).map(\.sentence) == ["app1 holds 812"])
        #expect(try reader.gaps(Sample.always).map(\.count) == [12])
        #expect(try reader.actions(Sample.always).count == 1)
        let span = HistorySpan(from: 1_759_990_000_000_000, to: 1_760_000_100_000_000)
        let counts = try reader.counts(CountQuery(span: span, key: .program)).lines
        #expect(counts.first { $0.program == "app1" }?.most == 9)
        #expect(try Program.sqlite(folder.file, "PRAGMA integrity_check") == ["ok"])
    }

    @Test("a history of every released schema can be asked before it is brought up to date", arguments: [1])
    func releasedRead(schema: Int) throws {
        try makeOld(schema)
        #expect(try HistoryReader(path: folder.file).summary().lives == 2)
    }

    private func makeOld(_ schema: Int) throws {
        let text = try String(
            contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Schemas/\(schema).sql"),
            encoding: .utf8)
        let program = try Program([
            "python3", "-c",
            "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])", folder.file, text,
        ])
        program.finish()
    }

    @Test("what is no history of ours is refused and left alone, by those who write and those who read")
    func refused() throws {
        for (content, expected) in [
            (
                "This is a text, and longer than the header of a database: " + String(repeating: ".", count: 100),
                "no database"
            ),
            ("short", "no database"), ("PRAGMA user_version = 3", "foreign"),
            ("PRAGMA application_id = 1280198482; PRAGMA user_version = 99", "newer"),
            ("PRAGMA application_id = 7; PRAGMA user_version = 1", "foreign"),
        ] {
            let folder = try Folder()
            if content.hasPrefix("PRAGMA") {
                try Program([
                    "python3", "-c", "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])",
                    folder.file, content + "; CREATE TABLE t (a)",
                ]).finish()
            } else {
                try content.write(toFile: folder.file, atomically: false, encoding: .utf8)
            }
            let before = try contents(folder)
            let error: HistoryError =
                switch expected {
                case "foreign": .foreign(path: folder.file)
                case "newer": .newer(path: folder.file, schema: 99, known: HistorySchema.newest)
                default: .notADatabase(path: folder.file)
                }
            #expect(throws: error) { try Sample.writer(folder) }
            #expect(throws: error) { try HistoryReader(path: folder.file) }
            #expect(try contents(folder) == before, "\(content)")
        }
    }

    @Test("a newer schema is found in the log too, before it stands in the file")
    func newerInLog() throws {
        try Sample.writer(folder).close()
        let holder = try Program.holding(folder.file, ["PRAGMA wal_autocheckpoint = 0", "PRAGMA user_version = 99"])
        defer { holder.end() }
        #expect(throws: HistoryError.newer(path: folder.file, schema: 99, known: HistorySchema.newest)) {
            try Sample.writer(folder)
        }
        #expect(throws: HistoryError.newer(path: folder.file, schema: 99, known: HistorySchema.newest)) {
            try HistoryReader(path: folder.file)
        }
    }

    @Test("a missing file and an empty one are told apart, and an empty one is begun")
    func missing() throws {
        #expect(throws: HistoryError.missing(path: folder.file)) { try HistoryReader(path: folder.file) }
        try Data().write(to: URL(filePath: folder.file))
        #expect(throws: HistoryError.empty(path: folder.file)) { try HistoryReader(path: folder.file) }
        try Sample.writer(folder).close()
        #expect(try HistoryReader(path: folder.file).summary().isEmpty)
    }

    @Test("a file that cannot be looked at is not taken for a missing one, and the system says why")
    func unseen() throws {
        let path = folder.path + "/" + String(repeating: "x", count: 300)
        let error = HistoryError.failed(path: path, reason: "File name too long")
        #expect(throws: error) { try HistoryReader(path: path) }
        #expect(throws: error) { try HistoryFile(path: path).content() }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }

    @Test("a damaged file is refused with what to do, and left as it is")
    func damaged() throws {
        let clock = TestClock()
        let writer = try Sample.writer(folder, clock)
        writer.record(
            Sample.batch {
                $0.lives = (1...2000).map { Sample.life($0) }
                $0.minutes = (0..<100).map { Sample.minute($0, 1) }
            })
        writer.close()
        var bytes = try Data(contentsOf: URL(filePath: folder.file))
        // All but the first page, which has the header and the list of tables.
        for place in stride(from: 4096, to: bytes.count, by: 3) { bytes[place] ^= 0x5a }
        try bytes.write(to: URL(filePath: folder.file))

        do {
            let writer = try Sample.writer(folder, clock)
            writer.record(Sample.batch { $0.lives = [Sample.life(1)] })
            #expect(throws: HistoryError.self) { try writer.flush() }
            #expect(writer.status.state.isDamaged)
            #expect(writer.status.dropped == 1)
            // It goes on, for the one who calls.
            writer.record(Sample.batch { $0.lives = [Sample.life(2)] })
            #expect(throws: HistoryError.self) { try writer.flush() }
            writer.close()
        } catch {
            #expect(error.isDamaged, "\(error)")
            #expect(error.description.contains("move it away"))
        }
        #expect(try Data(contentsOf: URL(filePath: folder.file)) == bytes)
        do {
            _ = try HistoryReader(path: folder.file).lives(LifeQuery(.all, span: Sample.always))
            Issue.record("a damaged file was read")
        } catch {
            #expect(error.isDamaged, "\(error)")
        }
    }

    private func contents(_ folder: Folder) throws -> [String: Data] {
        var contents: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            contents[name] = try Data(contentsOf: URL(filePath: folder.path + "/" + name))
        }
        return contents
    }
}

extension HistoryError {
    fileprivate var isDamaged: Bool { if case .damaged = self { true } else { false } }
}

extension HistoryStatus.State {
    fileprivate var isDamaged: Bool { if case .damaged = self { true } else { false } }
}
