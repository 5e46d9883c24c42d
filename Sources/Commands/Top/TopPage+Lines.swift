import Diagnosis
import Sockets
import TCP

/// A line of a page: parts, each with its ink.
struct TopLine: Sendable, Equatable {
    struct Part: Sendable, Equatable {
        var text: String
        var ink: Ink
    }

    var parts: [Part]

    init(_ text: String = "", _ ink: Ink = .plain) { parts = text.isEmpty ? [] : [Part(text: text, ink: ink)] }

    mutating func add(_ text: String, _ ink: Ink = .plain) { parts.append(Part(text: text, ink: ink)) }
}

extension TopModel {
    /// A page, as wide as the screen is.
    func lines(of page: TopPage) -> [TopLine] {
        let width = max(columns - 2, 20)
        switch page.topic {
        case .help: return plain(messages.topHelp, width)
        case .explanation(let topic):
            let screen = Screen(isAligned: true, hasColor: false, width: min(width, 100), lineLimit: width)
            let text = try? ExplainCommand.text(about: topic, screen, messages)
            return text.map(titled) ?? []
        case .doctor: return doctor(width)
        case .commands(_, let filter, let namespace): return commands(filter, namespace, width)
        case .connection(let cookie, _): return connection(cookie, width)
        }
    }

    /// Paragraphs as they are; a line that is too long goes on in the next.
    private func plain(_ text: String, _ width: Int) -> [TopLine] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            TopLine(String(line), line.hasPrefix(" ") ? .plain : .bold)
        }
    }

    /// The first line is a title.
    private func titled(_ text: String) -> [TopLine] {
        text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { place, line in
            TopLine(String(line), place == 0 ? .bold : .plain)
        }
    }

    private func doctor(_ width: Int) -> [TopLine] {
        guard let report = sample?.report else { return [TopLine(messages.topDoctorLooks, .dim)] }
        var bytes: [UInt8] = []
        var output = Output { bytes += $0 }
        let screen = Screen(isAligned: true, hasColor: false, width: min(width, 100), lineLimit: width)
        report.write(screen, to: &output)
        guard (try? output.flush()) != nil else { return [] }
        let severities = [Finding.Severity.critical, .warning].map(messages.severity)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .map { line in
                // Headlines and titles stand further left than what they are about.
                if severities.contains(where: { line.hasPrefix($0) }) { return TopLine(String(line), .bold) }
                return TopLine(String(line))
            }
    }

    private func commands(_ filter: String, _ namespace: String?, _ width: Int) -> [TopLine] {
        let place = namespace.map { " --netns \($0.contains("[") ? Shell.quoted($0) : $0)" } ?? ""
        var lines: [TopLine] = []
        for (text, command) in [
            (messages.topClearHint, "linger clear"), (messages.topListHint, "linger list"),
        ] {
            lines += TextWrap.lines(text, width: min(width, 100)).map { TopLine($0) }
            lines.append(TopLine())
            lines += folded("\(command) \(Shell.quoted(filter))\(place)", width - 2)
                .map { TopLine("  " + $0, Ink(style: .cyan)) }
            lines.append(TopLine())
        }
        return lines
    }

    /// A command has to be copied whole: it is folded at the edge, and nowhere else.
    private func folded(_ text: String, _ width: Int) -> [String] {
        var lines = [""]
        for character in text {
            if DisplayWidth.of(lines[lines.count - 1] + String(character)) > width { lines.append("") }
            lines[lines.count - 1].append(character)
        }
        return lines
    }

    private func connection(_ cookie: UInt64, _ width: Int) -> [TopLine] {
        guard let sample else { return [] }
        var lines: [TopLine] = []
        let life = sample.life.flatMap { $0.cookie == cookie ? $0 : nil }
        guard let index = sample.index(of: cookie) else {
            lines.append(TopLine(messages.topGone, Ink(style: .yellow)))
            return lines + self.life(life)
        }
        let connection = sample.connections[index]
        var head = TopLine(connection.state.name.description, Ink(style: Style(connection.state), isBold: true))
        head.add("  " + sample.age(of: index).text)
        lines.append(head)
        lines.append(TopLine())
        lines += self.life(life)
        let cells = Column.list.filter { $0.name != Column.state.name && $0.name != Column.age.name }
            .map { ($0.title(in: messages.language), $0.plainText(connection, sample.rows)) }
            .filter { $0.1 != "-" }
        let label = cells.map { DisplayWidth.of($0.0) }.max() ?? 0
        for (title, value) in cells {
            for (place, part) in TextWrap.lines(value, width: max(width - label - 2, 10)).enumerated() {
                var line = TopLine(padded(place == 0 ? title : "", label + 2), .dim)
                line.add(part)
                lines.append(line)
            }
        }
        return lines
    }

    private func life(_ life: TopLife?) -> [TopLine] {
        guard let life else { return [] }
        var lines: [TopLine] = []
        if !life.stages.isEmpty {
            lines.append(TopLine(messages.topLife, .bold))
            for stage in life.stages {
                var line = TopLine("  " + padded(stage.entered ?? "-", 10), .dim)
                line.add(padded(stage.state.name.description, 13), Ink(style: Style(stage.state)))
                line.add(stage.lasted.map { (stage.isExact ? "" : "\u{2265}") + WatchTable.duration($0) } ?? "-")
                lines.append(line)
            }
        }
        if let owner = life.owner {
            var line = TopLine(messages.topOpenedBy + " ", .bold)
            line.add(owner)
            lines.append(line)
        }
        return lines + [TopLine()]
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(width - DisplayWidth.of(text), 0))
    }
}
