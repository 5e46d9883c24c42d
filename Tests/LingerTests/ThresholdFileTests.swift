import Diagnosis
import Sockets
import Testing

@testable import Commands

@Suite struct ThresholdFileTests {
    private func parse(_ text: String, _ language: Language = .en) throws -> Thresholds {
        try ThresholdFile(path: "linger.yaml", messages: Messages(language: language)).parse(text)
    }

    @Test(
        "thresholds are set by name or nested, and the rest stays",
        arguments: [
            "close_wait.leak_count: 5", "close_wait:\n  leak_count: 5", "close_wait: {leak_count: 5}",
            "{close_wait: {leak_count: 5.0}}", "# mine\n---\nclose_wait.leak_count: 5\n",
        ])
    func forms(text: String) throws {
        var wanted = Thresholds()
        wanted.closeWaitLeakCount = 5
        #expect(try parse(text) == wanted)
    }

    @Test("an empty file changes nothing", arguments: ["", "# nothing\n", "---\n", "~"])
    func empty(text: String) throws {
        #expect(try parse(text) == Thresholds())
    }

    @Test(
        "a mistake is told with its line",
        arguments: [
            ("close_wait.leak_count: 5\nclose_wait.leak_cuont: 6\n", 2, "did you mean close_wait.leak_count?"),
            ("close_wait:\n  leak_count: many\n", 2, "close_wait.leak_count needs a number"),
            ("close_wait: 5\n", 1, "there is no threshold close_wait"),
            ("ports:\n  share: 1.5\n", 2, "ports.share cannot be 1.5"),
            ("close_wait.leak_count: 5.5\n", 1, "give a whole number"),
            ("close_wait.leak_count: .nan\n", 1, "close_wait.leak_count cannot be"),
            ("close_wait.leak_count: -1\n", 1, "close_wait.leak_count cannot be"),
            ("close_wait.leak_count: 5\nclose_wait: {leak_count: 6}\n", 2, "close_wait.leak_count is set twice"),
            ("- 1\n- 2\n", 1, "expected thresholds by name"),
            ("\n\nclose_wait: {leak_count: {deep: 1}}\n", 3, "needs a number"),
            ("close_wait: [1\n", 2, "this is not YAML"),
            ("a: b: c\n", 1, "this is not YAML"),
            ("? [a]\n: 1\n", 1, "expected thresholds by name"),
        ])
    func mistakes(text: String, line: Int, reason: String) throws {
        let failure = #expect(throws: Failure.self) { try parse(text) }
        #expect(failure?.status == .usage)
        #expect(failure?.message.hasPrefix("linger.yaml:\(line): ") == true, "\(failure?.message ?? "")")
        #expect(failure?.message.contains(reason) == true, "\(failure?.message ?? "")")
    }

    @Test("mistakes are told in Chinese too")
    func chinese() throws {
        let failure = #expect(throws: Failure.self) { try parse("close_wait.leak_cuont: 6", .zh) }
        #expect(failure?.message == "linger.yaml:1: 没有名为 close_wait.leak_cuont 的阈值：是不是想写 close_wait.leak_count？")
    }

    @Test("what a terminal obeys does not come back out of a file's names")
    func hostile() throws {
        let failure = #expect(throws: Failure.self) { try parse("\"a\\e[2J\": 1") }
        #expect(failure?.message.unicodeScalars.contains("\u{1b}") == false)
    }

    @Test(
        "a file that cannot be read is named, with the reason",
        arguments: [
            ("/nonexistent/linger.yaml", "No such file or directory"), ("/", "Is a directory"),
            ("/dev/zero", "larger than 1 MiB"),
        ])
    func unreadable(path: String, reason: String) throws {
        let file = ThresholdFile(path: path, messages: Messages(language: .en))
        let failure = #expect(throws: Failure.self) { try file.read() }
        #expect(failure == Failure(.usage, "cannot read \(path): \(reason)"))
    }
}
