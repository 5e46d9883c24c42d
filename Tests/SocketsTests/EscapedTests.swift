import Sockets
import Testing

@Suite("Names on a terminal")
struct EscapedTests {
    @Test(
        "what can change the screen is written out, the rest stays",
        arguments: [
            ("nginx", "nginx"), ("数据库 é", "数据库 é"), ("a\u{1b}[31mb", "a\\u{1b}[31mb"),
            ("a\nb\r\tc", "a\\u{a}b\\u{d}\\u{9}c"),
            ("\u{202e}gpj", "\\u{202e}gpj"), ("\u{9b}2J", "\\u{9b}2J"), ("a\u{200b}b", "a\\u{200b}b"),
            ("\u{2028}", "\\u{2028}"),
            ("\u{7f}", "\\u{7f}"), ("", ""),
        ])
    func escaped(text: String, expected: String) {
        #expect(text.escapedForTerminal == expected)
        #expect(text.escapedForTerminal.escapedForTerminal == expected)
    }
}
