import ArgumentParser
import Foundation
import Lab
import Testing

@testable import Commands

@Suite struct HelpTests {
    static let commands: [(name: String, type: any ParsableCommand.Type)] = [
        ("linger", Linger.self), ("list", ListCommand.self), ("doctor", DoctorCommand.self),
        ("explain", ExplainCommand.self), ("lab", LabCommand.self), ("lab hold", HoldCommand.self),
        ("lab show", ShowCommand.self), ("lab run", RunCommand.self), ("lab crowd", CrowdCommand.self),
        ("watch", WatchCommand.self), ("clear", ClearCommand.self), ("top", TopCommand.self),
        ("tune", TuneCommand.self), ("history", HistoryCommand.self),
        ("history states", HistoryStatesCommand.self), ("history leaks", HistoryLeaksCommand.self),
        ("history connection", HistoryConnectionCommand.self), ("history findings", HistoryFindingsCommand.self),
        ("history gaps", HistoryGapsCommand.self), ("history actions", HistoryActionsCommand.self),
        ("serve", ServeCommand.self), ("config", ConfigCommand.self), ("config check", ConfigCheckCommand.self),
    ]

    @Test("help texts are as kept", arguments: commands.indices)
    func help(index: Int) throws {
        let command = Self.commands[index]
        try Golden.expect(helpText(command.type) + "\n", is: "help-\(command.name.replacing(" ", with: "-")).txt")
    }

    @Test("no line of help is longer than 80", arguments: commands.indices)
    func width(index: Int) {
        for line in helpText(Self.commands[index].type).split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    }

    @Test("the man page names every option of every command", arguments: commands.indices)
    func manOptions(index: Int) throws {
        let page = try manPage()
        let options = self.options(in: helpText(Self.commands[index].type))
        #expect(options.contains("--help"))
        for option in options {
            // mdoc writes the first dash itself: `.Fl -limit`, `.Fl H`.
            #expect(page.contains("Fl \(option.dropFirst())"), "\(option)")
        }
    }

    @Test("the man page names every column, exit code and command")
    func manContents() throws {
        let page = try manPage()
        for column in Column.list {
            #expect(page.contains("Cm \(column.name)\n") || page.contains("Cm \(column.name) ,"), "\(column.name)")
        }
        for code in [
            ExitStatus.success, .findings, .usage, .notPermitted, .partlySeen, .incomplete, .nothingToClear,
        ] {
            #expect(page.contains(".It \(code.rawValue)\n"))
        }
        for command in Linger.configuration.subcommands {
            #expect(page.contains(".Ss \(try #require(command.configuration.commandName))\n"))
        }
    }

    @Test("help, man page and docs/lab.md name every scenario and every state that can be held")
    func lab() throws {
        let pages = [try manPage(), try document("docs/lab.md")]
        for (names, help) in [
            (Scenario.all.map(\.name), helpText(ShowCommand.self)),
            (HeldState.allCases.map(\.rawValue), helpText(HoldCommand.self)),
        ] {
            for name in names {
                #expect(help.contains(name), "\(name)")
                #expect(pages[1].contains("`\(name)`"), "\(name)")
            }
        }
        for scenario in Scenario.all { #expect(pages[0].contains(scenario.name), "\(scenario.name)") }
    }

    @Test("the document of the JSON names every key")
    func jsonKeys() throws {
        let page = try document("docs/list-json.md")
        for column in Column.list { #expect(page.contains("`\(column.key)`"), "\(column.key)") }
    }

    @Test("completion scripts name every command", arguments: [CompletionShell.bash, .zsh, .fish])
    func completions(shell: CompletionShell) {
        let script = Linger.completionScript(for: shell)
        for command in ["doctor", "list", "explain", "clear", "group-by", "close_wait_leak"] {
            #expect(script.contains(command), "\(command)")
        }
    }

    private func helpText(_ command: any ParsableCommand.Type) -> String {
        Linger.helpMessage(for: command, columns: 80)
    }

    /// `-o, --output <format>` at the start of a line of help names two.
    private func options(in help: String) -> [Substring] {
        help.split(separator: "\n").filter { $0.hasPrefix("  -") }.flatMap { line in
            line.split(whereSeparator: { $0 == " " || $0 == "," }).prefix { $0.hasPrefix("-") }
        }
    }

    private func manPage() throws -> String { try document("docs/linger.8") }

    private func document(_ path: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }
}
