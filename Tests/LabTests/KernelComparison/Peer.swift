import TCP

/// The other end: knows the numbers of both directions and makes segments of them.
struct Peer {
    static let dataCount = 10
    let initial = SequenceNumber(1_000_000)
    /// Behind our SYN and what the end under test has acknowledged of the rest.
    private(set) var next: SequenceNumber
    /// The end under test's numbers.
    private(set) var subjectInitial: SequenceNumber?
    private(set) var receivedNext = SequenceNumber(0)
    private var isSynAcknowledged = false
    private var isFinAcknowledged = false
    private var finSequence: SequenceNumber?

    init() { next = initial + 1 }

    /// Outside of any window.
    private static let far = 10_000_000

    mutating func segment(_ kind: Step.PeerSegment, isRight: Bool) -> Segment {
        let acknowledgment = isRight ? receivedNext : receivedNext + 100_000
        let sequence = isRight ? next : next + Self.far
        switch kind {
        case .syn:
            return Segment(sequence: isRight ? initial : sequence, control: .syn, window: 65_535)
        case .synAck:
            return Segment(
                sequence: initial, acknowledgment: acknowledgment, control: [.syn, .ack], window: 65_535)
        case .ack:
            return Segment(sequence: next, acknowledgment: acknowledgment, control: .ack, window: 65_535)
        case .data:
            // After our FIN there is nothing new to say: the last bytes come once more.
            let first = isRight && isFinAcknowledged ? next - 1 - Self.dataCount : sequence
            return Segment(
                sequence: first, acknowledgment: receivedNext, control: [.psh, .ack], window: 65_535,
                payloadCount: Self.dataCount)
        case .finAck:
            let first = isRight && isFinAcknowledged ? next - 1 : sequence
            if isRight, isSynAcknowledged { finSequence = first }
            return Segment(sequence: first, acknowledgment: receivedNext, control: [.fin, .ack], window: 65_535)
        case .rst:
            // A wrong one lies inside the window, but not at its edge.
            return Segment(
                sequence: isRight ? next : next + 5, acknowledgment: acknowledgment, control: [.rst, .ack])
        }
    }

    mutating func hears(_ segment: Segment) {
        if segment.control.contains(.syn), subjectInitial != segment.sequence {
            // A first one, or a new connection in the place of one in TIME_WAIT.
            subjectInitial = segment.sequence
            receivedNext = segment.sequence
        }
        if !segment.control.contains(.rst), subjectInitial != nil {
            let end = segment.range.end
            if end > receivedNext { receivedNext = end }
        }
        if segment.control.contains(.ack), !segment.control.contains(.rst) { isAcknowledged(segment.acknowledgment) }
    }

    /// The end under test has all that lies before this number, or will say so soon.
    mutating func isAcknowledged(_ number: SequenceNumber) {
        if number > initial { isSynAcknowledged = true }
        if number > next { next = number }
        if let finSequence, next > finSequence { isFinAcknowledged = true }
    }

    func answer(_ segment: Segment) -> Answer {
        Answer(segment, initial: subjectInitial ?? SequenceNumber(0), peerInitial: initial)
    }
}
