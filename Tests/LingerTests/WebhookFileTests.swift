import Foundation
import Sockets
import Testing
import Web

@testable import Commands

@Suite struct WebhookFileTests {
    private func parse(_ text: String) throws -> (targets: [WebhookTarget], mistakes: [FileMistake]) {
        WebhookFile.parse(try #require(try YAMLNode.compose(text)))
    }

    private func withSecret<Result>(_ secret: String, _ body: (String) throws -> Result) throws -> Result {
        let path = NSTemporaryDirectory() + "linger-secret-\(UUID().uuidString)"
        try secret.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try body(path)
    }

    @Test("a webhook is read with its secret from a file and the events that it wants")
    func whole() throws {
        try withSecret("0123456789abcdef0123\n") { path in
            let (targets, mistakes) = try parse(
                """
                - url: https://example.org/hook
                  secret-file: \(path)
                  events: [action, recovery]
                - url: http://127.0.0.1:8080
                """)
            #expect(mistakes == [])
            #expect(targets.map(\.url) == ["https://example.org/hook", "http://127.0.0.1:8080"])
            #expect(
                targets[0].secret == Array("0123456789abcdef0123".utf8) && targets[0].events == [.action, .recovery])
            #expect(targets[1].secret == nil && targets[1].events == Set(WebhookEvent.Kind.allCases))
        }
    }

    static let wrong: [(String, Int, String)] = [
        ("- url: ftp://example.org", 1, "http:// or https://"), ("- events: [action]", 1, "no 'url'"),
        ("- url: https://u:p@example.org", 1, "no password"),
        ("- url: http://x\n  events: [acton]", 2, "did you mean action?"),
        ("- url: http://x\n  secret: abc", 2, "there is no key"),
        ("- url: http://x\n  secret-file: 0123456789abcdef", 2, "path of a file"),
        ("- url: http://x\n  secret-file: /nonexistent/key", 2, "cannot be read"), ("- http://x", 1, "a mapping"),
        ("7", 1, "a list"),
    ]

    @Test("a mistake is told with its line", arguments: wrong.indices)
    func mistake(row: Int) throws {
        let (text, line, words) = Self.wrong[row]
        let (targets, mistakes) = try parse(text)
        #expect(targets.isEmpty)
        #expect(mistakes.contains { $0.line == line && $0.what.contains(words) }, "\(mistakes)")
    }

    @Test("a secret that is too short is refused, and not printed")
    func short() throws {
        try withSecret("hunter2\n") { path in
            let (targets, mistakes) = try parse("- {url: 'http://x', secret-file: \(path)}")
            #expect(targets.isEmpty && mistakes.count == 1)
            #expect(mistakes.allSatisfy { $0.what.contains("too short") && !$0.what.contains("hunter2") })
        }
    }
}
