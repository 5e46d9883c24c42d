import TCP

/// One thing that happens to the end under test: its own application calls, or a segment comes from the peer.
enum Step: Hashable, CustomStringConvertible {
    case call(Call)
    case segment(PeerSegment, isRight: Bool)

    enum Call: String, CaseIterable { case send, receive, shutdown, close, abort }

    /// What the peer sends, with the numbers that a correct peer would put there, or with a wrong one.
    enum PeerSegment: String, CaseIterable { case syn, synAck, ack, data, finAck, rst }

    /// A wrong reset lies inside the window and is not at its edge; the other wrong numbers are far outside.
    static let all: [Step] =
        Call.allCases.map(Step.call)
        + PeerSegment.allCases.flatMap { [.segment($0, isRight: true), .segment($0, isRight: false)] }

    var description: String {
        switch self {
        case .call(let call): call.rawValue
        case .segment(let segment, let isRight): isRight ? "<\(segment.rawValue)>" : "<wrong \(segment.rawValue)>"
        }
    }
}

/// How the connection begins: the end under test listens, or has called connect and its SYN is on the way.
enum Opening: String, CaseIterable { case passive, active }

/// What came back, without what has no place in the comparison: windows, options, PSH. Numbers count from each side's own
/// initial one.
struct Answer: Hashable, CustomStringConvertible {
    var control: Control
    /// From the initial sequence number of the end under test.
    var sequence: Int
    /// From the peer's; `nil` without ACK.
    var acknowledgment: Int?
    var payloadCount: Int

    init(_ segment: Segment, initial: SequenceNumber, peerInitial: SequenceNumber) {
        control = segment.control.subtracting(.psh)
        sequence = segment.sequence - initial
        acknowledgment = segment.control.contains(.ack) ? segment.acknowledgment - peerInitial : nil
        payloadCount = segment.payloadCount
    }

    var description: String {
        let names: [(Control, String)] = [(.syn, "SYN"), (.fin, "FIN"), (.rst, "RST"), (.ack, "ACK"), (.urg, "URG")]
        let name = names.filter { control.contains($0.0) }.map(\.1).joined(separator: "+")
        return "\(name) seq \(sequence)" + (acknowledgment.map { " ack \($0)" } ?? "")
            + (payloadCount > 0 ? " \(payloadCount) bytes" : "")
    }
}

/// What one step led to.
struct Outcome: Hashable, CustomStringConvertible {
    /// `nil`: there is no connection (closed, or only a listener).
    var state: State?
    var answers: [Answer]
    /// Bytes that the application took from the connection by a call.
    var read = 0
    var isRefused = false

    var description: String {
        "\(state.map(\.name.description) ?? "none")" + (answers.isEmpty ? "" : " \(answers)")
            + (read > 0 ? " read \(read)" : "") + (isRefused ? " refused" : "")
    }
}
