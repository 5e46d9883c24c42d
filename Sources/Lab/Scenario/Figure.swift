package import TCP

/// What happened, as RFC 9293's figures show it: the kernel on the left, the peer on the right, a segment a line.
package struct Figure: Sendable {
    package enum Entry: Hashable, Sendable {
        case say(String)
        /// A program's call.
        case call(Party, String)
        case states(kernel: State, peer: State)
        case segment(Line)
        /// An expectation that did not hold.
        case failure(String)
    }

    /// A segment, and the states of both ends when it had left and arrived.
    package struct Line: Hashable, Sendable {
        package var direction: Direction
        /// Its numbers count from 100 and 300 instead of the ends' initial ones, as in RFC 9293.
        package var segment: Segment
        /// After it left; `nil`: it left before, on a line above.
        package var sender: State?
        /// After it arrived; `nil`: it is still on the way.
        package var receiver: State?
        package var isWithheld = false
        /// Since the figure's beginning.
        package var time: Microseconds = 0

        package var kernel: State? { direction == .toKernel ? receiver : sender }
        package var peer: State? { direction == .toKernel ? sender : receiver }
    }

    package var title: String
    /// `10.78.0.1:8080`
    package var kernelName: String
    package var peerName: String
    package var showsTimes: Bool
    package internal(set) var entries: [Entry] = []

    /// All expectations held.
    package var holds: Bool {
        !entries.contains { if case .failure = $0 { true } else { false } }
    }

    mutating func append(_ entry: Entry) { entries.append(entry) }

    /// A packet left or was withheld.
    mutating func left(_ line: Line) { entries.append(.segment(line)) }

    /// It arrived: on the line on which it left, if nothing came between, else on one of its own.
    mutating func arrived(_ segment: Segment, _ direction: Direction, receiver: State, time: Microseconds) {
        if case .segment(var line) = entries.last, line.direction == direction, line.segment == segment,
            line.receiver == nil, !line.isWithheld
        {
            line.receiver = receiver
            entries[entries.count - 1] = .segment(line)
        } else {
            entries.append(
                .segment(Line(direction: direction, segment: segment, sender: nil, receiver: receiver, time: time)))
        }
    }
}

extension Segment {
    /// `<SEQ=100><ACK=301><CTL=SYN,ACK>`, as RFC 9293 writes it; a window only where it is closed.
    package var figureText: String {
        var text = "<SEQ=\(sequence.rawValue)>"
        if control.contains(.ack) { text += "<ACK=\(acknowledgment.rawValue)>" }
        let names: [(Control, String)] = [(.syn, "SYN"), (.fin, "FIN"), (.rst, "RST"), (.ack, "ACK")]
        let set = names.filter { control.contains($0.0) }.map(\.1)
        if !set.isEmpty { text += "<CTL=\(set.joined(separator: ","))>" }
        if payloadCount > 0 { text += "<DATA=\(payloadCount)>" }
        if window == 0, !control.contains(.rst) { text += "<WND=0>" }
        return text
    }
}

/// Counts sequence numbers from where a reader can follow them: 100 for the end that opened, 300 for the other one. A
/// second connection between the same ends goes on with 500 and 700.
struct ReadableNumbers {
    private var bases: [Direction: (initial: SequenceNumber, shown: UInt32)] = [:]
    private var next: UInt32 = 100

    /// The numbers after the last byte that each end has sent without a gap.
    private(set) var ends: [Direction: SequenceNumber] = [:]

    mutating func readable(_ segment: Segment, _ direction: Direction) -> Segment {
        if segment.control.contains(.syn), bases[direction]?.initial != segment.sequence {
            bases[direction] = (segment.sequence, next)
            next += 200
            ends[direction] = nil
        }
        // What lies beyond a gap is no news about what comes next: a forged segment.
        if segment.sequence <= ends[direction] ?? segment.sequence {
            let end = segment.range.end
            if end > ends[direction] ?? end - 1 { ends[direction] = end }
        }
        var shown = segment
        shown.sequence = number(segment.sequence, direction)
        shown.acknowledgment =
            segment.control.contains(.ack) ? number(segment.acknowledgment, direction.reversed) : SequenceNumber(0)
        shown.options = Options()
        return shown
    }

    private func number(_ number: SequenceNumber, _ direction: Direction) -> SequenceNumber {
        guard let base = bases[direction] else { return number }
        return SequenceNumber(base.shown) + (number - base.initial)
    }
}
