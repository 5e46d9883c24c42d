import Sockets
import Testing

@Suite("What is wrong with a filter")
struct FilterErrorTests {
    private func error(_ text: String) -> FilterSyntaxError? {
        do {
            _ = try Filter(parsing: [text], resolver: FilterFixture.resolver)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "the place and what was expected",
        arguments: [
            ("sport = ", 8, .expected([.port], found: nil)),
            ("src and dst 1.2.3.4", 4, .expected([.host], found: "and")),
            ("( sport = :443", 14, .expected([.closingParenthesis, .and, .or], found: nil)),
            ("sport = :443 )", 13, .expected([.and, .or, .condition, .end], found: ")")),
            ("sport = :443 = 5", 13, .expected([.and, .or, .condition, .end], found: "=")),
            ("sport = :443 or", 15, .expected([.condition], found: nil)),
            ("or sport = :443", 0, .expected([.condition], found: "or")),
            ("( )", 2, .expected([.condition], found: ")")),
            ("not", 3, .expected([.condition], found: nil)),
            ("= 5", 0, .expected([.condition], found: "=")),
            ("state", 5, .expected([.state], found: nil)),
            ("state close-wait state", 22, .expected([.state], found: nil)),
            ("pid == = 5", 7, .expected([.pid], found: "=")),
            ("sport = :443 banana", 13, .unknownCondition("banana")),
            ("1.2.3.4", 0, .unknownCondition("1.2.3.4")),
            ("state banana", 6, .unknownState("banana")),
            ("sport = :70000", 8, .tooLarge("70000", largest: 65535)),
            ("sport = :banana", 8, .unknownService("banana")),
            ("sport = :80-90", 8, .badValue("80-90", .port)),
            ("sport = :080", 8, .badValue("080", .port)),
            ("sport = :-1", 8, .unknownService("-1")),
            ("sport = 1.2.3.4:80", 8, .badValue("1.2.3.4:80", .port)),
            ("sport > :*", 8, .badValue(":*", .port)),
            ("src 1.2.3.4.5", 4, .unknownHost("1.2.3.4.5")),
            ("src 1.2.3.256", 4, .unknownHost("1.2.3.256")),
            ("src 1.2.3.4/33", 4, .badValue("1.2.3.4/33", .host)),
            ("src 1.2.3.4/255.0.255.0", 4, .badValue("1.2.3.4/255.0.255.0", .host)),
            ("src [2001:db8::1", 4, .badValue("[2001:db8::1", .host)),
            ("src [2001:db8::1]443", 4, .badValue("[2001:db8::1]443", .host)),
            ("src [2001:zz::1]", 4, .badValue("[2001:zz::1]", .host)),
            ("src 2001:db8::1", 4, .bracketsMissing("2001:db8::1")),
            ("src ::1", 4, .bracketsMissing("::1")),
            ("src inet6:1.2.3.4", 4, .badValue("inet6:1.2.3.4", .host)),
            ("src inet6:db", 4, .unknownHost("db")),
            ("src nowhere", 4, .unknownHost("nowhere")),
            ("src unix:/tmp/*", 4, .otherFamily("unix")),
            ("src > 1.2.3.4", 4, .comparisonNotTaken(.above, .src)),
            ("process < nginx", 8, .comparisonNotTaken(.below, .process)),
            ("pid = nginx", 6, .badValue("nginx", .pid)),
            ("pid = 99999999999", 6, .tooLarge("99999999999", largest: UInt64(Int32.max))),
            ("age 10m", 4, .comparisonMissing(.age)), ("age", 3, .comparisonMissing(.age)),
            ("state close-wait idle 1h", 22, .comparisonMissing(.idle)),
            ("( recv-q 4k )", 9, .comparisonMissing(.receiveQueue)),
            ("send-q and orphan", 7, .comparisonMissing(.sendQueue)),
            ("age > 10x", 6, .badValue("10x", .duration)),
            ("age > 10m5", 6, .badValue("10m5", .duration)),
            ("age > h", 6, .badValue("h", .duration)),
            ("age > 99999999999999999999999", 6, .tooLarge("99999999999999999999999", largest: .max)),
            ("age > 9999999999999999999d", 6, .tooLarge("9999999999999999999d", largest: .max)),
            ("recv-q > 4kb", 9, .badValue("4kb", .size)),
            ("recv-q > -4", 9, .badValue("-4", .size)),
            ("fwmark = 1/", 9, .badValue("", .mark)),
            ("fwmark = 0x100000000", 9, .tooLarge("0x100000000", largest: UInt64(UInt32.max))),
            ("cgroup nowhere", 7, .unknownCgroup("nowhere")),
            ("pid = \u{1b}[31m", 6, .controlCharacter(0x1b)),
            ("pid = 5\u{0}", 7, .controlCharacter(0)),
            ("\u{7f}", 0, .controlCharacter(0x7f)),
        ] as [(String, Int, FilterSyntaxError.Problem)])
    func places(text: String, offset: Int, problem: FilterSyntaxError.Problem) {
        let error = error(text)
        #expect(error?.problem == problem)
        #expect(error?.offset == offset)
        #expect(error?.text == text)
    }

    @Test(
        "near misses are answered by the word that was meant",
        arguments: [
            ("state clsoe-wait", "close-wait"), ("state TIME-WIAT", "time-wait"), ("state establishd", "established"),
            ("stat close-wait", "state"), ("spotr = :443", "sport"), ("recvq > 5", "recv-q"), ("procss = x", "process"),
            ("close-wait", "state close-wait"), ("sport = :443 adn dport = :80", "and"), ("Shared", "shared"),
        ])
    func suggestions(text: String, suggestion: String) {
        #expect(error(text)?.suggestion == suggestion)
    }

    @Test("what is like no known word gets no suggestion", arguments: ["state banana", "x = 5", "zzzzzz"])
    func noSuggestion(text: String) {
        #expect(error(text)?.problem != nil)
        #expect(error(text)?.suggestion == nil)
    }

    @Test("the message names the word, the place and the way out, in both languages")
    func messages() {
        let error = error("state close-wait sport = :https or sprt = :80")
        #expect(error?.message(language: .en) == "“sprt” begins no condition; did you mean “sport”?")
        #expect(error?.message(language: .zh) == "“sprt”不是条件的开头；您是不是想写“sport”？")
        #expect(
            error?.marked == """
                state close-wait sport = :https or sprt = :80
                                                   ^
                """)
    }

