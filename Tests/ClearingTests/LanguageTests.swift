import Foundation
import Testing

/// Servers in the languages that people run.
@Suite(.serialized) struct LanguageTests {
    static let programs: [(name: String, command: [String])] = [
        ("Python", ["python3", TargetProgram.folder + "/server.py", "7000"]),
        ("Node", ["node", TargetProgram.folder + "/server.js", "7000"]),
        ("Java", ["java", "-XX:TieredStopAtLevel=1", TargetProgram.folder + "/Server.java", "7000"]),
    ]

    @Test("servers in other languages go on serving", arguments: programs.indices, TargetTests.levels)
    func server(index: Int, level: String) throws {
        let (name, command) = Self.programs[index]
        let served = try Served(command)
        try served.leak(10)
        let (outcome, json) = try served.clear(["--by", level])
        #expect(outcome.exit == .code(0), "\(name): \(outcome)")
        #expect(json.results?.count == 10, "\(name)")
        let sign = level == "destroy" ? "reset" : "fin"
        #expect(try served.say("ends").contains("\"\(sign)\": 10"), "\(name)")
        #expect(try served.say("talk") == "talk", "\(name)")
        #expect(try served.say("ask hello") == "hello", "\(name)")
        #expect(try served.say("ask status").hasPrefix("failures 0 "), "\(name)")
    }
}
