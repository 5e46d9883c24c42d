import ArgumentParser
import Sockets
import Testing

@testable import Commands

@Suite struct HabitsTests {
    @Test(
        "options that every command takes may stand before its name",
        arguments: [
            (["--lang", "zh", "doctor", "--brief"], ["doctor", "--lang", "zh", "--brief"]),
            (["--color=never", "--lang=zh", "list"], ["list", "--color=never", "--lang=zh"]),
            (["--lang", "zh", "explain", "listen"], ["explain", "--lang", "zh", "listen"]),
            (["--lang", "zh", "history", "leaks"], ["history", "leaks", "--lang", "zh"]),
            (["--lang", "zh", "history", "--utc"], ["history", "--lang", "zh", "--utc"]),
            (["list", "--lang", "zh"], ["list", "--lang", "zh"]), (["--version"], ["--version"]),
            (["--lang", "zh", "--help"], ["--help"]), (["--lang", "zh"], []), (["--lang"], []), ([], []),
        ])
    func commandFirst(arguments: [String], wanted: [String]) {
        #expect(Habits.commandFirst(arguments) == wanted)
    }

    @Test("a language before the command is the command's")
    func language() throws {
        let command = try Linger.parseAsRoot(Habits.commandFirst(["--lang", "zh", "list", "state", "close-wait"]))
        let list = try #require(command as? ListCommand)
        #expect(list.languageOptions.language == .zh)
        #expect(list.filter == ["state", "close-wait"])
    }

    @Test(
        "-o among flags is told that it needs a format",
        arguments: [
            (["list", "-tano"], "use -tan"), (["list", "-tanop"], "use -tanp"), (["list", "-H", "-to"], "use -t"),
            (["list", "-tano", "state", "close-wait"], "use -tan"), (["list", "-ojson"], "-o json"),
        ])
    func output(arguments: [String], hint: String) {
        #expect(throws: (any Error).self) { try Linger.parseAsRoot(arguments) }
        #expect(Habits.outputHint(arguments, Messages(language: .en))?.hasSuffix(hint) == true)
    }

    @Test(
        "other mistakes are not blamed on -o",
        arguments: [
            ["list", "--colour"], ["list", "-tanx"], ["list", "--", "-tano"], ["doctor", "-o"], ["-tano"], [],
        ])
    func others(arguments: [String]) {
        #expect(Habits.outputHint(arguments, Messages(language: .en)) == nil)
    }

    @Test("a sample that is negative or too long is refused", arguments: ["-1", "3601", "nan"], [true, false])
    func sample(value: String, isGlued: Bool) throws {
        let command = try DoctorCommand.parse(
            (isGlued ? ["--sample=\(value)"] : ["--sample", value]) + ["--lang", "en"])
        let failure = #expect(throws: Failure.self) { try command.run() }
        #expect(failure?.status == .usage)
        #expect(failure?.message.hasPrefix("--sample cannot be ") == true)
        #expect(failure?.message.contains("negative") == (value == "-1"))
    }
}
