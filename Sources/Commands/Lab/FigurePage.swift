import Lab
import Sockets
import TCP

/// A figure for people, in the shape of RFC 9293's: a number, the kernel's state, the segment, the peer's state.
struct FigurePage {
    var figure: Figure
    var screen: Screen

    private static let indent = 6
    /// `ESTABLISHED`
    private static let stateWidth = 11

    var text: String {
        var page = Page(screen: screen)
        page.title(figure.title)
        page.line()
        let kernel = "kernel \(figure.kernelName)"
        let gap = max(peerColumn - kernel.count, 2)
        page.line(kernel + String(repeating: " ", count: gap) + "peer \(figure.peerName)", indent: Self.indent)
        var number = 0
        for (index, entry) in figure.entries.enumerated() {
            if startsParagraph(index) { page.line() }
            switch entry {
            case .say(let text): page.paragraph(text, indent: Self.indent)
            case .call(let party, let call):
                page.line("(\(call))", indent: party == .kernel ? Self.indent : Self.indent + peerColumn)
            case .states(let kernel, let peer):
                number += 1
                let left = state(kernel) + String(repeating: " ", count: peerColumn - Self.stateWidth)
                page.line(Self.tag(number) + left + state(peer, isPadded: false))
            case .segment(let line):
                number += 1
                page.line(Self.tag(number) + row(line))
            case .failure(let what): page.line("NOT SO: \(what)", indent: Self.indent, style: .red)
            }
        }
        return page.text
    }

    /// A line is left free before a sentence, and behind one or more of them.
    private func startsParagraph(_ index: Int) -> Bool {
        guard index > 0 else { return true }
        let (before, now) = (figure.entries[index - 1].isSentence, figure.entries[index].isSentence)
        return now || before
    }

    /// `  4.  `
    private static func tag(_ number: Int) -> String {
        String(repeating: " ", count: number < 10 ? 2 : 1) + "\(number).  "
    }

    private var segmentWidth: Int {
        figure.entries.map { entry in
            if case .segment(let line) = entry { line.segment.figureText.count } else { 30 }
        }.max() ?? 30
    }

    /// Where the peer's side begins: state, two arrows, segment.
    private var peerColumn: Int { Self.stateWidth + 2 + 4 + segmentWidth + 5 }

    private func row(_ line: Figure.Line) -> String {
        let arrow = line.direction == .toKernel ? "<--" : "-->"
        // On the side where it is not: lost, or still on the way.
        let lost = line.isWithheld ? " X " : "..."
        let left = line.kernel == nil ? lost : arrow
        let right = line.peer == nil ? lost : arrow
        let text = line.segment.figureText
        var row = line.kernel.map { state($0) } ?? String(repeating: " ", count: Self.stateWidth)
        row += "  \(left) \(text)" + String(repeating: " ", count: segmentWidth - text.count) + " \(right)"
        let end = line.peer.map { " " + state($0, isPadded: figure.showsTimes) } ?? ""
        row += end
        if figure.showsTimes {
            if line.peer == nil { row += String(repeating: " ", count: Self.stateWidth + 1) }
            row += "  \(Self.seconds(line.time)) s"
        }
        while row.hasSuffix(" ") { row.removeLast() }
        return row
    }

    /// `0.2`
    private static func seconds(_ time: Microseconds) -> String {
        let tenths = (time + 50_000) / 100_000
        return "\(tenths / 10).\(tenths % 10)"
    }

    private func state(_ state: State, isPadded: Bool = true) -> String {
        let name = state.name.description
        let padding = isPadded ? String(repeating: " ", count: max(Self.stateWidth - name.count, 0)) : ""
        return screen.paint(name, Style(state)) + padding
    }
}

extension Figure.Entry {
    fileprivate var isSentence: Bool { if case .say = self { true } else { false } }
}

extension Figure {
    /// A sequence diagram for Mermaid (mermaid.js.org), which GitHub, GitLab and many editors draw.
    var mermaid: String {
        var lines = [
            "sequenceDiagram", "    participant K as kernel \(kernelName)", "    participant P as peer \(peerName)",
        ]
        var shown: (kernel: State?, peer: State?) = (nil, nil)
        func note(_ kernel: State?, _ peer: State?) {
            if let kernel, kernel != shown.kernel {
                shown.kernel = kernel
                lines.append("    Note over K: \(kernel.name)")
            }
            if let peer, peer != shown.peer {
                shown.peer = peer
                lines.append("    Note over P: \(peer.name)")
            }
        }
        for entry in entries {
            switch entry {
            case .say(let text): lines.append("    Note over K,P: \(Self.escaped(text))")
            case .call(let party, let call): lines.append("    Note over \(party == .kernel ? "K" : "P"): (\(call))")
            case .states(let kernel, let peer): note(kernel, peer)
            case .segment(let line):
                // One that left on a line above is drawn where it arrived.
                if line.receiver != nil || line.isWithheld {
                    let ends = line.direction == .toKernel ? ("P", "K") : ("K", "P")
                    let arrow = line.isWithheld ? "-x" : "->>"
                    lines.append("    \(ends.0)\(arrow)\(ends.1): \(line.segment.mermaidText)")
                }
                note(line.kernel, line.peer)
            case .failure(let what): lines.append("    Note over K,P: NOT SO: \(Self.escaped(what))")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A semicolon ends a statement, a number sign begins an entity.
    private static func escaped(_ text: String) -> String {
        String(text.map { $0 == ";" ? "," : $0 == "#" ? " " : $0 })
    }
}

extension Segment {
    /// `SYN,ACK SEQ=300 ACK=101`: angle brackets would be taken for markup.
    fileprivate var mermaidText: String {
        let fields = figureText.dropFirst().dropLast().split(separator: ">").map { $0.drop { $0 == "<" } }
        let control = fields.first { $0.hasPrefix("CTL=") }.map { String($0.dropFirst(4)) }
        return ([control].compactMap { $0 } + fields.filter { !$0.hasPrefix("CTL=") }.map(String.init))
            .joined(separator: " ")
    }
}
