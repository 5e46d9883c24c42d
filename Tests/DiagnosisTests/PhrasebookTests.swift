import Sockets
import TCP
import Testing

@testable import Diagnosis

@Suite("Texts in every language")
struct PhrasebookTests {
    /// A phrase and where it stands.
    struct Entry: Sendable, CustomTestStringConvertible {
        let place: String
        let phrase: Phrase
        var testDescription: String { place }
    }

    static let entries: [Entry] =
        Phrasebook.kinds.flatMap { kind in
            [("title", kind.title), ("headline", kind.headline), ("explanation", kind.explanation)].map {
                Entry(place: "\(kind.kind.rawValue) \($0.0)", phrase: $0.1)
            }
        }
        + Phrasebook.causes.map { Entry(place: $0.key, phrase: $0.value) }
        + Phrasebook.remedies.flatMap {
            [
                Entry(place: "\($0.key) text", phrase: $0.value.text),
                Entry(place: "\($0.key) risk", phrase: $0.value.risk),
            ]
        }
        + [Entry(place: "past", phrase: Phrasebook.past)]
        + Phrasebook.labels.map { Entry(place: "label \($0.key)", phrase: $0.value) }
        + State.allCases.map { Entry(place: $0.key, phrase: Phrasebook.states($0)) }
        + Gap.Kind.allCases.flatMap {
            [
                Entry(place: "gap \($0)", phrase: Phrasebook.gaps($0).what),
                Entry(place: "hint \($0)", phrase: Phrasebook.gaps($0).hint),
            ]
        }

    @Test("every text is there in both languages, with the same placeholders", arguments: entries)
    func languages(entry: Entry) {
        #expect(!entry.phrase.en.isEmpty)
        #expect(!entry.phrase.zh.isEmpty)
        #expect(placeholders(in: entry.phrase.en).sorted() == placeholders(in: entry.phrase.zh).sorted())
        for text in [entry.phrase.en, entry.phrase.zh] {
            #expect(text.count { $0 == "{" } == text.count { $0 == "}" })
            #expect(text.count { $0 == "[" } == text.count { $0 == "]" })
        }
    }

    @Test("every placeholder is the name of a fact or of what is always there", arguments: entries)
    func names(entry: Entry) {
        let known = Set(FactKey.allCases.map(\.rawValue) + Placeholders.names)
        #expect(Set(placeholders(in: entry.phrase.en)).subtracting(known) == [])
    }

    @Test("what a person reads in Chinese is Chinese", arguments: entries.filter { $0.phrase.en.contains(" ") })
    func chinese(entry: Entry) {
        #expect(entry.phrase.zh.unicodeScalars.contains { (0x4e00...0x9fff).contains($0.value) })
    }

    @Test("every kind has its phrases, once", arguments: Finding.Kind.allCases)
    func kinds(kind: Finding.Kind) {
        #expect(Phrasebook.kinds.count { $0.kind == kind } == 1)
        #expect(Diagnosis.rules.count { $0.kinds.contains(kind) } == 1)
    }

