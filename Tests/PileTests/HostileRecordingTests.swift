import Foundation
import Testing

@Suite("hostile recordings")
struct HostileRecordingTests {
    @Test("a start time that no clock reaches is no crash", arguments: Linger.Method.allCases)
    func startTime(by method: Linger.Method) throws {
        try withRecording(of: "close-wait", by: method) { recording, pile in
            let stats = try recording.files().filter { $0.hasSuffix("/stat") }
            #expect(!stats.isEmpty)
            for file in stats {
                let text = String(decoding: try recording.read(file), as: UTF8.self)
                let end = try #require(text.lastIndex(of: ")"))
                var fields = text[end...].split(separator: " ")
                fields[20] = "1844674407370955199"
                try recording.write(Data((text[..<end] + fields.joined(separator: " ")).utf8), to: file)
            }
            let report = try replay(recording).json(DoctorReport.self)
            #expect(report.findings.first?.kind == "close_wait_leak")
        }
    }

    @Test("a clock that goes through all numbers between two looks is no crash", arguments: Linger.Method.allCases)
    func clock(by method: Linger.Method) throws {
        try withRecording(of: "close-wait", by: method) { recording, pile in
            for (look, time) in [("look-1", "0"), ("look-2", String(UInt64.max))] {
                let facts = String(decoding: try recording.read("\(look)/host"), as: UTF8.self)
                let changed = facts.split(separator: "\n").map {
                    $0.hasPrefix("monotonic ") ? "monotonic \(time)" : String($0)
                }
                try recording.write(Data(changed.joined(separator: "\n").utf8), to: "\(look)/host")
            }
            let report = try replay(recording).json(DoctorReport.self)
            #expect(report.findings.first?.kind == "close_wait_leak")
        }
    }

    @Test("what is no regular file is not read", arguments: ["fifo", "zero"], Linger.Method.allCases)
    func special(_ kind: String, by method: Linger.Method) throws {
        try withRecording(of: "listeners", by: method) { recording, pile in
            let first = "look-1/netns/\(pile.ready.netnsInode)/"
            let dump = first + (method == .bpf ? "iter.tcp" : "sock_diag.inet.tcp")
            let server = try #require(pile.ready.pids["server"])
            for file in [
                "look-1/host", "look-2/host", "look-1/ways", "look-1/manifest", "look-1/proc/\(server)/stat", dump,
                first + "proc/net/sockstat",
            ] {
                let path = recording.path + "/" + file
                let bytes = try? recording.read(file)
                try? FileManager.default.removeItem(atPath: path)
                if kind == "fifo" {
                    #expect(mkfifo(path, 0o600) == 0, "\(file)")
                } else {
                    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/zero")
                }
                let outcome = try replay(recording)
                #expect([.code(2), .code(3), .code(4)].contains(outcome.exit), "\(file): \(outcome)")
                #expect(!outcome.errors.contains("Fatal error"), "\(file): \(outcome)")
                try FileManager.default.removeItem(atPath: path)
                if let bytes { try recording.write(bytes, to: file) }
            }
        }
    }

    /// 20,000 sockets times 20,000 descriptors would be 400 million holders.
    @Test("sockets and descriptors that all say they are the same are bounded")
    func sameCookie() throws {
        try withRecording(of: "listeners", by: .bpf) { recording, pile in
            let sockets = "look-1/netns/\(pile.ready.netnsInode)/iter.tcp"
            let descriptors = "look-1/iter.task_file"
            // Records of 184 and 24 bytes (Probes/records.h), the cookie first.
            let socket = try recording.read(sockets).prefix(184)
            let all = try recording.read(descriptors)
            let descriptor = try #require(
                stride(from: 0, to: all.count - 23, by: 24).map { all[$0..<($0 + 24)] }
                    .first { $0.prefix(8).elementsEqual(socket.prefix(8)) })
            try recording.write(repeating(socket), to: sockets)
            try recording.write(repeating(descriptor), to: descriptors)
            try? FileManager.default.removeItem(atPath: recording.path + "/look-2")
            let outcome = try replay(recording)
            #expect([.code(0), .code(1), .code(4)].contains(outcome.exit), "\(outcome)")
            _ = try outcome.json(DoctorReport.self)
        }
    }

    private func repeating(_ record: Data) -> Data {
        Data((0..<20_000).flatMap { _ in record })
    }

    /// The body gets two looks of doctor without the sizes of their files.
    private func withRecording(of name: String, by method: Linger.Method, _ body: (Recording, Pile) throws -> Void)
        throws
    {
        try Pile.with(name) { pile in
            let folder = try TemporaryFolder()
            let recorded = try Linger.run(
                "doctor", ["--json", "--sample", "0.1", "--record", folder.path], in: pile, by: method)
            #expect(recorded.exit != .code(2) && recorded.exit != .code(3), "\(recorded)")
            for look in ["look-1", "look-2"] {
                try FileManager.default.removeItem(atPath: "\(folder.path)/\(look)/manifest")
            }
            try body(Recording(path: folder.path), pile)
        }
    }

    /// One that hangs, or eats all memory, is ended: then the exit code is another.
    private func replay(_ recording: Recording) throws -> Outcome {
        let folder = try TemporaryFolder()
        let config = folder.path + "/thresholds.yaml"
        try "close_wait:\n  leak_seconds: 0\n".write(toFile: config, atomically: false, encoding: .utf8)
        return try Outcome(of: [
            "timeout", "120", "prlimit", "--as=8589934592", Linger.executable, "doctor", "--json", "--config", config,
            "--replay", recording.path,
        ])
    }
}
