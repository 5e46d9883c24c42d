import Foundation
import Testing

/// `linger top` in a real terminal, on real piles.
@Suite struct TopTests {
    @Test("the culprit stands first; in to its connections and their details, the explanation, a filter, and out again")
    func tour() throws {
        try Pile.with("close-wait", count: 60) { pile in
            let terminal = try Terminal()
            let settings = try settings(terminal)
            let culprit = try #require(pile.ready.finding?.pids.first)
            let name = try #require(pile.ready.processes.first { $0.pid == culprit }?.name)
            let before = try start(terminal, pile)
            let screen = try terminal.wait { $0.contains("\(name) \(culprit)") }
            let rows = screen.split(separator: "\n", omittingEmptySubsequences: false)
            let titles = try #require(rows.firstIndex { $0.hasPrefix("PROCESS ") })
            #expect(rows[titles + 1].hasPrefix("\(name) \(culprit)"), "\(screen)")
            #expect(rows[titles + 1].contains(" 60 "), "\(screen)")
            // Ten seconds make it a leak: the doctor says so without being asked.
            try terminal.wait { $0.contains("WARNING") && $0.contains("60 connections in CLOSE_WAIT") }

            try terminal.press("Enter")
            try terminal.wait { $0.contains("60 connections") && $0.contains("RECV-Q") }
            try terminal.press("j", "Enter")
            try terminal.wait { $0.contains("HOLDERS") && $0.contains("\(name) \(culprit)/") }
            try terminal.press("q", "q")
            try terminal.wait { $0.contains("By process") }
            try terminal.press("e")
            try terminal.wait { $0.contains("linger explain close_wait_leak") }
            try terminal.press("q", "c")
            try terminal.wait { $0.contains("linger clear 'state close-wait pid = \(culprit)'") }
            try terminal.press("q")

            try terminal.resize(columns: 132, rows: 40)
            try terminal.wait {
                $0.contains("ENDING") && $0.split(separator: "\n", omittingEmptySubsequences: false).count == 40
            }
            try terminal.resize(columns: 30, rows: 8)
            try terminal.wait { $0.contains("needs 40") }
            try terminal.resize(columns: 80, rows: 24)
            try terminal.wait { $0.contains("By process") }

            try terminal.type("/state clse-wait")
            try terminal.press("Enter")
            try terminal.wait { $0.contains("clse-wait") && $0.contains("is no state") }
            try terminal.press("C-u")
            try terminal.type("state last-ack")
            try terminal.press("Enter")
            try terminal.wait { $0.contains("filter: state last-ack") && $0.contains("no connection matches") }
            try terminal.press("q")
            try expectRestored(terminal, before, settings)
        }
    }

    @Test(
        "whatever ends it, the terminal is as it was",
        arguments: [SIGTERM, SIGINT, SIGHUP, SIGSEGV, SIGABRT])
    func signals(signal: Int32) throws {
        try Pile.with("close-wait", count: 5) { pile in
            let terminal = try Terminal()
            let settings = try settings(terminal)
            let before = try start(terminal, pile)
            try terminal.wait { $0.contains("By process") }
            kill(try terminal.process("linger").pid, signal)
            try expectRestored(terminal, before, settings)
        }
    }

    @Test("Ctrl-Z gives the terminal back, and fg takes it again; Ctrl-C ends it")
    func stopping() throws {
        try Pile.with("close-wait", count: 5) { pile in
            let terminal = try Terminal()
            let settings = try settings(terminal)
            let before = try start(terminal, pile)
            try terminal.wait { $0.contains("By process") }
            try terminal.press("C-z")
            try terminal.wait { $0.hasPrefix(before) && $0.hasSuffix("ready$") }
            #expect(try terminal.ask("alternate_on") == "0")
            try terminal.type("fg")
            try terminal.press("Enter")
            try terminal.wait { $0.contains("By process") && $0.contains("q quit") }
            #expect(try terminal.ask("alternate_on") == "1")
            try terminal.press("C-c")
            try expectRestored(terminal, before, settings)
        }
    }

