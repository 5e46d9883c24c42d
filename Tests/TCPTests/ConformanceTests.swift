import Foundation
import TCP
import Testing

/// docs/rfc9293.md, and what it says about defaults.
@Suite struct ConformanceTests {
    private static let root = URL(filePath: #filePath).appending(path: "../../..").standardized

    /// Each row's numbers, and the names in its last column.
    static func rows() throws -> [(numbers: [Substring], names: [String])] {
        let page = try String(contentsOf: root.appending(path: "docs/rfc9293.md"), encoding: .utf8)
        return page.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
            guard cells.count == 5, let first = cells[1].split(whereSeparator: { " ,".contains($0) }).first,
                ["MUST", "SHLD", "MAY", "REC"].contains(first.prefix { $0 != "-" })
            else { return nil }
            let quoted = cells[3].split(separator: "`", omittingEmptySubsequences: false).enumerated()
            // Between backticks; one word is a name in the sources, no test.
            let names = quoted.filter { $0.offset % 2 == 1 && $0.element.contains(" ") }.map { String($0.element) }
            return (cells[1].split(whereSeparator: { " ,".contains($0) }), names)
        }
    }

    @Test func `every test that docs/rfc9293.md names is there`() throws {
        var sources = ""
        let folder = Self.root.appending(path: "Tests/TCPTests").resolvingSymlinksInPath()
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
            sources += try String(contentsOf: file, encoding: .utf8)
        }
        let named = try Self.rows().flatMap(\.names)
        #expect(named.count > 80)
        for name in Set(named) where !sources.contains("func `\(name)`") { Issue.record("no test `\(name)`") }
    }

    @Test func `docs/rfc9293.md has every number of appendix B once`() throws {
        let numbers = try Self.rows().flatMap(\.numbers).map(String.init)
        // All of them, by RFC 9293's own count: none was left out when it was numbered.
        let expected =
            (1...69).map { "MUST-\($0)" } + (1...31).map { "SHLD-\($0)" } + (1...18).map { "MAY-\($0)" } + ["REC-1"]
        #expect(numbers.sorted() == expected.sorted())
    }

    @Test(arguments: [(true, 180), (false, 100)])
    func `the default times are no shorter than the RFC asks for`(_ isSyn: Bool, _ seconds: Microseconds) {
        // MUST-23: three minutes for a SYN; SHLD-11: 100 seconds for data.
        var machine = ConnectionMachine(Configuration(.rfc))
        let start = Instant(microseconds: 0)
        _ = machine.openActively(initialSequence: SequenceNumber(1), at: start)
        if !isSyn {
            let answer = Segment(
                sequence: SequenceNumber(7), acknowledgment: SequenceNumber(2), control: [.syn, .ack], window: 1_000)
            _ = machine.arrive(answer, at: start)
            _ = machine.send(1, at: start)
        }
        var now = start
        var ending: Ending?
        while ending == nil, let deadline = machine.deadline {
            now = deadline
            ending = machine.expire(at: now).ending
        }
        #expect(ending == .timedOut)
        #expect(machine.state == .closed)
        #expect(now - start >= seconds * 1_000_000)
        let configuration = Configuration(.rfc)
        #expect(!configuration.keepsAlive)  // MUST-25
        #expect(configuration.keepAliveIdle >= 7_200_000_000)  // MUST-28
        #expect(configuration.softRetries >= 3)  // SHLD-10
        #expect(configuration.acknowledgmentDelay < 500_000)  // MUST-40
        #expect(configuration.timeWait == 240_000_000)  // MUST-13, MSL two minutes
    }
}
