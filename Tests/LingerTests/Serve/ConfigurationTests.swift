import Diagnosis
import Foundation
import History
import Kernel
import Logging
import Sockets
import TCP
import Testing

@testable import Commands

@Suite struct ConfigurationTests {
    private func parse(_ text: String) -> (ServeConfiguration?, [FileMistake]) {
        ConfigurationFile.parse(text, Messages(language: .en))
    }

    @Test("without a word everything is as it goes without saying", arguments: ["", "{}", "# nothing\n", "watch:\n"])
    func empty(text: String) {
        let (configuration, mistakes) = parse(text)
        #expect(mistakes.isEmpty)
        #expect(configuration == ServeConfiguration())
    }

    @Test func `the file that is installed says what goes without saying`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "Systemd/linger.yaml"), encoding: .utf8)
        let (configuration, mistakes) = parse(text)
        #expect(mistakes == [])
        var expected = ServeConfiguration()
        expected.history.settings.maximumBytes = 500 << 20
        #expect(configuration == expected)
        for key in ConfigurationFile.sections { #expect(text.contains("\n\(key):"), "\(key)") }
    }

    @Test func `every key is read`() {
        let (configuration, mistakes) = parse(
            """
            watch: {namespaces: own, stacks: true, buffer: 1m}
            doctor:
              every: 90s
              thresholds: {close_wait: {leak_count: 7}, descriptors.share: 0.5}
            metrics: {listen: '[::1]:9100', programs: 3}
            history:
              path: /tmp/h.db
              maximum-size: 64m
              retention: {minutes: 1d, ten-minutes: 2d, hours: 3d, lives: 4d, findings: 5d, actions: 6d}
            socket: /tmp/l.sock
            log: {level: debug, format: json}
            """)
        #expect(mistakes == [])
        var expected = ServeConfiguration()
        expected.watch = ServeConfiguration.Watch(namespaces: .own, stacks: true, buffer: 1 << 20)
        expected.doctor.every = 90_000
        expected.doctor.thresholds.closeWaitLeakCount = 7
        expected.doctor.thresholds.descriptorsShare = 0.5
        expected.metrics = ServeConfiguration.Metrics(
            listen: Endpoint(address: IPAddress(v6High: 0, low: 1), port: 9100), programs: 3)
        expected.history.path = "/tmp/h.db"
        expected.history.settings.maximumBytes = 64 << 20
        expected.history.settings.retention.minutes = 86_400
        expected.history.settings.retention.tenMinutes = 2 * 86_400
        expected.history.settings.retention.hours = 3 * 86_400
        expected.history.settings.retention.lives = 4 * 86_400
        expected.history.settings.retention.findings = 5 * 86_400
        expected.history.settings.retention.actions = 6 * 86_400
        expected.socket = "/tmp/l.sock"
        expected.log = ServeConfiguration.Log(level: .debug, format: .json)
        #expect(configuration == expected)
    }

    @Test func `what is not wanted is off`() {
        let (configuration, mistakes) = parse("metrics: {listen: off}\nhistory: {path: off}\nsocket: off\n")
        #expect(mistakes == [])
        #expect(configuration?.metrics.listen == nil)
        #expect(configuration?.history.path == nil)
        #expect(configuration?.socket == nil)
    }

    @Test func `all mistakes are told at once, each with its line and what may have been meant`() {
        let (configuration, mistakes) = parse(
            """
            wach: {}
            watch:
              namespaces: /etc
              stacks: perhaps
              buffer: 3m
              bufer: 4m
            doctor:
              every: 0s
              thresholds:
                close_wait: {leak_cont: 5, leak_count: many}
            metrics:
              listen: localhost
              programs: 0
            history:
              path: history.db
              maximum-size: 1k
              retention: {weeks: 1d}
            log: {level: loud, format: xml}
            """)
        #expect(configuration == nil)
        #expect(mistakes.map(\.line) == [1, 3, 4, 5, 6, 8, 10, 10, 12, 13, 15, 16, 17, 18, 18])
        for (line, part) in [
            (1, "did you mean watch?"), (3, "names no network namespace"), (4, "true or false"), (5, "power of two"),
            (6, "did you mean buffer?"), (8, "90s"), (10, "did you mean close_wait.leak_count?"), (10, "number"),
            (12, "127.0.0.1:9911"), (13, "from 1 to 1000"), (15, "begins with /"), (16, "512k"),
            (17, "there is no key"),
            (18, "there is no level"), (18, "there is no format"),
        ] {
            #expect(mistakes.contains { $0.line == line && $0.what.contains(part) }, "\(line) \(part): \(mistakes)")
        }
    }

    @Test(
        "what is no mapping, or no YAML, is one mistake with its line",
        arguments: [("- a\n", 1, "mapping"), ("a: [\n", 2, "not YAML"), ("watch: 3\n", 1, "mapping")])
    func form(text: String, line: Int, reason: String) {
        let (configuration, mistakes) = parse(text)
        #expect(configuration == nil)
        #expect(mistakes.count == 1)
        #expect(mistakes.first?.line == line && mistakes.first?.what.contains(reason) == true, "\(mistakes)")
    }

    @Test(
        "an address to listen on is numeric and has a port",
        arguments: [
            ("127.0.0.1:1", true), ("[::1]:9911", true), ("0.0.0.0:0", true), ("::1:80", false), ("1.2.3.4", false),
            ("host:80", false), ("127.0.0.1:70000", false), (":80", false), ("[127.0.0.1:80", false), ("", false),
        ])
    func endpoints(text: String, isGood: Bool) {
        #expect((Endpoint(listening: text) != nil) == isGood)
    }

    @Test func `a reload says what waits for the next start`() {
        var new = ServeConfiguration()
        #expect(ServeConfiguration().needingRestart(new) == [])
        new.doctor.every = 5000
        new.log.level = .debug
        #expect(ServeConfiguration().needingRestart(new) == [])
        new.watch.stacks = true
        new.metrics.listen = nil
        #expect(ServeConfiguration().needingRestart(new) == ["watch", "metrics"])
    }
}
