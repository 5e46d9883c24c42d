import Foundation

/// A real terminal: a shell in a tmux server of its own, which ends with the value. Should the tests be killed, it ends
/// with its shell, after five minutes.
final class Terminal {
    private let folder: TemporaryFolder
    private var socket: String { folder.path + "/tmux" }

    init(columns: Int = 80, rows: Int = 24) throws {
        folder = try TemporaryFolder()
        try tmux([
            "-f", "/dev/null", "new-session", "-d", "-x", String(columns), "-y", String(rows),
            "ulimit -c 0; PS1='ready$ ' exec timeout --foreground -s KILL 300 sh -i",
        ])
        try wait { $0.contains("ready$") }
    }

    deinit { _ = try? tmux(["kill-server"]) }

    /// Keys as tmux names them (`Enter`, `C-z`, `j`); a text is typed as it is.
    func press(_ keys: String...) throws { try tmux(["send-keys"] + keys) }
    func type(_ text: String) throws { try tmux(["send-keys", "-l", text]) }

    func resize(columns: Int, rows: Int) throws {
        try tmux(["resize-window", "-x", String(columns), "-y", String(rows)])
    }

    /// What is seen, without blank lines at its end.
    func screen() throws -> String {
        var text = try tmux(["capture-pane", "-p"])
        while text.last == "\n" { text.removeLast() }
        return text
    }

    /// Something about the pane, as tmux calls it: `alternate_on`.
    func ask(_ variable: String) throws -> String {
        try tmux(["display-message", "-p", "#{\(variable)}"]).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The process of that name that the shell runs.
    func process(_ name: String) throws -> RunningProcess {
        let shell = Int32(try ask("pane_pid")) ?? 0
        for _ in 0..<500 {
            let found = RunningProcess.family(of: shell).first { process in
                (try? String(contentsOfFile: "/proc/\(process.pid)/comm", encoding: .utf8)) == name + "\n"
            }
            if let found { return found }
            usleep(10_000)
        }
        throw HarnessError("no process \(name) runs in the terminal:\n\(try screen())")
    }

    /// Returns the screen as soon as it is as it should be.
    @discardableResult
    func wait(until isThere: (String) throws -> Bool) throws -> String {
        var seen = ""
        for _ in 0..<600 {
            seen = try screen()
            if try isThere(seen) { return seen }
            usleep(50_000)
        }
        throw HarnessError("the screen is not as it should be:\n\(seen)")
    }

    @discardableResult
    private func tmux(_ arguments: [String]) throws -> String {
        // -u: UTF-8, whatever the locale of the tests is.
        let outcome = try Outcome(
            of: ["env", "LC_ALL=C.UTF-8", "SHELL=/bin/sh", "tmux", "-u", "-S", socket] + arguments)
        guard outcome.exit == .code(0) else { throw HarnessError("\(outcome)") }
        return outcome.output
    }
}
