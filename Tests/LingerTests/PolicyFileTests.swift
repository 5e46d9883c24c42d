import Clearing
import Foundation
import Sockets
import Testing

@testable import Commands

@Suite struct PolicyFileTests {
    private func parse(_ text: String, _ language: Language = .en) throws -> (
        policies: [Policy], mistakes: [FileMistake]
    ) {
        let node = try #require(try YAMLNode.compose(text))
        return PolicyFile.parse(node, language: language, resolver: .none)
    }

    @Test("a policy is read with all that can be said, and is in dry run unless the file says otherwise")
    func whole() throws {
        let (policies, mistakes) = try parse(
            """
            - name: leak
              match: state close-wait process = java
              for: 10m
              at-least: 50
              level: release
              per-minute: 100
              in-all: 5000
              quiet: [Mon-Fri 08:00-18:00, '22:00-06:00']
              dry-run: false
              dry-run-for: 3d
              comes-back: 5
              within: 12h
              note: ticket 812
            - {name: idle, match: 'state established idle > 1h dst 10.0.0.7', for: 90s, per-minute: 1, in-all: 10}
            """)
        #expect(mistakes == [])
        #expect(policies.map(\.name) == ["leak", "idle"])
        let policy = policies[0]
        #expect(policy.filter.text == "state close-wait process = java")
        #expect(policy.lasting == 600_000 && policy.least == 50 && policy.level == .release)
        #expect(policy.perMinute == 100 && policy.inAll == 5000 && policy.quiet.count == 2)
        #expect(!policy.isDryRun && policy.dryRunTime == 3 * 86_400_000)
        #expect(policy.comebacks == 5 && policy.comebackTime == 12 * 3_600_000 && policy.note == "ticket 812")
        let usual = policies[1]
        #expect(usual.isDryRun && usual.dryRunTime == 86_400_000 && usual.least == 1 && usual.level == nil)
        #expect(usual.comebacks == 3 && usual.comebackTime == 86_400_000)
    }

    @Test("nothing at all is no policy", arguments: ["~", "[]"])
    func nothing(text: String) throws {
        let (policies, mistakes) = try parse(text)
        #expect(policies.isEmpty && mistakes.isEmpty)
    }

    static let good = "name: x\n  match: state close-wait\n  for: 10m\n  per-minute: 5\n  in-all: 50"

    /// What is changed in a good policy, the line and the words of the mistake.
    static let wrong: [(String, String, Int, String)] = [
        ("name: x", "nmae: x", 1, "there is no key"), ("name: x", "name: 'a b'", 1, "a name has"),
        ("match: state close-wait", "match: state established", 2, "every connection"),
        ("match: state close-wait", "match: state clsoe-wait", 2, "close-wait"),
        ("match: state close-wait", "match: state listening sport = :80", 2, "listeners"),
        ("match: state close-wait", "match: [1]", 2, "a filter is a text"),
        ("for: 10m", "for: soon", 3, "a time from 1s to 30d"), ("for: 10m", "for: 0", 3, "a time from"),
        ("per-minute: 5", "per-minute: 0", 4, "a whole number"), ("in-all: 50", "in-all: -1", 5, "a whole number"),
        ("in-all: 50", "in-all: 50\n  level: close", 6, "too dangerous"),
        ("in-all: 50", "in-all: 50\n  level: relese", 6, "did you mean release?"),
        ("in-all: 50", "in-all: 50\n  quiet: [at night]", 6, "quiet hours look like this"),
        ("in-all: 50", "in-all: 50\n  dry-run: perhaps", 6, "true or false"),
        ("  in-all: 50", "", 1, "no 'in-all'"), ("  for: 10m\n", "", 1, "no 'for'"),
    ]

    @Test("a mistake is told with its line, and the policy is not handed on", arguments: wrong.indices)
    func mistake(row: Int) throws {
        let (part, other, line, words) = Self.wrong[row]
        let text = "- " + Self.good.replacing(part, with: other)
        let (policies, mistakes) = try parse(text)
        #expect(policies.isEmpty)
        #expect(mistakes.contains { $0.line == line && $0.what.contains(words) }, "\(mistakes)")
    }

    @Test("all mistakes of all policies are told at once, in the order of their lines")
    func many() throws {
        let (policies, mistakes) = try parse(
            """
            - name: one
              match: ''
              for: x
              per-minute: 0
              in-all: 1
            - nonsense
            - name: one
              match: state close-wait
              for: 1m
              per-minute: 1
              in-all: 1
            """)
        #expect(policies.isEmpty)
        #expect(mistakes.compactMap(\.line) == [2, 3, 4, 6, 7], "\(mistakes)")
    }

    @Test("something else than a list is a mistake", arguments: ["{a: 1}", "7", "leak"])
    func noList(text: String) throws {
        let (policies, mistakes) = try parse(text)
        #expect(policies.isEmpty && mistakes.count == 1)
    }

    @Test("the document of the policies names every key")
    func documented() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/policies.md"), encoding: .utf8)
        for key in PolicyFile.keys + WebhookFile.keys { #expect(page.contains("`\(key)`"), "\(key)") }
    }

    @Test("every change but of dry-run makes another policy")
    func fingerprints() throws {
        func print(_ change: (String, String)) throws -> String? {
            try parse("- " + (Self.good + "\n  dry-run: true").replacing(change.0, with: change.1)).policies.first?
                .fingerprint
        }
        let first = try #require(try print(("", "")))
        #expect(try print(("dry-run: true", "dry-run: false")) == first)
        for change in [
            ("name: x", "name: y"), ("close-wait", "close-wait pid = 7"), ("for: 10m", "for: 11m"), ("5", "6"),
            ("in-all: 50", "in-all: 51"), ("dry-run: true", "level: release"), ("dry-run: true", "note: again"),
            ("dry-run: true", "quiet: Sat"), ("dry-run: true", "at-least: 2"), ("dry-run: true", "comes-back: 2"),
        ] {
            #expect(try #require(try print(change)) != first, "\(change)")
        }
    }
}
