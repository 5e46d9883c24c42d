import TCP
import Testing

@testable import Lab

@Suite struct ReadableNumbersTests {
    private static func segment(
        _ sequence: UInt32, _ control: Control, ack acknowledgment: UInt32 = 0, data: Int = 0
    ) -> Segment {
        Segment(
            sequence: SequenceNumber(sequence), acknowledgment: SequenceNumber(acknowledgment), control: control,
            window: 1, payloadCount: data)
    }

    @Test func `the end that opens counts from 100, the other one from 300, also over the wrap of the numbers`() {
        var numbers = ReadableNumbers()
        func text(_ segment: Segment, _ direction: Direction) -> String {
            numbers.readable(segment, direction).figureText
        }
        let (own, other) = (UInt32.max, UInt32.max - 1)
        #expect(text(Self.segment(own, .syn), .toKernel) == "<SEQ=100><CTL=SYN>")
        #expect(
            text(Self.segment(other, [.syn, .ack], ack: own &+ 1), .fromKernel) == "<SEQ=300><ACK=101><CTL=SYN,ACK>")
        #expect(text(Self.segment(own &+ 1, .ack, ack: other &+ 1), .toKernel) == "<SEQ=101><ACK=301><CTL=ACK>")
        #expect(
            text(Self.segment(other &+ 1, [.ack, .psh], ack: own &+ 1, data: 10), .fromKernel)
                == "<SEQ=301><ACK=101><CTL=ACK><DATA=10>")
        // A SYN that is sent again is no new connection; one with another number is.
        #expect(text(Self.segment(own, .syn), .toKernel) == "<SEQ=100><CTL=SYN>")
        #expect(text(Self.segment(5, .syn), .toKernel) == "<SEQ=500><CTL=SYN>")
    }

    @Test func `what comes next follows what was sent in order, not what lies beyond a gap`() {
        var numbers = ReadableNumbers()
        _ = numbers.readable(Self.segment(9, .syn), .toKernel)
        #expect(numbers.ends[.toKernel] == SequenceNumber(10))
        _ = numbers.readable(Self.segment(10, .ack, data: 5), .toKernel)
        _ = numbers.readable(Self.segment(10, .ack, data: 2), .toKernel)
        #expect(numbers.ends[.toKernel] == SequenceNumber(15))
        _ = numbers.readable(Self.segment(100, .rst), .toKernel)
        #expect(numbers.ends[.toKernel] == SequenceNumber(15))
        #expect(numbers.ends[.fromKernel] == nil)
    }
}

@Suite struct FigureTests {
    private static let segment = Segment(sequence: SequenceNumber(100), control: .syn, window: 1)
    private static let other = Segment(sequence: SequenceNumber(300), control: .syn, window: 1)

    private static func line(_ segment: Segment, _ direction: Direction, isWithheld: Bool = false) -> Figure.Line {
        Figure.Line(direction: direction, segment: segment, sender: .synSent, isWithheld: isWithheld)
    }

    private var figure = Figure(title: "", kernelName: "", peerName: "", showsTimes: false)

    @Test mutating func `a segment that arrives before anything else happens stands on one line`() {
        figure.left(Self.line(Self.segment, .fromKernel))
        figure.arrived(Self.segment, .fromKernel, receiver: .synReceived, time: 1)
        var line = Self.line(Self.segment, .fromKernel)
        line.receiver = .synReceived
        #expect(figure.entries == [.segment(line)])
        #expect(line.kernel == .synSent && line.peer == .synReceived)
    }

    @Test mutating func `segments that cross stand on two lines each`() {
        figure.left(Self.line(Self.segment, .fromKernel))
        figure.left(Self.line(Self.other, .toKernel))
        figure.arrived(Self.other, .toKernel, receiver: .synReceived, time: 1)
        figure.arrived(Self.segment, .fromKernel, receiver: .synReceived, time: 2)
        #expect(figure.entries.count == 3)
        let last = Figure.Line(
            direction: .fromKernel, segment: Self.segment, sender: nil, receiver: .synReceived, time: 2)
        #expect(figure.entries.last == .segment(last))
    }

    @Test mutating func `what was withheld does not arrive, its repetition does`() {
        figure.left(Self.line(Self.segment, .fromKernel, isWithheld: true))
        figure.left(Self.line(Self.segment, .fromKernel))
        figure.arrived(Self.segment, .fromKernel, receiver: .synReceived, time: 1)
        #expect(figure.entries.count == 2)
        #expect(figure.holds)
        figure.append(.failure("not so"))
        #expect(!figure.holds)
    }
}

@Suite struct HeldStateTests {
    @Test(arguments: [
        ("close-wait", HeldState.closeWait), ("CLOSE_WAIT", .closeWait), ("syn-recv", .synReceived),
        ("SYN_RCVD", .synReceived), ("estab", .established), ("Listening", .listen), ("fin-wait1", .finWait1),
        ("FIN_WAIT_2_ORPHAN", .finWait2Orphan), ("time-wait-fin-ack", .timeWaitFinAck), ("time-wait", .timeWait),
        ("closed", .closed),
    ])
    func `a state goes by every name that the filter knows`(name: String, state: HeldState) throws {
        #expect(try HeldState(named: name) == state)
    }

    @Test(arguments: ["", "all", "connected", "close-wait-x-y-z", "bogus"])
    func `what is no single state is refused`(name: String) {
        #expect(throws: LabError.self) { try HeldState(named: name) }
    }

    @Test func `each of the eleven states can be held, and a typing error is understood`() {
        #expect(Set(HeldState.allCases.map(\.state)) == Set(State.allCases))
        let error = #expect(throws: LabError.self) { try HeldState(named: "close-wiat") }
        #expect(error?.next.contains("did you mean close-wait?") == true)
    }
}
