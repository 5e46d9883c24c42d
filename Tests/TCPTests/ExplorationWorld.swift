import Testing

@testable import TCP

/// Two machines, their applications, and a network between them that keeps the order, as a value that can be copied. Time
/// is abstracted: each end has a clock of its own, and a timer fires when nothing is on its way, as its durations are made
/// for, or earlier as a fault.
struct ExplorationWorld {
    enum Call: String, CaseIterable {
        case openActively, openPassively, send, receive, shutdown, close, abort
    }

    enum Event: Hashable, CustomStringConvertible {
        case call(Call, Int)
        /// The first segment on its way to an end arrives; a later one: reordered.
        case arrive(Int, at: Int)
        case lose(Int)
        /// A copy of the first is put behind the others.
        case double(Int)
        case fire(Int)
        /// As a fault, while segments are on their way.
        case fireEarly(Int)

        var isFault: Bool {
            switch self {
            case .lose, .double, .fireEarly: true
            case .arrive(_, let place): place > 0
            case .call, .fire: false
            }
        }

        var description: String {
            func name(_ end: Int) -> String { end == 0 ? "A" : "B" }
            return switch self {
            case .call(let call, let end): "\(name(end)) \(call.rawValue)"
            case .arrive(let end, 0): "arrival at \(name(end))"
            case .arrive(let end, let place): "arrival at \(name(end)) of number \(place)"
            case .lose(let end): "loss on the way to \(name(end))"
            case .double(let end): "a copy on the way to \(name(end))"
            case .fire(let end): "timer of \(name(end))"
            case .fireEarly(let end): "timer of \(name(end)), early"
            }
        }
    }

    struct End {
        var machine: MachineCopy
        var now = Instant(microseconds: 1_000_000)
        /// On their way to it.
        var inbox: [Segment] = []
        var isFresh = true
        var sends: Int
        var written = 0
        var readable = 0
        var hasShutDown = false
        var hasClosed = false
        var hasAborted = false
        var ending: Ending?
        var wasEstablished = false

        var state: State { machine.pointer.pointee.state }
    }

    struct Rules {
        var configuration: Configuration
        var faults: Int
        /// Calls of SEND for each end, and the bytes of each.
        var sends = 1
        var size = 1
        var aborts = true
    }

    let rules: Rules
    var ends: [End]
    var faults: Int

    init(_ rules: Rules) {
        self.rules = rules
        faults = rules.faults
        ends = (0..<2).map { _ in End(machine: MachineCopy(rules.configuration), sends: rules.sends) }
    }

    static let initial = [SequenceNumber(0xffff_fffe), SequenceNumber(300)]

    /// Nothing is on its way.
    var isQuiet: Bool { ends[0].inbox.isEmpty && ends[1].inbox.isEmpty }

    var isOver: Bool { isQuiet && ends.allSatisfy { $0.state == .closed } }

    /// What can happen next.
    var events: [Event] {
        var events: [Event] = []
        for (index, end) in ends.enumerated() {
            for call in Call.allCases where mayCall(call, end) { events.append(.call(call, index)) }
            if !end.inbox.isEmpty { events.append(.arrive(index, at: 0)) }
            if isQuiet, end.machine.pointer.pointee.deadline != nil { events.append(.fire(index)) }
            guard faults > 0 else { continue }
            for place in 1..<max(end.inbox.count, 1) { events.append(.arrive(index, at: place)) }
            if !end.inbox.isEmpty { events += [.lose(index), .double(index)] }
            // TIME_WAIT is longer than anything stays on its way: that is what it is for.
            if !isQuiet, end.state != .timeWait, end.machine.pointer.pointee.deadline != nil {
                events.append(.fireEarly(index))
            }
        }
        return events
    }

    private func mayCall(_ call: Call, _ end: End) -> Bool {
        switch call {
        case .openActively, .openPassively: return end.isFresh
        case .send:
            return end.sends > 0 && !end.hasShutDown
                && [.synSent, .synReceived, .established, .closeWait].contains(end.state)
        case .receive: return !end.hasClosed && end.machine.pointer.pointee.status.unread > 0 && end.state != .closed
        case .shutdown: return !end.hasShutDown && end.state != .closed
        case .close: return !end.hasClosed && end.state != .closed
        case .abort: return rules.aborts && !end.hasAborted && end.state != .closed
        }
    }

