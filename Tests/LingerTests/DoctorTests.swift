import ArgumentParser
import Diagnosis
import Foundation
import Sockets
import TCP
import Testing

@testable import Commands

@Suite struct DoctorTests {
    /// A pile that two processes share, a note, and a gap.
    static let findings: [Finding] = [
        Finding(
            kind: .closeWaitLeak, severity: .critical, subject: Subject(processes: [0, 1], listener: 0, namespace: 0),
            facts: [
                Fact("count", .count(5000), source: "sock_diag"),
                Fact("oldest_ms", .milliseconds(754_000), source: "sock_diag"),
            ],
            forecast: Forecast(resource: .descriptors, used: 900, limit: 1024, growth: Growth(net: 20, seconds: 10)),
            cause: "close_wait_leak.shared",
            remedies: [
                Remedy(.now, "process.restart_unit", command: "systemctl restart nginx.service"),
                Remedy(.now, "process.end_all", command: "kill 812 813"),
                Remedy(.forGood, "close_wait.close_after_fork"),
            ],
            connections: [1], filter: "state close-wait pid = 812"),
        Finding(
            kind: .timeWaitNormal, severity: .info, subject: Subject(namespace: 0),
            facts: [Fact("count", .count(2000), source: "sock_diag")], cause: "time_wait_normal.server",
            remedies: [Remedy(.now, "nothing")]),
    ]

    private func report(
        _ language: Language, findings: [Finding] = findings, gaps: [Gap]? = nil
    ) -> DoctorReport {
        var now = SampleHost.snapshot()
        if let gaps { now.gaps = gaps }
        var before = now
        before.monotonic -= 1000
        return DoctorReport(before: before, now: now, findings: findings, messages: Messages(language: language))
    }

    private enum Form { case full, brief, json }

    private func print(_ report: DoctorReport, _ screen: Screen = .plain, _ form: Form = .full) throws -> String {
        let printed = Printed()
        var output = Output { printed.bytes += $0 }
        switch form {
        case .full: report.write(screen, to: &output)
        case .brief: report.writeBrief(screen, to: &output)
        case .json: report.writeJSON(to: &output)
        }
        try output.flush()
        return printed.text
    }

    @Test("a report is as kept", arguments: Language.allCases)
    func golden(language: Language) throws {
        try Golden.expect(try print(report(language)), is: "doctor-\(language.rawValue).txt")
    }

    @Test("a report that found nothing is as kept", arguments: Language.allCases)
    func healthy(language: Language) throws {
        try Golden.expect(
            try print(report(language, findings: [], gaps: [])), is: "doctor-healthy-\(language.rawValue).txt")
    }

    @Test("no line but commands is wider than the terminal", arguments: Language.allCases, [40, 60, 100])
    func width(language: Language, width: Int) throws {
        let screen = Screen(isAligned: true, hasColor: false, width: width, lineLimit: width)
        let text = try print(report(language), screen)
        for line in text.split(separator: "\n") where !line.contains("linger ") && !line.contains("systemctl") {
            // A word longer than a line is not cut.
            guard line.split(separator: " ").allSatisfy({ DisplayWidth.of(String($0)) < width - 12 }) else { continue }
            #expect(DisplayWidth.of(String(line)) <= width, "\(line)")
        }
        #expect(text.contains("…"))
    }

    @Test("off a terminal nothing is cut")
    func uncut() throws {
        #expect(try !print(report(.en)).contains("…"))
    }

    @Test("several findings are told again at the end, a line each; one is not")
    func overview() throws {
        let text = try print(report(.en))
        let end = try #require(text.range(of: "\nOverview\n"))
        let lines = text[end.upperBound...].split(separator: "\n")
        #expect(lines.first?.hasPrefix("  CRITICAL  nginx (pid 812)") == true)
        #expect(lines.dropFirst().first?.hasPrefix("  NOTE      2,000 connections") == true)
        #expect(try !print(report(.en, findings: Array(Self.findings.prefix(1)))).contains("Overview"))
    }

    @Test("--brief prints the overview and the summary alone", arguments: Language.allCases)
    func brief(language: Language) throws {
        try Golden.expect(
            try print(report(language), Screen(isAligned: true, hasColor: false, width: 80, lineLimit: 80), .brief),
            is: "doctor-brief-\(language.rawValue).txt")
        #expect(try print(report(language, findings: []), .plain, .brief).split(separator: "\n").count <= 2)
    }

