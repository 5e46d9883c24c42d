/// What one event makes the driver do, in the order in which it is to be done. Nothing of it lies on the heap.
///
/// It is a sequence of `Action`, and an array literal of them compares equal whatever the order written. A driver that
/// must be quick reads the parts instead: `stored`, `readable`, `segmentCount` and `segment(_:)`, `ending` …
package struct Actions: Hashable, Sendable {
    /// The bytes of the arrived segment to keep; empty: none.
    package internal(set) var stored = SequenceRange(start: SequenceNumber(0), count: 0)
    /// Bytes that the peer has acknowledged by this event.
    package internal(set) var acknowledged = 0
    /// Bytes that became readable by this event.
    package internal(set) var readable = 0
    /// The timers started, and those stopped, by this event.
    package internal(set) var armed: MachineTimers = []
    package internal(set) var cancelled: MachineTimers = []
    /// Which of the simple notices there are.
    package internal(set) var flags: Flags = []
    package internal(set) var failure: CallError?
    package internal(set) var trouble: Trouble?
    package internal(set) var ending: Ending?
    /// With `.urgent`: where the urgent data ends. With `.reopen`: what the new initial number must exceed.
    package internal(set) var mark = SequenceNumber(0)
    package internal(set) var segmentCount: UInt8 = 0
    var first: Segment = .none
    var second: Segment = .none
    var third: Segment = .none

    /// Notices without a value of their own.
    package struct Flags: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static var established: Self { Self(rawValue: 1) }
        package static var peerClosed: Self { Self(rawValue: 2) }
        package static var listeningAgain: Self { Self(rawValue: 4) }
        package static var urgent: Self { Self(rawValue: 8) }
        package static var reopen: Self { Self(rawValue: 16) }
    }

    package init() {}

    /// So many segments one event sends at most.
    static let segmentCapacity: UInt8 = 3

    /// Segment `index` of `segmentCount`.
    package func segment(_ index: Int) -> Segment {
        precondition(index >= 0 && index < Int(segmentCount), "a segment that is not there")
        return switch index {
        case 0: first
        case 1: second
        default: third
        }
    }

    /// Nothing is to be done.
    package var isEmpty: Bool {
        segmentCount == 0 && stored.isEmpty && acknowledged == 0 && readable == 0 && armed.isEmpty && cancelled.isEmpty
            && flags.isEmpty && failure == nil && trouble == nil && ending == nil
    }

    var hasRoom: Bool { segmentCount < Self.segmentCapacity }

    mutating func send(_ segment: Segment) {
        switch segmentCount {
        case 0: first = segment
        case 1: second = segment
        case 2: third = segment
        default: preconditionFailure("more segments than one event may send")
        }
        segmentCount += 1
    }

    static func failing(_ error: CallError) -> Self {
        var actions = Self()
        actions.failure = error
        return actions
    }
}

extension Segment {
    static var none: Self { Self(sequence: SequenceNumber(0), control: []) }
}

extension Actions: ExpressibleByArrayLiteral {
    package init(arrayLiteral elements: Action...) {
        for element in elements { add(element) }
    }

    private mutating func add(_ action: Action) {
        switch action {
        case .fail(let error): failure = error
        case .store(let range): stored = range
        case .send(let segment): send(segment)
        case .arm(let timer): armed.insert(MachineTimers(timer))
        case .cancel(let timer): cancelled.insert(MachineTimers(timer))
        case .notify(let notice): add(notice)
        }
    }

    private mutating func add(_ notice: Notice) {
        switch notice {
        case .established: flags.insert(.established)
        case .acknowledged(let count): acknowledged += count
        case .readable(let count): readable += count
        case .urgent(let end): (flags, mark) = (flags.union(.urgent), end)
        case .peerClosed: flags.insert(.peerClosed)
        case .listeningAgain: flags.insert(.listeningAgain)
        case .trouble(let what): trouble = what
        case .reopen(let number): (flags, mark) = (flags.union(.reopen), number)
        case .closed(let how): ending = how
        }
    }
}

extension Actions: Sequence {
    /// In the order in which a driver does them: keep the bytes, tell the application, send, see to the timers; the
    /// ending is the last.
    package func makeIterator() -> IndexingIterator<[Action]> { list.makeIterator() }

    package var list: [Action] {
        var list: [Action] = []
        if let failure { list.append(.fail(failure)) }
        if !stored.isEmpty { list.append(.store(stored)) }
        if flags.contains(.established) { list.append(.notify(.established)) }
        if acknowledged > 0 { list.append(.notify(.acknowledged(acknowledged))) }
        if readable > 0 { list.append(.notify(.readable(readable))) }
        if flags.contains(.urgent) { list.append(.notify(.urgent(mark))) }
        if flags.contains(.peerClosed) { list.append(.notify(.peerClosed)) }
        if flags.contains(.listeningAgain) { list.append(.notify(.listeningAgain)) }
        if let trouble { list.append(.notify(.trouble(trouble))) }
        for index in 0..<Int(segmentCount) { list.append(.send(segment(index))) }
        for timer in MachineTimer.allCases where cancelled.contains(MachineTimers(timer)) {
            list.append(.cancel(timer))
        }
        for timer in MachineTimer.allCases where armed.contains(MachineTimers(timer)) { list.append(.arm(timer)) }
        if flags.contains(.reopen) { list.append(.notify(.reopen(after: mark))) }
        if let ending { list.append(.notify(.closed(ending))) }
        return list
    }

    /// The segments alone.
    package var segments: [Segment] { (0..<Int(segmentCount)).map(segment) }
}
