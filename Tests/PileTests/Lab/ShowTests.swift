import Foundation
import Testing

/// The figures of `linger lab show`, drawn with this kernel, as they are kept under Golden/.
@Suite("linger lab show")
struct ShowTests {
    static let scenarios = [
        "handshake", "teardown", "half-close", "simultaneous-open", "simultaneous-close", "reset", "refused",
        "time-wait-reuse",
    ]
    /// Those in which the kernel sends again: how often depends on how quick the machine is.
    static let timed = ["lost-third-segment", "zero-window", "dead-peer", "keepalive"]

    @Test("states and segments are as in RFC 9293", arguments: scenarios)
    func figure(name: String) throws {
        let outcome = try Linger.run(["lab", "show", name])
        #expect(outcome.exit == .code(0), "\(outcome)")
        #expect(outcome.errors.isEmpty, "\(outcome)")
        try Golden.expect(outcome.output, is: "show-\(name).txt")
    }

    @Test("where time passes, each kind of line is as kept", arguments: timed)
    func timedFigure(name: String) throws {
        let outcome = try Linger.run(["lab", "show", name])
        #expect(outcome.exit == .code(0), "\(outcome)")
        var seen: Set<String> = []
        // Without number and time; what comes again is left out.
        let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let bare = line.replacing(#/^ *[0-9]+\.  /#, with: "      ").replacing(#/ +[0-9]+\.[0-9] s$/#, with: "")
            return String(bare)
        }.filter { $0.isEmpty || seen.insert($0).inserted }
        try Golden.expect(lines.joined(separator: "\n"), is: "show-\(name).txt")
    }

    @Test("the same over IPv6")
    func overIPv6() throws {
        func shape(_ arguments: [String]) throws -> String {
            let outcome = try Linger.run(["lab", "show", "teardown"] + arguments)
            #expect(outcome.exit == .code(0), "\(outcome)")
            return outcome.output.split(separator: "\n").filter { !$0.contains("peer ") || $0.contains("'") }
                .joined(separator: "\n")
        }
        #expect(try shape(["--ipv6"]) == shape([]))
    }

    @Test("--mermaid writes a sequence diagram of the same")
    func mermaid() throws {
        let outcome = try Linger.run(["lab", "show", "teardown", "--mermaid"])
        #expect(outcome.exit == .code(0), "\(outcome)")
        try Golden.expect(outcome.output, is: "show-teardown.mmd")
    }

    @Test("--pcap writes a capture: LINKTYPE_RAW, each packet once, times that go up")
    func capture() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/teardown.pcap"
        #expect(try Linger.run(["lab", "show", "teardown", "--pcap", path]).exit == .code(0))
        // As a reader that knows the format and nothing of us.
        let script = """
            import struct, sys
            data = open(sys.argv[1], "rb").read()
            magic, major, minor, _, _, snap, link = struct.unpack("<IHHiIII", data[:24])
            print(hex(magic), major, minor, link)
            at, last = 24, 0
            while at < len(data):
                seconds, micros, kept, length = struct.unpack("<IIII", data[at:at + 16])
                packet = data[at + 16:at + 16 + kept]
                assert kept == length == struct.unpack(">H", packet[2:4])[0], "length"
                assert seconds * 10**6 + micros >= last, "time"
                last = seconds * 10**6 + micros
                header = (packet[0] & 15) * 4
                print(packet[0] >> 4, packet[9], "%d.%d.%d.%d" % tuple(packet[12:16]), hex(packet[header + 13]))
                at += 16 + kept
            assert at == len(data), "end"
            """
        let read = try Outcome(of: ["python3", "-c", script, path])
        let (kernel, peer) = ("10.78.0.1", "10.78.0.2")
        #expect(
            read.output.split(separator: "\n") == [
                "0xa1b2c3d4 2 4 101", "4 6 \(peer) 0x2", "4 6 \(kernel) 0x12", "4 6 \(peer) 0x10", "4 6 \(kernel) 0x11",
                "4 6 \(peer) 0x10", "4 6 \(peer) 0x11", "4 6 \(kernel) 0x10",
            ], "\(read)")
    }

    @Test("what cannot be had is said, with what to do")
    func refused() throws {
        for (arguments, words) in [
            (["tear-down"], "did you mean teardown?"), (["x"], "there are handshake, teardown"),
            (["teardown", "--pcap", "/nonexistent/x"], "no capture can be written"),
        ] {
            let outcome = try Linger.run(["lab", "show"] + arguments)
            #expect(outcome.exit == .code(2), "\(outcome)")
            #expect(outcome.errors.contains(words), "\(outcome)")
        }
    }
}

/// Kept outputs. `LINGER_UPDATE_GOLDEN=1 swift test` writes them anew: read the difference before it is committed.
enum Golden {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Golden")

    static func expect(_ text: String, is name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let file = folder.appending(path: name)
        if ProcessInfo.processInfo.environment["LINGER_UPDATE_GOLDEN"] == "1" {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        let kept = try String(contentsOf: file, encoding: .utf8)
        #expect(text == kept, "Golden/\(name)", sourceLocation: sourceLocation)
    }
}
