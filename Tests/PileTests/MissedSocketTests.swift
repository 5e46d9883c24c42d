import Foundation
import Testing

@Suite("sockets that the kernel's walk passed over")
struct MissedSocketTests {
    /// The kernel does it about once in two hundred looks under churn; a recording with the record cut out does it always.
    @Test("a held socket that the first walk missed comes from the second, with its holders")
    func secondWalk() throws {
        try Pile.with("close-wait") { pile in
            let folder = try TemporaryFolder()
            let recorded = try Linger.run("list", ListRow.arguments + ["--record", folder.path], in: pile, by: .bpf)
            let whole = try ListRow.rows(of: recorded)
            let recording = Recording(path: folder.path)
            let walk = try #require(try recording.files().first { $0.hasSuffix("/iter.tcp") })
            let bytes = try recording.read(walk)
            let record = try #require(Self.heldRecord(in: bytes))

            var cut = bytes
            cut.removeSubrange(record)
            try recording.write(cut, to: walk)
            try recording.write(bytes, to: walk + ".again")
            try resize(walk, in: recording, from: bytes.count, to: cut.count)

            let replayed = try Linger.run(["list"] + ListRow.arguments + ["--replay", folder.path])
            let rows = try ListRow.rows(of: replayed)
            #expect(replayed.exit == recorded.exit, "\(replayed)")
            #expect(Set(rows.compactMap(\.cookie)) == Set(whole.compactMap(\.cookie)))
            #expect(rows.count == whole.count)
            #expect(rows.count { $0.holders?.isEmpty == false } == whole.count { $0.holders?.isEmpty == false })
        }
    }

    /// Where the first record of a CLOSE_WAIT socket stands: the state is its byte 46, its size bytes 62 and 63
    /// (`Probes/records.h`).
    private static func heldRecord(in bytes: Data) -> Range<Int>? {
        var start = 0
        while start + 64 <= bytes.count {
            let size = Int(bytes[start + 62]) | Int(bytes[start + 63]) << 8
            if bytes[start + 46] == 8 { return start..<start + size }
            start += max(size, 1)
        }
        return nil
    }

    private func resize(_ file: String, in recording: Recording, from old: Int, to new: Int) throws {
        let key = file.split(separator: "/").dropFirst().joined(separator: "/")
        let manifest = try #require(try recording.files().first { $0.hasSuffix("/manifest") })
        let text = String(decoding: try recording.read(manifest), as: UTF8.self)
        #expect(text.contains("\(old) \(key)\n"))
        try recording.write(Data(text.replacing("\(old) \(key)\n", with: "\(new) \(key)\n").utf8), to: manifest)
    }
}