    @Test("a missing comparison is shown by an example, in both languages")
    func missingComparison() {
        #expect(error("age 10m")?.message(language: .en) == "expected > or <, as in `age > 10m`")
        #expect(error("recv-q 4k")?.message(language: .zh) == "此处应为 > 或 <，如 `recv-q > 4k`")
    }

    @Test("the caret stands under the place behind wide characters too, and a long filter is cut around it")
    func marks() {
        #expect(error("process = 数据库 pid")?.marked == "process = 数据库 pid\n" + String(repeating: " ", count: 20) + "^")
        let long = String(repeating: "orphan or ", count: 50) + "sprt" + String(repeating: " or orphan", count: 50)
        let lines = error(long)?.marked.split(separator: "\n").map(String.init) ?? []
        #expect(lines.count == 2)
        #expect(lines.first?.count == 120)
        #expect(lines.last == String(repeating: " ", count: 60) + "^")
    }

    @Test("control and direction characters of a filter do not reach the terminal")
    func escapes() {
        let error = error("pid = 5 \u{202e}\u{1b}[2J")
        #expect(error?.marked.unicodeScalars.contains("\u{1b}") == false)
        let other = self.error("pid = \u{202e}5")
        #expect(other?.message(language: .en).unicodeScalars.contains("\u{202e}") == false)
        #expect(other?.problem == .badValue("\u{202e}5", .pid))
    }

    @Test("parentheses and negations may stand within each other 64 times, not more")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "( ", count: depth) + "orphan" + String(repeating: " )", count: depth)
        }
        #expect(error(nested(64)) == nil)
        #expect(error(nested(65))?.problem == .tooDeep(limit: 64))
        #expect(error(nested(65))?.offset == 128)
        #expect(error(String(repeating: "(", count: 60_000))?.problem == .tooDeep(limit: 64))
        #expect(error(String(repeating: "! ", count: 30_000) + "orphan")?.problem == .tooDeep(limit: 64))
    }

    @Test("a filter of 65,536 bytes is read and run, a longer one refused")
    func length() throws {
        let pair = "orphan or orphan and "
        let longest = String(repeating: pair, count: 65_536 / pair.utf8.count) + "orphan"
        let filter = try Filter(parsing: [longest], resolver: .none)
        let snapshot = FilterFixture.snapshot
        #expect(snapshot.connections.filter { filter.matches($0, in: snapshot) }.map(\.cookie) == [7])
        #expect(error(longest + String(repeating: " ", count: 65_537))?.problem == .tooLong(limit: 65_536))
        // One huge word.
        #expect(error(String(repeating: "x", count: 60_000))?.suggestion == nil)
    }
}
