import Foundation
import Logging
import Synchronization
import Testing

@testable import Commands

@Suite struct DaemonLogTests {
    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock(\.self) }
    }

    private func logger(
        _ format: ServeConfiguration.Log.Format, isJournal: Bool = false,
        level: DaemonLog.Level = DaemonLog.Level(.info)
    ) -> (Logger, Lines) {
        let lines = Lines()
        let logger = Logger(label: "linger") { _ in DaemonLog(format, level, isJournal: isJournal) { lines.add($0) } }
        return (logger, lines)
    }

    @Test func `a line for people has time, level, message and what belongs to it`() throws {
        let (logger, lines) = logger(.text)
        logger.warning("a look failed", metadata: ["reason": "no such file", "count": "3"])
        let line = try #require(lines.all.first)
        #expect(
            line.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ warning a look failed count=3 reason="no such file"/)
                != nil)
    }

    @Test func `the journal reads the level and adds the time itself`() {
        let (logger, lines) = logger(.text, isJournal: true)
        logger.error("x")
        logger.notice("y")
        #expect(lines.all == ["<3>x", "<5>y"])
    }

    @Test func `a line of JSON can be read, whatever a program calls itself`() throws {
        let (logger, lines) = logger(.json)
        logger.info("finding", metadata: ["process": "a\"b\u{1b}[2J\n"])
        let data = Data(try #require(lines.all.first).utf8)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object["level"] as? String == "info" && object["message"] as? String == "finding")
        #expect(object["process"] as? String == "a\"b\u{1b}[2J\n")
        #expect((object["time_us"] as? NSNumber)?.int64Value ?? 0 > 0)
    }

    @Test func `what a program calls itself cannot reach the terminal`() {
        let (logger, lines) = logger(.text)
        logger.info("x", metadata: ["process": "\u{1b}[2J"])
        #expect(lines.all.first?.contains("\u{1b}") == false)
    }

    @Test func `a reload changes the level of loggers that are there`() {
        let level = DaemonLog.Level(.info)
        var (logger, lines) = logger(.text, isJournal: true, level: level)
        logger.debug("a")
        level.set(.debug)
        logger.debug("b")
        logger.logLevel = .critical
        logger.error("c")
        #expect(lines.all == ["<7>b"])
    }
}