    /// What happens when no more goes wrong and both applications read all and close: the first of `events` in this order.
    var wayHome: Event? { wayHome(.close) }

    private func wayHome(_ last: Call) -> Event? {
        for index in 0...1 where !ends[index].inbox.isEmpty { return .arrive(index, at: 0) }
        for call in [Call.receive, last] {
            for index in 0...1 where mayCall(call, ends[index]) { return .call(call, index) }
        }
        for index in 0...1 where ends[index].machine.pointer.pointee.deadline != nil { return .fire(index) }
        return nil
    }

    /// Nothing goes wrong any more, and both applications read and close, until it is over.
    ///
    /// - Parameter last: `.shutdown`: they read to the end.
    /// - Returns: what must not be; `nil` if both are CLOSED in the end.
    mutating func goHome(by last: Call = .close, limit: Int = 20_000) -> String? {
        for _ in 0..<limit {
            guard let event = wayHome(last) else { return isOver ? nil : "a deadlock" }
            if let broken = perform(event) { return broken }
        }
        return "never closes"
    }

    /// Makes it happen.
    ///
    /// - Returns: what must not be; `nil` if all is well.
    mutating func perform(_ event: Event) -> String? {
        if event.isFault { faults -= 1 }
        switch event {
        case .call(let call, let index): return perform(call, index)
        case .arrive(let index, let place):
            let segment = ends[index].inbox.remove(at: place)
            return act(index) { $0.arrive(segment, at: $1) }
        case .lose(let index): ends[index].inbox.removeFirst()
        case .double(let index): ends[index].inbox.append(ends[index].inbox[0])
        case .fire(let index), .fireEarly(let index):
            guard let deadline = ends[index].machine.pointer.pointee.deadline else { return "no timer to fire" }
            ends[index].now = max(ends[index].now, deadline)
            return act(index) { $0.expire(at: $1) }
        }
        return nil
    }

    private mutating func perform(_ call: Call, _ index: Int) -> String? {
        switch call {
        case .openActively:
            ends[index].isFresh = false
            return act(index) { $0.openActively(initialSequence: Self.initial[index], at: $1) }
        case .openPassively:
            ends[index].isFresh = false
            return act(index) { machine, _ in machine.openPassively(initialSequence: Self.initial[index]) }
        case .send:
            ends[index].sends -= 1
            ends[index].written += rules.size
            let size = rules.size
            return act(index) { $0.send(size, at: $1) }
        case .receive: return act(index) { $0.receive($0.status.unread, at: $1) }
        case .shutdown:
            ends[index].hasShutDown = true
            return act(index) { $0.shutdownSend(at: $1) }
        case .close:
            ends[index].hasClosed = true
            ends[index].hasShutDown = true
            return act(index) { $0.close(at: $1) }
        case .abort:
            ends[index].hasAborted = true
            return act(index) { $0.abort(at: $1) }
        }
    }

    private mutating func act(_ index: Int, _ body: (inout ConnectionMachine, Instant) -> Actions) -> String? {
        let other = 1 - index
        // The copy that this world came from keeps its own.
        let machine = MachineCopy(copying: ends[index].machine)
        ends[index].machine = machine
        let actions = body(&machine.pointer.pointee, ends[index].now)
        for segment in actions.segments {
            ends[other].inbox += segment.pieces(of: machine.pointer.pointee.segmentSize)
        }
        ends[index].readable += actions.readable
        if actions.flags.contains(.established) { ends[index].wasEstablished = true }
        if let ending = actions.ending { ends[index].ending = ending }
        if let failure = actions.failure, !ends[index].hasShutDown { return "a call was refused: \(failure)" }
        if (actions.ending != nil) != (machine.pointer.pointee.state == .closed && actions.ending != nil) {
            return "an ending without CLOSED"
        }
        return broken
    }