    @Test("an overview over several namespaces names them, and the host's has a dash")
    func namespaces() throws {
        var findings = Self.findings
        findings[1].subject.namespace = 1
        findings.append(findings[1])
        findings[2].subject.namespace = nil
        let lines = try print(report(.en, findings: findings), .plain, .brief).split(separator: "\n")
        #expect(lines[0].hasPrefix("CRITICAL  net:[4026531840]  nginx"))
        #expect(lines[1].hasPrefix("NOTE      blue              2,000"))
        #expect(lines[2].hasPrefix("NOTE      -                 2,000"))
    }

    @Test("--brief and --json do not go together")
    func briefAndJSON() throws {
        let command = try DoctorCommand.parse(["--brief", "--json", "--lang", "en"])
        let failure = #expect(throws: Failure.self) { try command.run() }
        #expect(failure?.status == .usage)
        #expect(failure?.message.contains("--brief") == true)
    }

    @Test("colour is there when asked for, and only then")
    func color() throws {
        #expect(
            try print(report(.en), Screen(isAligned: true, hasColor: true, width: 80)).contains("\u{1b}[31mCRITICAL"))
        #expect(try !print(report(.en)).contains("\u{1b}"))
    }

    @Test("JSON has the findings, the exit code and the time between the looks")
    func json() throws {
        let text = try print(report(.en), .plain, .json)
        let document = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect((document["findings"] as? [Any])?.count == 2)
        #expect(document["exit_code"] as? Int == 4)
        #expect(document["sample_seconds"] as? Double == 1)
        #expect(document["linger"] as? String == lingerVersion)
    }

    @Test("the exit code says what was found, and first whether all was seen")
    func status() {
        let partial = [Gap(kind: .processDescriptors)]
        let known = [Gap(kind: .bpf, isPartial: false)]
        let note = Array(Self.findings.suffix(1))
        #expect(report(.en, findings: [], gaps: []).status == .success)
        #expect(report(.en, findings: note, gaps: known).status == .success)
        #expect(report(.en, gaps: []).status == .findings)
        #expect(report(.en, gaps: known).status == .findings)
        #expect(report(.en, gaps: partial).status == .partlySeen)
        #expect(report(.en, findings: [], gaps: partial).status == .partlySeen)
    }

    @Test("a filter becomes one word of a shell", arguments: [("a b", "'a b'"), ("it's", "'it'\\''s'"), ("", "''")])
    func quoting(text: String, word: String) {
        #expect(Shell.quoted(text) == word)
    }
}

@Suite struct ExplainTests {
    private func explain(_ topic: String?, _ language: Language = .en) throws -> String {
        try ExplainCommand.text(about: topic, .plain, Messages(language: language))
    }

    @Test(
        "a state is found in any spelling",
        arguments: ["CLOSE_WAIT", "close-wait", "close_wait", "CLOSE-WAIT", "Close-Wait", "Close Wait"])
    func spellings(topic: String) throws {
        let text = try explain(topic)
        #expect(text.hasPrefix("CLOSE_WAIT\n\n"))
        #expect(try text == explain("CLOSE_WAIT"))
    }

    @Test("every state has a text in both languages", arguments: State.allCases, Language.allCases)
    func states(state: State, language: Language) throws {
        let text = try explain(state.name.description, language)
        #expect(text.hasPrefix("\(state.name)\n\n"))
        #expect(text.count > 100)
    }

    @Test("every kind of finding has a text in both languages", arguments: Finding.Kind.allCases, Language.allCases)
    func kinds(kind: Finding.Kind, language: Language) throws {
        let text = try explain(kind.rawValue, language)
        #expect(text.hasPrefix("\(kind.rawValue): "))
        #expect(text.count > 100)
        #expect(try explain(kind.rawValue.uppercased(), language) == text)
    }

    @Test("without a topic, all are listed", arguments: Language.allCases)
    func list(language: Language) throws {
        let text = try explain(nil, language)
        for state in State.allCases { #expect(text.contains(state.name.description)) }
        for kind in Finding.Kind.allCases { #expect(text.contains(kind.rawValue)) }
        try Golden.expect(text, is: "explain-\(language.rawValue).txt")
    }

    @Test(
        "an unknown topic is refused, with the nearest known one",
        arguments: [
            ("CLOSE_WIAT", "close_wait?"), ("zero_windo", "zero_window?"), ("xyzzy", "linger explain lists them"),
            ("all", "linger explain lists them"),
        ])
    func unknown(topic: String, hint: String) throws {
        let failure = #expect(throws: Failure.self) { try explain(topic) }
        #expect(failure?.status == .usage)
        #expect(failure?.message.contains(hint) == true, "\(failure?.message ?? "")")
    }
}
