import ArgumentParser
import Foundation
import Sockets
import TCP
import Testing

@testable import Commands

@Suite struct ListOutputTests {
    @Test(
        "outputs are as kept",
        arguments: [
            ("list-default-en.txt", ["--lang", "en"]),
            ("list-default-zh.txt", ["--lang", "zh"]),
            ("list-wide-en.txt", ["--lang", "en", "-o", "wide"]),
            ("list-all-columns-zh.txt", ["--lang", "zh", "-a", "--columns", "all"]),
            ("list.json", ["-o", "json"]),
            ("list.ndjson", ["-o", "ndjson", "-a"]),
            ("list.csv", ["-o", "csv", "-a"]),
            ("groups-process-en.txt", ["--lang", "en", "-a", "--group-by", "process"]),
            ("groups-process-zh.txt", ["--lang", "zh", "-a", "--group-by", "process"]),
            ("groups-process.json", ["-a", "--group-by", "process", "-o", "json"]),
            ("groups-process.csv", ["-a", "--group-by", "process", "-o", "csv"]),
            ("groups-remote.json", ["--group-by", "remote", "-o", "json"]),
            ("groups-state.csv", ["--group-by", "state", "-o", "csv"]),
        ])
    func golden(name: String, arguments: [String]) throws {
        try Golden.expect(try print(arguments), is: name)
    }

    @Test("on a terminal columns are padded and coloured", arguments: [("en", true), ("zh", true), ("en", false)])
    func terminal(language: String, hasColor: Bool) throws {
        let screen = Screen(isAligned: true, hasColor: hasColor, width: 80)
        try Golden.expect(
            try print(["--lang", language, "-a"], screen: screen),
            is: "list-terminal-\(language)\(hasColor ? "-color" : "").txt")
    }

    @Test("groups on a terminal are padded")
    func groupsOnTerminal() throws {
        let screen = Screen(isAligned: true, hasColor: false, width: 80)
        try Golden.expect(
            try print(["--lang", "en", "--group-by", "process"], screen: screen), is: "groups-terminal-en.txt")
    }

    @Test("every line of a padded table has its columns in the same cells")
    func alignment() throws {
        let screen = Screen(isAligned: true, hasColor: false, width: 80)
        let lines = try print(["--lang", "zh", "-a", "--columns", "holders,state"], screen: screen)
            .split(separator: "\n")
        let starts = try lines.map { line in
            let state = try #require(line.split(separator: " ").last)
            return DisplayWidth.of(String(line)) - DisplayWidth.of(String(state))
        }
        #expect(Set(starts).count == 1)
        #expect(lines.count == SampleHost.snapshot().connections.count + 1)
    }

    @Test("the namespace column is hidden when there is one namespace, and shown when asked for")
    func namespaceColumn() throws {
        var snapshot = SampleHost.snapshot()
        snapshot.namespaces.removeLast()
        #expect(try !print(["--lang", "en"], of: snapshot).contains("NETNS"))
        #expect(try print(["--lang", "en", "--columns", "netns"], of: snapshot).contains("NETNS"))
        #expect(try print(["--lang", "en"]).contains("NETNS"))
    }

    @Test("nothing that a terminal obeys comes out of a process's name", arguments: ListFormat.allCases)
    func hostileNames(format: ListFormat) throws {
        let text = try print(["-a", "-o", format.rawValue, "--lang", "en"])
        for scalar in text.unicodeScalars where scalar != "\n" && scalar != "\t" {
            #expect(scalar.properties.generalCategory != .control)
            #expect(scalar.properties.generalCategory != .format)
        }
        #expect(text.contains("4242"))
    }

    @Test("JSON says the very name, and null for what is not known")
    func json() throws {
        let text = try print(["-a", "-o", "json"])
        let document = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let connections = try #require(document["connections"] as? [[String: Any]])
        #expect(connections.count == 9)
        let hostile = try #require(connections.first { $0["cookie"] as? String == "4" })
        let holders = try #require(hostile["holders"] as? [[String: Any]])
        #expect(holders.first?["name"] as? String == SampleHost.hostile.command)
        #expect(hostile["command"] as? String == SampleHost.hostile.commandLine)
        #expect(hostile["rtt_us"] is NSNull)
        let unseen = try #require(connections.first { $0["cookie"] as? String == "8" })
        #expect(unseen["holders"] is NSNull)
        let orphan = try #require(connections.first { $0["cookie"] as? String == "6" })
        #expect((orphan["holders"] as? [Any])?.isEmpty == true)
        let queued = try #require(connections.first { $0["cookie"] as? String == "3" })
        let listener = try #require(queued["listener"] as? [String: Any])
        #expect(listener["local"] as? String == "0.0.0.0:80")
        #expect((document["gaps"] as? [[String: Any]])?.first?["kind"] as? String == "process_descriptors")
    }

    @Test("each line of ndjson is an object of its own, with the keys of every column")
    func ndjson() throws {
        let lines = try print(["-o", "ndjson"]).split(separator: "\n")
        #expect(lines.count == 8)
        for line in lines {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(Set(object.keys) == Set(Column.list.map(\.key)))
        }
    }

    @Test("a CSV line has as many fields as there are columns, hostile names or not")
    func csv() throws {
        let lines = try print(["-o", "csv", "-a"]).split(separator: "\n")
        #expect(lines.count == 10)
        for line in lines { #expect(fields(of: line) == Column.list.count) }
    }

    @Test("without header the first line is a connection", arguments: ["table", "csv"])
    func noHeader(format: String) throws {
        let with = try print(["-o", format, "--columns", "state"]).split(separator: "\n")
        let without = try print(["-o", format, "-H", "--columns", "state"]).split(separator: "\n")
        #expect(Array(with.dropFirst()) == without)
    }

    @Test("a limit leaves rows out and JSON says how many")
    func limit() throws {
        let text = try print(["--limit", "3", "-o", "json", "--columns", "cookie"])
        #expect(text.contains("\"left_out\":5"))
        #expect(text.contains("{\"cookie\":\"4\"}"))
        #expect(!text.contains("{\"cookie\":\"5\"}"))
    }

    @Test("a reader that goes away ends the writing")
    func readerGone() throws {
        var output = Output { _ in throw Output.ReaderGone() }
        output.buffer.append("text")
        var isGone = false
        do { try output.flush() } catch is Output.ReaderGone { isGone = true }
        #expect(isGone)
        #expect(output.buffer.count == 0)
    }

    private func print(
        _ arguments: [String], screen: Screen = .plain, of snapshot: Snapshot = SampleHost.snapshot()
    ) throws -> String {
        let command = try ListCommand.parse(arguments)
        let plan = try ListPlan(command, command.languageOptions.messages, resolver: .none)
        let printed = Printed()
        var output = Output { printed.bytes += $0 }
        _ = try plan.write(snapshot, screen: screen, to: &output)
        try output.flush()
        return printed.text
    }

    private func fields(of line: Substring) -> Int {
        var count = 1
        var isQuoted = false
        for character in line {
            if character == "\"" { isQuoted.toggle() } else if character == ",", !isQuoted { count += 1 }
        }
        return count
    }
}
