import Foundation
import Testing

@Suite("linger lab run")
struct LabRunTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    @Test(
        "the examples hold",
        arguments: try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "docs/lab").path).sorted())
    func example(name: String) throws {
        let outcome = try Linger.run(["lab", "run", Self.root.appending(path: "docs/lab/\(name)").path])
        #expect(outcome.exit == .code(0), "\(outcome)")
        #expect(!outcome.output.contains("NOT SO"), "\(outcome)")
    }

    @Test("an expectation that does not hold is told with its line, and by the exit code")
    func unmet() throws {
        let outcome = try run("steps:\n  - kernel: listen\n  - expect: {kernel: CLOSE_WAIT, within: 0.1}\n")
        #expect(outcome.exit == .code(1), "\(outcome)")
        #expect(
            outcome.output.contains("NOT SO: line 3: expected the kernel in CLOSE_WAIT; it is in LISTEN"), "\(outcome)")
    }

    @Test("a file that is wrong is told line by line, and nothing is played", arguments: [[], ["--check"]])
    func wrong(arguments: [String]) throws {
        let outcome = try run("steps:\n  - kernal: listen\n  - peer: conect\n", arguments)
        #expect(outcome.exit == .code(2), "\(outcome)")
        #expect(outcome.output.isEmpty)
        let lines = outcome.errors.split(separator: "\n")
        #expect(lines.count == 2, "\(outcome)")
        #expect(lines.first?.contains("scenario.yaml:2: there is no key 'kernal'; did you mean kernel?") == true)
        #expect(lines.last?.contains("scenario.yaml:3: there is no call 'conect'; did you mean connect?") == true)
    }

    @Test("a call that is not possible says what is missing")
    func impossible() throws {
        let outcome = try run("steps:\n  - kernel: close\n  - kernel: {send: 1}\n")
        #expect(outcome.exit == .code(2), "\(outcome)")
        #expect(outcome.errors.contains("connect or accept first"), "\(outcome)")
    }

    private func run(_ text: String, _ arguments: [String] = []) throws -> Outcome {
        let folder = try TemporaryFolder()
        let path = folder.path + "/scenario.yaml"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return try Linger.run(["lab", "run", path] + arguments)
    }
}