    @Test("Ctrl-Z is heard while it draws")
    func stoppingAmidDrawing() throws {
        try Pile.with("close-wait", count: 5) { pile in
            let terminal = try Terminal()
            _ = try start(terminal, pile)
            try terminal.wait { $0.contains("By process") }
            let process = try terminal.process("linger")
            for round in useconds_t(0)..<25 {
                // It draws at a SIGCONT. What Ctrl-Z sends comes somewhat later: at another moment of the drawing each time.
                kill(process.pid, SIGCONT)
                usleep(round * 300)
                kill(process.pid, SIGTSTP)
                try terminal.wait { _ in process.isStopped }
                try terminal.wait { $0.hasSuffix("ready$") }
                try terminal.type("clear; fg")
                try terminal.press("Enter")
                try terminal.wait { $0.contains("By process") && $0.contains("q quit") }
            }
            try terminal.press("q")
            try terminal.wait { $0.hasSuffix("ready$") }
        }
    }

    @Test("a user without rights sees the connections, and is told that a part is not seen")
    func unprivileged() throws {
        try Pile.with("close-wait", count: 60) { pile in
            let folder = try TemporaryFolder()
            let copy = folder.path + "/linger"
            #expect(try Outcome(of: ["cp", Linger.executable, copy]).exit == .code(0))
            let terminal = try Terminal()
            try terminal.type(
                "nsenter --target \(pile.ready.netnsPid) --net setpriv --reuid=65534 --regid=65534 --clear-groups "
                    + "\(copy) top --netns own --lang en")
            try terminal.press("Enter")
            try terminal.wait {
                $0.contains("a part is not seen") && $0.contains("a look every 1 s") && $0.contains("not seen  ")
            }
            try terminal.press("2")
            try terminal.wait { $0.contains("By listener") && $0.contains(":6800") }
            try terminal.press("q")
            try terminal.wait { $0.hasSuffix("ready$") }
        }
    }

    @Test("without a terminal that it can draw on, it says so and ends with 2")
    func noTerminal() throws {
        let outcome = try Linger.run(["top", "--lang", "en"])
        #expect(outcome.exit == .code(2))
        #expect(outcome.errors.contains("is no terminal"))
        #expect(outcome.output.isEmpty)

        let terminal = try Terminal()
        for name in ["dumb", "no-such-terminal"] {
            try terminal.type("clear; TERM=\(name) \(Linger.executable) top --lang en; echo status $?")
            try terminal.press("Enter")
            try terminal.wait {
                $0.contains("the terminal \(name) is not known here or has no screen") && $0.contains("\nstatus 2\n")
            }
        }
    }

    /// Types the command line and starts it. Returns the screen from before.
    private func start(_ terminal: Terminal, _ pile: Pile) throws -> String {
        let command = "\(Linger.executable) top --netns pid:\(pile.ready.netnsPid) --lang en"
        try terminal.type(command)
        let joined = { (text: String) in text.split(separator: "\n").joined() }
        let before = try terminal.wait { joined($0).hasSuffix(command) }
        try terminal.press("Enter")
        return before
    }

    /// All that `stty` tells, on a screen of its own.
    private func settings(_ terminal: Terminal, _ mark: String = "at first") throws -> String {
        try terminal.type("clear; stty -a; echo \(mark)")
        try terminal.press("Enter")
        let screen = try terminal.wait { $0.contains("\n\(mark)\n") }
        return screen.components(separatedBy: mark)[0]
    }

    private func expectRestored(_ terminal: Terminal, _ before: String, _ settings: String) throws {
        let after = try terminal.wait { $0.hasPrefix(before) && $0.hasSuffix("ready$") }
        #expect(after != before)
        #expect(try terminal.ask("alternate_on") == "0")
        #expect(try terminal.ask("cursor_flag") == "1")
        #expect(try self.settings(terminal, "at last") == settings)
    }
}
