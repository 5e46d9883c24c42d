import Testing

@testable import Commands

@Suite struct YAMLNodeTests {
    private func value(_ text: String) throws -> YAMLNode {
        try #require(try YAMLNode.compose("key: \(text)\n")?["key"])
    }

    @Test("a scalar is read as what is asked for")
    func scalars() throws {
        #expect(try value("5").int == 5)
        for text in ["\"5\"", "!!str 5", "010", "08", "-010", "1:30", "5 m"] {
            #expect(try value(text).int == nil, "\(text)")
        }
        #expect(try value("'2.5'").float == nil)
        #expect(try value("0").int == 0)
        #expect(try value("-1_000").int == -1000)
        #expect(try value("0x1f").int == 31)
        #expect(try value("five").int == nil)
        #expect(try value("99999999999999999999").int == nil)
        #expect(try value("2.5").float == 2.5)
        #expect(try value(".nan").float?.isNaN == true)
        #expect(try value("-.inf").float == -.infinity)
        for yes in ["true", "Yes", "on"] { #expect(try value(yes).bool == true) }
        for no in ["false", "No", "off"] { #expect(try value(no).bool == false) }
        for text in ["1", "\"no\"", "!!str no"] { #expect(try value(text).bool == nil, "\(text)") }
        #expect(try value("'a b'").string == "a b")
        #expect(try value("[a]").string == nil)
    }

    @Test("nothing is nothing only without quotes")
    func nothing() throws {
        for text in ["", "~", "null"] { #expect(try value(text).isNull) }
        for text in ["''", "'~'", "\"null\"", "0", "{}", "[]"] { #expect(try !value(text).isNull) }
    }

    @Test("lines are those of the file, keys in its order")
    func lines() throws {
        let root = try #require(try YAMLNode.compose("# one\nb: 1\na:\n  - x\n  - {y: 2}\n"))
        #expect(root.line == 2)
        #expect(root.mapping?.map(\.key.string) == ["b", "a"])
        #expect(root["a"]?.line == 4)
        #expect(root["a"]?.sequence?.map(\.line) == [4, 5])
        #expect(root["a"]?.sequence?.last?["y"]?.int == 2)
    }

    @Test("an alias is what it stands for, the last that had its name")
    func alias() throws {
        let twice = try #require(try YAMLNode.compose("- &x 1\n- *x\n- &x 2\n- *x\n"))
        #expect(twice.sequence?.map(\.int) == [1, 1, 2, 2])
        #expect(twice.sequence?.map(\.line) == [1, 2, 3, 4])
        let root = try #require(try YAMLNode.compose("a: &one {n: 1}\nb: *one\n"))
        #expect(root["b"]?["n"]?.int == 1)
    }

    @Test(
        "what is no YAML, or none that is taken, is told with its line",
        arguments: [
            ("a: [1\n", 2, "did not find"), ("a: b: c\n", 1, "not allowed"), ("a: *nobody\n", 1, "undefined alias"),
            ("a: 1\n---\nb: 2\n", 2, "second document"), ("a: &x [*x]\n", 1, "undefined alias"),
            ("\ta: 1\n", 1, "cannot start any token"),
        ])
    func syntax(text: String, line: Int, problem: String) throws {
        let error = #expect(throws: YAMLError.self) { try YAMLNode.compose(text) }
        guard case .syntax(let found, let what) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(found == line && what.contains(problem), "\(what)")
    }

    @Test("a key that stands twice is named with the line where it comes again")
    func twice() throws {
        #expect(throws: YAMLError.duplicateKeys(line: 4, ["b", "c"])) {
            try YAMLNode.compose("a:\n  b: 1\n  c: 2\n  c: 3\n  b: 4\n")
        }
    }

    @Test("what is too deep or too large ends early, a few lines that stand for millions of values too")
    func large() throws {
        var laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<9 {
            let values = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            laughs += "a\(level): &a\(level) [\(values)]\n"
        }
        let deep = String(repeating: "[", count: 1 << 20)
        let many = String(repeating: "- x\n", count: 1 << 18)
        let anchors = (0..<50_000).map { "- &a\($0) x\n- *a\($0)\n" }.joined()
        for text in [laughs, deep, many, anchors, String(repeating: "- ", count: 1 << 19)] {
            let error = #expect(throws: YAMLError.self) { try YAMLNode.compose(text) }
            guard case .syntax(_, let what) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(what == "nested too deeply, or too many values")
        }
    }

    @Test("what no text holds is told", arguments: ["\u{0}", "a: \u{0}", "a: \u{7}", "%YAML 9.9\n---\na"])
    func bytes(text: String) {
        let error = #expect(throws: YAMLError.self) { try YAMLNode.compose(text) }
        guard case .syntax(_, let problem) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(!problem.isEmpty)
    }

    @Test("a mark at the beginning is no part of the text")
    func mark() throws { #expect(try YAMLNode.compose("\u{feff}a: 1")?["a"]?.int == 1) }

    @Test("an empty file has no document", arguments: ["", "\n", "# a word\n"])
    func empty(text: String) throws {
        #expect(try YAMLNode.compose(text)?.line == nil)
    }
}
