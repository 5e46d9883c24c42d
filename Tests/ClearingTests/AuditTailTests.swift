import Foundation
import Kernel
import Testing

@testable import Clearing
@testable import Commands

@Suite struct AuditTailTests {
    private func append(_ text: String, to path: String) throws {
        try AppendFile(path: path, rotateAt: .max, keep: 9).append(Array(text.utf8))
    }

    private func texts(_ lines: [[UInt8]]) -> [String] { lines.map { String(decoding: $0, as: UTF8.self) } }

    private func all(_ tail: inout AuditTail) throws -> [String] {
        var lines: [String] = []
        while case let some = texts(try tail.lines()), !some.isEmpty { lines += some }
        return lines
    }

    @Test("each line comes once, a line without its end when it has one")
    func growth() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/clear.jsonl"
        var tail = AuditTail(path: path)
        #expect(try all(&tail) == [], "there is no file yet")
        try append("one\ntwo\nthr", to: path)
        #expect(try all(&tail) == ["one", "two"])
        #expect(try all(&tail) == [])
        try append("ee\nfour\n", to: path)
        #expect(try all(&tail) == ["three", "four"])
    }

    @Test("after a restart it goes on where it was, over rotation too")
    func rotation() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/clear.jsonl"
        try append("1\n2\n", to: path)
        var tail = AuditTail(path: path)
        #expect(try all(&tail) == ["1", "2"])
        let position = tail.position
        // What came while nobody read: the rest of the first file, a whole second one, and a third.
        try append("3\n", to: path)
        for text in ["4\n5\n", "6\n"] {
            try AppendFile(path: path, rotateAt: 1, keep: 9).append(Array(text.utf8))
        }
        #expect(FileManager.default.fileExists(atPath: path + ".2"))
        var again = AuditTail(path: path, from: position)
        #expect(try all(&again) == ["3", "4", "5", "6"])
        try append("7\n", to: path)
        #expect(try all(&again) == ["7"])
    }

    @Test("a file that is gone is followed by the oldest that is there")
    func lost() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/clear.jsonl"
        for number in 1...5 {
            try AppendFile(path: path, rotateAt: 1, keep: 2).append(Array("\(number)\n".utf8))
        }
        var tail = AuditTail(path: path, from: .init(inode: 1, offset: 99))
        #expect(try all(&tail) == ["3", "4", "5"])
    }

    @Test("a file that was cut is read from its beginning")
    func cut() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/clear.jsonl"
        try append("a long line\nanother\n", to: path)
        var tail = AuditTail(path: path)
        #expect(try all(&tail).count == 2)
        truncate(path, 0)
        try append("new\n", to: path)
        #expect(try all(&tail) == ["new"])
    }

    @Test("lines come in pieces of bounded size, and one longer than that comes whole")
    func pieces() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/clear.jsonl"
        let long = String(repeating: "x", count: 100)
        try append("1\n2\n3\n\(long)\n4\n", to: path)
        var tail = AuditTail(path: path)
        #expect(texts(try tail.lines(upTo: 5)) == ["1", "2"])
        #expect(texts(try tail.lines(upTo: 5)) == ["3"])
        #expect(try all(&tail) == [long, "4"])
    }

    @Test("a line without an end is left behind with its file")
    func broken() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/clear.jsonl"
        try append("1\nhal", to: path)
        try AppendFile(path: path, rotateAt: 1, keep: 9).append(Array("2\n".utf8))
        var tail = AuditTail(path: path)
        #expect(try all(&tail) == ["1", "2"])
    }

    @Test("something else than a file in its place is none")
    func folder() throws {
        let folder = try TemporaryFolder()
        var tail = AuditTail(path: folder.path)
        #expect(try all(&tail) == [])
    }

    @Test("the fields of a line are read as they were written, those of before policies too")
    func fields() throws {
        let record = AuditRecord(
            arguments: ["linger", "clear \"x\""], sudoUser: nil, session: nil, source: "policy leak")
        let bytes = Array(record.note("tune", [("net.core.somaxconn", "128 → 4096")]).dropLast())
        let line = try #require(AuditLine(bytes))
        #expect(line.source == "policy leak" && line.record == "tune" && line.run == record.run && line.time > 0)
        #expect(line.json == String(decoding: bytes, as: UTF8.self))
        let old = try #require(AuditLine(Array(#"{"time_ms":7,"run":"7-1","record":"end","complete":true}"#.utf8)))
        #expect(old.time == 7 && old.run == "7-1" && old.source == "clear" && old.record == "end")
    }

    @Test(
        "what is no line of the record is none",
        arguments: [
            "", "{}", "nonsense", #"{"time_ms":x,"run":"1","record":"end"}"#, #"{"time_ms":1,"run":"1"}"#,
            #"{"time_ms":1,"run":"1","record":"end"#, #"{"time_ms":1,"run":"a\\"b","record":"end"}"#,
            #"{"time_ms":99999999999999999999,"run":"1","record":"end"}"#,
        ])
    func foreign(text: String) {
        #expect(AuditLine(Array(text.utf8)) == nil)
    }
}
