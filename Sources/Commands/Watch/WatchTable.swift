import Kernel
import Sockets
import TCP
import Watching

/// Lines for people, one by one: nobody knows how wide the next will be, so a column is as wide as its widest cell so far.
struct WatchTable {
    private let screen: Screen
    private let messages: Messages
    private var widths: [Int]
    /// What is added to the monotonic clock for the wall clock, nanoseconds.
    var offset: Int64 = HostClock.offset

    private struct Cell {
        var text: String
        var style: Style = .plain
    }

    init(_ plan: WatchPlan) {
        screen = plan.screen
        messages = plan.messages
        // IPv4 with ports fits from the beginning.
        widths =
            switch plan.shown {
            case .transitions: [15, 21, 21, 26, 7, 0]
            case .lives: [15, 21, 21, 4, 6, 13, 12, 8, 8, 7, 0]
            case .summary: []
            }
    }

    mutating func header(_ titles: [String], to output: inout Output) {
        write(titles.map { Cell(text: $0, style: .bold) }, to: &output)
    }

    mutating func transition(_ step: Step, listener: ProcessIdentity?, namespace: String?, to output: inout Output) {
        let transition = step.transition
        var after = ""
        if let dwell = step.dwell {
            after = (dwell.isExact ? "" : "\u{2265}") + Self.duration(dwell.nanoseconds / 1000)
        }
        write(
            [
                Cell(text: (transition.isDeduced ? "\u{2264}" : "") + time(transition.time), style: .dim),
                Cell(text: place(step.life.local, namespace)), Cell(text: Self.text(step.life.remote)),
                Cell(
                    text: "\(transition.isBrief ? "-" : transition.old.name) \u{2192} \(transition.new.name)",
                    style: Style(transition.new)),
                Cell(text: after.isEmpty ? "-" : after),
                Cell(text: owner(step.owner, step.life, listener)),
            ], to: &output)
    }

    /// The end of a small socket, which nobody sees: told by its timer, or by a look.
    mutating func smallEnd(
        _ life: Life, owner: ProcessIdentity?, at time: UInt64, namespace: String?, to output: inout Output
    ) {
        write(
            [
                Cell(text: "~" + self.time(time).dropLast(), style: .dim),
                Cell(text: place(life.local, namespace)), Cell(text: Self.text(life.remote)),
                Cell(text: "\(life.state.name) \u{2192} \(State.closed.name)", style: .dim),
                Cell(text: "~" + Self.duration((time - min(time, life.ended)) / 1000)),
                Cell(text: self.owner(owner, life, nil)),
            ], to: &output)
    }

    mutating func life(_ life: Life, owner: ProcessIdentity?, namespace: String?, to output: inout Output) {
        let ending = life.ending
        let style: Style =
            switch ending {
            case .orderly?, .stoppedListening?, nil: .plain
            case .orphaned?, .abandoned?, .unseen?: .yellow
            default: .red
            }
        var lasted = "-"
        if let began = life.began {
            lasted =
                (life.beganBefore ? "\u{2265}" : life.lateness > 0 ? "~" : "")
                + Self.duration((life.ended - min(began, life.ended)) / 1000)
        }
        write(
            [
                Cell(text: (life.lateness > 0 ? "\u{2264}" : "") + time(life.ended), style: .dim),
                Cell(text: place(life.local, namespace)), Cell(text: Self.text(life.remote)),
                Cell(text: messages.direction(life.isOutgoing)), Cell(text: lasted),
                Cell(text: ending.map(messages.ending) ?? "-", style: style),
                Cell(text: messages.closedFirst(life.closedFirst)),
                Cell(text: life.hasTraffic ? String(life.bytesAcked) : "-"),
                Cell(text: life.hasTraffic ? String(life.bytesReceived) : "-"),
                Cell(text: life.hasTraffic ? String(life.retransmissions) : "-"),
                Cell(text: self.owner(owner, life, nil)),
            ], to: &output)
    }

    /// Who opened it; the stack follows.
    mutating func opening(_ opening: Opening, _ life: Life, namespace: String?, to output: inout Output) {
        write(
            [
                Cell(text: time(opening.time), style: .dim),
                Cell(text: place(life.local, namespace)),
                Cell(text: Self.text(life.remote)),
                Cell(text: messages.way(opening.way), style: .cyan),
                Cell(text: "-"),
                Cell(text: Self.name(opening.process) + (opening.descriptor.map { " fd \($0)" } ?? "")),
            ], to: &output)
    }

    func stack(_ lines: [String], _ runtime: String?, to output: inout Output) {
        for line in lines + (runtime.map { ["[\($0)]"] } ?? []) {
            output.buffer.append(string: "    " + screen.paint(line.escapedForTerminal, .dim) + "\n")
        }
    }

    private mutating func write(_ cells: [Cell], to output: inout Output) {
        for (index, cell) in cells.enumerated() {
            if index > 0 { output.buffer.append(string: screen.isAligned ? "  " : "\t") }
            output.buffer.append(string: screen.paint(cell.text, cell.style))
            guard screen.isAligned, index < cells.count - 1 else { continue }
            let width = DisplayWidth.of(cell.text)
            widths[index] = max(widths[index], width)
            output.buffer.append(repeating: UInt8(ascii: " "), count: widths[index] - width)
        }
        output.buffer.append(UInt8(ascii: "\n"))
    }

    /// `03:47:30.123456`
    func time(_ monotonic: UInt64) -> String {
        let wall = Int64(bitPattern: monotonic) &+ offset
        let (hour, minute, second) = HostClock.timeOfDay(wall / 1_000_000_000)
        return Self.two(hour) + ":" + Self.two(minute) + ":" + Self.two(second) + "."
            + Self.padded(Int(wall % 1_000_000_000 / 1000), to: 6)
    }

    private func owner(_ process: ProcessIdentity?, _ life: Life, _ listener: ProcessIdentity?) -> String {
        if let process {
            return Self.name(process) + (life.descriptor.map { " fd \($0)" } ?? "")
        }
        return listener.map { messages.waitsFor(Self.name($0)) } ?? messages.nobodySeen
    }

    private func place(_ endpoint: Endpoint, _ namespace: String?) -> String {
        (namespace.map { $0.escapedForTerminal + " " } ?? "") + Self.text(endpoint)
    }

    static func name(_ process: ProcessIdentity) -> String { "\(process.command.escapedForTerminal)[\(process.pid)]" }

    static func text(_ endpoint: Endpoint) -> String {
        var buffer = ByteBuffer(capacity: 64)
        buffer.append(endpoint)
        return buffer.text(from: 0)
    }

    static func duration(_ microseconds: UInt64) -> String {
        var buffer = ByteBuffer(capacity: 64)
        buffer.append(microseconds: microseconds)
        return buffer.text(from: 0)
    }

    private static func two(_ number: Int) -> String { padded(number, to: 2) }

    private static func padded(_ number: Int, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