    // MARK: what must always hold

    private var broken: String? {
        if let pair = forbiddenPair { return pair }
        for index in 0...1 {
            let (end, other) = (ends[index], ends[1 - index])
            let status = end.machine.pointer.pointee.status
            let peer = other.machine.pointer.pointee.status
            if status.sendUnacknowledged > status.sendNext { return "SND.UNA beyond SND.NXT" }
            if status.sendNext > status.sendEnd + 1 { return "SND.NXT beyond what there is to send" }
            if end.readable > other.written { return "more was readable than was written" }
            if end.state == .closed, end.machine.pointer.pointee.deadline != nil { return "a timer runs in CLOSED" }
            if end.state == .timeWait, end.machine.pointer.pointee.deadline(of: .timeWait) == nil {
                return "TIME_WAIT without an end"
            }
            let numbered: Set<State> = [.closed, .listen, .synSent]
            if numbered.contains(end.state) || numbered.contains(other.state) { continue }
            if status.receiveNext > peer.sendNext { return "RCV.NXT beyond the peer's SND.NXT" }
            if status.sendUnacknowledged > peer.receiveNext { return "SND.UNA beyond the peer's RCV.NXT" }
        }
        return nil
    }

    /// What a state says that its end has seen and done; from that alone it follows which states the other end can be in.
    private struct Knowledge {
        var seesSyn = false
        var isSynAcknowledged = false
        var sentFin = false
        var isFinAcknowledged = false
        var seesFin = false

        init(_ state: State) {
            switch state {
            case .closed, .listen, .synSent: break
            case .synReceived: seesSyn = true
            case .established: (seesSyn, isSynAcknowledged) = (true, true)
            // CLOSE in SYN_RCVD leads here before the SYN is acknowledged.
            case .finWait1: (seesSyn, sentFin) = (true, true)
            case .finWait2: (seesSyn, isSynAcknowledged, sentFin, isFinAcknowledged) = (true, true, true, true)
            case .closeWait: (seesSyn, isSynAcknowledged, seesFin) = (true, true, true)
            case .closing: (seesSyn, sentFin, seesFin) = (true, true, true)
            case .lastAck: (seesSyn, isSynAcknowledged, sentFin, seesFin) = (true, true, true, true)
            case .timeWait:
                (seesSyn, isSynAcknowledged, sentFin, isFinAcknowledged, seesFin) = (true, true, true, true, true)
            }
        }
    }

    private var forbiddenPair: String? {
        for index in 0...1 {
            let (end, other) = (ends[index], ends[1 - index])
            let mine = Knowledge(end.state)
            let name =
                "\(end.state.name) beside \(other.isFresh ? "an end that was never opened" : other.state.name.description)"
            // An end that was open and is CLOSED may have been anything before.
            if other.state == .closed, !other.isFresh { continue }
            let theirs = Knowledge(other.state)
            if mine.seesSyn, other.isFresh || other.state == .listen { return "\(name): whose SYN was that?" }
            if mine.isSynAcknowledged, !theirs.seesSyn { return "\(name): who acknowledged the SYN?" }
            if mine.seesFin, !theirs.sentFin { return "\(name): whose FIN was that?" }
            if mine.isFinAcknowledged, !theirs.seesFin { return "\(name): who acknowledged the FIN?" }
        }
        return nil
    }
}

/// A machine that can be copied, which the type forbids for good reasons that do not hold here.
final class MachineCopy {
    let pointer = UnsafeMutablePointer<ConnectionMachine>.allocate(capacity: 1)

    init(_ configuration: Configuration) { pointer.initialize(to: ConnectionMachine(configuration)) }

    init(copying other: MachineCopy) {
        // No part of it owns anything, so its bytes are all there is.
        precondition(_isPOD(ConnectionMachine.self), "a machine that owns something cannot be copied like this")
        UnsafeMutableRawPointer(pointer).copyMemory(
            from: other.pointer, byteCount: MemoryLayout<ConnectionMachine>.stride)
    }

    deinit { pointer.deallocate() }
}
