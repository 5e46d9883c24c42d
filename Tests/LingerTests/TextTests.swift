import ArgumentParser
import Sockets
import Testing

@testable import Commands

@Suite struct TextTests {
    @Test(
        "width in cells of a terminal",
        arguments: [
            ("abc", 3), ("", 0), ("关闭", 4), ("≥12m", 4), ("é", 1), ("e\u{301}", 1), ("ｆｕｌｌ", 8), ("한글", 4), ("🙂", 2),
            ("a\u{200b}b", 2), ("，。", 4), ("×", 1), ("12\u{a0}min", 6),
        ])
    func width(text: String, cells: Int) {
        #expect(DisplayWidth.of(text) == cells)
        let bytes = Array(text.utf8)
        #expect(bytes.withUnsafeBufferPointer { DisplayWidth.of($0) } == cells)
    }

    @Test(
        "paragraphs break at spaces and between East Asian characters",
        arguments: [
            ("one two three", 7, ["one two", "three"]),
            ("one  two\nthree", 20, ["one two three"]),
            ("averylongword is kept", 5, ["averylongword", "is", "kept"]),
            ("连接已经关闭", 6, ["连接已", "经关闭"]),
            ("连接，关闭。", 6, ["连接，", "关闭。"]),
            ("连接关，闭", 6, ["连接", "关，闭"]),
            ("进程 nginx 没有", 9, ["进程", "nginx 没", "有"]),
            ("“关闭”是", 6, ["“关闭”", "是"]),
            ("for 12\u{a0}min now", 8, ["for", "12\u{a0}min", "now"]), ("1\u{202f}000 of", 5, ["1\u{202f}000", "of"]),
            ("共\u{a0}12\u{a0}个月", 8, ["共\u{a0}12\u{a0}个", "月"]),
            ("", 10, []),
        ])
    func wrapping(text: String, width: Int, lines: [String]) {
        #expect(TextWrap.lines(text, width: width) == lines)
    }

    @Test(
        "a text is cut to cells, with a mark, and only where it is too long",
        arguments: [
            ("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("连接关闭", 8, "连接关闭"), ("连接关闭", 7, "连接关…"),
            ("连接关闭", 6, "连接…"), ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"), ("abc", 1, "…"), ("", 0, ""),
        ])
    func cutting(text: String, cells: Int, wanted: String) {
        #expect(DisplayWidth.cut(text, to: cells) == wanted)
    }

    @Test(
        "colour: as asked for, else on a terminal unless NO_COLOR is set and not empty",
        arguments: [
            ([], true, nil, true), ([], false, nil, false), ([], true, "1", false), ([], true, "", true),
            (["--color", "always"], false, nil, true), (["--color", "always"], true, "1", true),
            (["--color", "never"], true, nil, false), (["--color", "auto"], true, "0", false),
        ] as [([String], Bool, String?, Bool)])
    func color(arguments: [String], isTerminal: Bool, noColor: String?, wanted: Bool) throws {
        let options = try ScreenOptions.parse(arguments)
        #expect(options.screen(isTerminal: isTerminal, columns: 80, noColor: noColor).hasColor == wanted)
    }

    @Test(
        "paragraphs are 40 to 100 wide; lines are cut at the terminal's end, and never off it",
        arguments: [(true, 132, 100, 132), (true, 20, 40, 40), (true, nil, 80, 80), (false, nil, 80, nil)]
            as [(Bool, Int?, Int, Int?)])
    func widths(isTerminal: Bool, columns: Int?, width: Int, lineLimit: Int?) throws {
        let screen = try ScreenOptions.parse([]).screen(isTerminal: isTerminal, columns: columns, noColor: nil)
        #expect(screen.width == width)
        #expect(screen.lineLimit == lineLimit)
    }

    @Test("no wrapped line is wider than asked for")
    func wrappedWidth() {
        let text = "进程 nginx 812 持有 5,000 个 CLOSE_WAIT 连接，最久的已经 12 分钟；它们占用描述符。"
        for width in 16...60 {
            for line in TextWrap.lines(text, width: width) { #expect(DisplayWidth.of(line) <= width, "\(line)") }
        }
    }

    @Test(
        "durations for people",
        arguments: [
            (0, "0s"), (1, "1ms"), (999, "999ms"), (1000, "1.0s"), (9999, "9.9s"), (10_000, "10s"), (59_999, "59s"),
            (60_000, "1m"), (754_000, "12m"), (3_600_000, "1h"), (18_720_000, "5h12m"), (86_400_000, "1d"),
            (273_600_000, "3d4h"), (UInt64.max, "213503982334d14h"),
        ] as [(UInt64, String)])
    func durations(milliseconds: UInt64, text: String) {
        var buffer = ByteBuffer()
        buffer.append(duration: milliseconds)
        #expect(buffer.text() == text)
    }

    @Test("numbers in decimal, to the largest", arguments: [0, 9, 10, 99, 100, 12_345, UInt64.max - 1, .max])
    func decimals(value: UInt64) {
        var buffer = ByteBuffer(capacity: 0)
        buffer.append(decimal: value)
        #expect(buffer.text() == String(value))
    }

    @Test(
        "numbers in hexadecimal",
        arguments: [0, 1, 15, 16, 0x2a, 0xdead_beef, 0xffff_ffff, 1 << 32, 0x1_0000_00ab, .max] as [UInt64])
    func hexadecimals(value: UInt64) {
        var buffer = ByteBuffer(capacity: 0)
        buffer.append(hexadecimal: value)
        #expect(buffer.text() == String(value, radix: 16))
    }

    @Test(
        "CSV fields are quoted only where they must be",
        arguments: [
            ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""), ("", ""), ("名,字", "\"名,字\""),
            ("a\u{1b}[2J", "a\\u{1b}[2J"),
        ])
    func csv(text: String, field: String) {
        var buffer = ByteBuffer()
        buffer.append("before,")
        let start = buffer.count
        buffer.append(string: text)
        buffer.quoteCSV(from: start)
        #expect(buffer.text() == "before," + field)
    }

    @Test(
        "the locale decides the language",
        arguments: [
            ([:], .en), (["LANG": "zh_CN.UTF-8"], .zh), (["LANG": "zh_CN", "LC_ALL": "C"], .en),
            (["LANG": "en_US", "LC_MESSAGES": "zh_TW"], .zh), (["LC_ALL": "", "LANG": "zh"], .zh),
            (["LANG": "de_DE"], .en),
        ] as [([String: String], Language)])
    func language(environment: [String: String], wanted: Language) {
        #expect(Language.ofEnvironment { environment[$0] } == wanted)
    }
}