    @Test("every cause has a text", arguments: CauseKey.allCases)
    func causes(key: CauseKey) { #expect(Phrasebook.causes[key.rawValue] != nil) }

    @Test("every remedy has a text and a risk", arguments: RemedyKey.allCases)
    func remedies(key: RemedyKey) { #expect(Phrasebook.remedies[key.rawValue] != nil) }

    @Test("no text speaks of a command that does not exist", arguments: entries)
    func commands(entry: Entry) {
        let known = ["clear", "doctor", "explain", "history", "lab", "list", "serve", "top", "tune", "watch"]
        for text in [entry.phrase.en, entry.phrase.zh] {
            for words in text.split(separator: "linger ", omittingEmptySubsequences: false).dropFirst() {
                let command = words.prefix { $0.isASCII && $0.isLetter }
                #expect(known.contains(String(command)), "linger \(command)")
            }
        }
    }

    @Test(
        "a part in brackets goes when something in it is unknown, a name outside becomes a dash",
        arguments: [
            ("{a} is here", "1 is here"), ("{b} is here", "– is here"), ("one[, {a}][, {b}].", "one, 1."),
            ("[{b} and {a}]", ""), ("[{a} and {a}]", "1 and 1"), ("{unclosed", ""),
            ("plain ] text }", "plain ] text }"),
        ])
    func filling(template: String, expected: String) {
        #expect(fill(template) { ["a": "1"][$0] } == expected)
    }

    @Test(
        "in Chinese a value has a space to Latin beside it, and none to ideographs",
        arguments: [
            ("在{a}上", "端口 80", "在端口 80 上"), ("在 {a} 上", "服务", "在服务上"), ("[{a}上]有", "[::]:80", "[::]:80 上有"),
            ("{a}没有", "32 秒", "32 秒没有"), ("{a} 持有", "app (pid 1)", "app (pid 1) 持有"), ("（{a}）", "80", "（80）"),
        ])
    func spacing(template: String, value: String, expected: String) {
        #expect(fill(template, isChinese: true) { _ in value } == expected)
    }

    @Test(
        "a number stays on the line of its unit",
        arguments: [
            ("for 12 min 3 s now", "for 12\u{a0}min 3\u{a0}s now"), ("5 sockets", "5 sockets"), ("85 %", "85\u{a0}%"),
            ("等 60 秒，3 个", "等 60\u{a0}秒，3\u{a0}个"), ("", ""), (" s", " s"), ("1 ", "1 "),
        ])
    func units(text: String, expected: String) { #expect(keepingUnits(text) == expected) }

    @Test(
        "times are said in their two largest units, rounded down",
        arguments: [
            (850, "850 ms", "850 毫秒"), (12_999, "12 s", "12 秒"), (60_000, "1 min", "1 分钟"),
            (95_000, "1 min 35 s", "1 分 35 秒"), (720_000, "12 min", "12 分钟"), (3_600_000, "1 h", "1 小时"),
            (4_800_000, "1 h 20 min", "1 小时 20 分钟"), (180_000_000, "2 d 2 h", "2 天 2 小时"),
        ] as [(UInt64, String, String)])
    func durations(milliseconds: UInt64, en: String, zh: String) {
        #expect(NumberFormat(language: .en).duration(milliseconds: milliseconds) == en)
        #expect(NumberFormat(language: .zh).duration(milliseconds: milliseconds) == zh)
    }

    @Test(
        "sizes are said in binary units",
        arguments: [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), (4_402_341_478, "4.1 GiB")]
            as [(UInt64, String)])
    func sizes(bytes: UInt64, text: String) { #expect(NumberFormat(language: .en).bytes(bytes) == text) }

    @Test(
        "numbers, shares and rates",
        arguments: [
            (.count(28_232), "28,232", "28,232"), (.share(0.853), "85.3 %", "85.3%"),
            (.perSecond(-2.5), "−2.5/s", "−2.5/秒"),
            (.flag(true), "yes", "是"), (.count(.max), "18,446,744,073,709,551,615", "18,446,744,073,709,551,615"),
            (.perSecond(.greatestFiniteMagnitude), "1,000,000,000,000,000/s", "1,000,000,000,000,000/秒"),
        ] as [(Fact.Value, String, String)])
    func values(value: Fact.Value, en: String, zh: String) {
        #expect(NumberFormat(language: .en).text(value) == en)
        #expect(NumberFormat(language: .zh).text(value) == zh)
    }

    @Test("a process's name cannot write to the terminal", arguments: Language.allCases)
    func hostileName(language: Language) throws {
        var world = CloseWaitRuleTests.server(60, age: 60_000)
        world.snapshot.processes[0].command = "\u{1b}]0;x\u{7}\u{202e}nginx\n"
        world.snapshot.processes[0].commandLine = "\u{1b}[2J"
        world.snapshot.processes[0].unit = "evil; rm -rf.service"
        let finding = try #require(world.findings().first)
        let words = Phrasebook(language: language).render(finding, in: world.snapshot)
        let all =
            [words.headline, words.cause] + words.evidence.map(\.value)
            + words.now.flatMap { [$0.text, $0.command ?? ""] }
        for text in all {
            #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f && $0.value != 0x202e })
        }
        #expect(words.headline.contains("nginx"))
        #expect(!words.now.contains { $0.command?.contains("rm -rf") ?? false })
    }

    @Test("a gap says what is missing and how to see it")
    func gap() {
        let gap = Gap(kind: .processDescriptors, reason: "Permission denied", count: 12)
        let words = Phrasebook(language: .en)
        #expect(
            words.describe(gap)
                == "Descriptors of other users' processes could not be seen (12 of them): holders are missing (Permission denied)."
        )
        #expect(words.hint(gap).contains("root"))
    }

    @Test("a finding about what is not in the snapshot is still said")
    func outOfRange() {
        let finding = Finding(
            kind: .closeWaitLeak, severity: .warning, subject: Subject(processes: [99], listener: 99, namespace: 99),
            facts: [], cause: "no.such.cause", remedies: [Remedy(.now, "no.such.remedy")], connections: [99])
        let words = Phrasebook(language: .en).render(finding, in: Snapshot())
        #expect(words.headline == "A process that could not be seen holds 1 connection in CLOSE_WAIT.")
        #expect(words.cause == "no.such.cause")
        #expect(words.now.map(\.text) == ["no.such.remedy"])
    }

    @Test(
        "what runs out and when",
        arguments: [
            (
                950, 2.5,
                "File descriptors of the process: 950 of 1,000 used; at +2.5/s it runs out in about 20 s (10 s to 2 min 41 s; 90 % sure, by two looks 2 s apart)."
            ),
            (950, nil, "File descriptors of the process: 950 of 1,000 used; the rate is not known."),
            (950, 0, "File descriptors of the process: 950 of 1,000 used; it did not grow over the sample."),
            (1000, nil, "File descriptors of the process: 1,000 of 1,000 used; none is left."),
        ] as [(UInt64, Double?, String)])
    func forecast(used: UInt64, rate: Double?, text: String) {
        let forecast = Forecast(
            resource: .descriptors, used: used, limit: 1000, growth: rate.map { Growth(net: $0 * 2, seconds: 2) })
        #expect(Phrasebook(language: .en).runsOut(forecast) == text)
    }
}
