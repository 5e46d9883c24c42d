@testable import TCP

/// A joint state in 64 bits, the same on every run: equal for worlds that go on in the same way.
struct ExplorationKey {
    private(set) var value: UInt64 = 0x9e37_79b9_7f4a_7c15

    private mutating func add(_ number: Int) {
        value ^= UInt64(bitPattern: Int64(number))
        value = value &* 0xbf58_476d_1ce4_e5b9
        value ^= value >> 29
        value = value &* 0x94d0_49bb_1331_11eb
        value ^= value >> 32
    }

    private mutating func add(_ flag: Bool) { add(flag ? 1 : 0) }

    private mutating func add(_ number: SequenceNumber) { add(Int(number.rawValue)) }

    init(_ world: ExplorationWorld) {
        add(world.faults)
        for end in world.ends {
            add(end)
            add(end.machine)
            // Of time only the order in which the timers of an end run out: durations belong to what is abstracted.
            add(Self.order(of: end.machine))
            add(end.inbox.count)
            for segment in end.inbox { add(segment) }
        }
    }

    private static func order(of copy: MachineCopy) -> Int {
        let timers = copy.pointer.pointee.timers.armed.rawValue
        // Most of the time one runs, or none.
        if timers & (timers &- 1) == 0 { return Int(timers) }
        let running = MachineTimer.allCases.compactMap { timer in
            copy.pointer.pointee.deadline(of: timer).map { (timer.rawValue, $0) }
        }
        return running.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.reduce(1_000) { $0 * 16 + Int($1.0) }
    }

    private mutating func add(_ end: ExplorationWorld.End) {
        add(end.isFresh)
        add(end.sends)
        add(end.written)
        add(end.readable)
        add(end.hasShutDown)
        add(end.hasClosed)
        add(end.hasAborted)
    }

    private mutating func add(_ segment: Segment) {
        add(segment.sequence)
        add(segment.acknowledgment)
        add(Int(segment.control.rawValue))
        add(Int(segment.window))
        add(segment.payloadCount)
    }

    private mutating func add(_ copy: MachineCopy) {
        let pointer = copy.pointer
        add(Int(pointer.pointee.state.rawValue))
        add(pointer.pointee.phase == .synReceived(passive: true))
        add(pointer.pointee.isOrphan)
        let send = pointer.pointee.send
        for number in [send.initial, send.unacknowledged, send.next, send.end, send.pushed] { add(number) }
        add(send.windowSequence)
        add(send.windowAcknowledgment)
        for number in [send.window, send.largestWindow, send.segmentSize] { add(number) }
        add(send.isClosed)
        let receive = pointer.pointee.receive
        for number in [receive.initial, receive.next, receive.edge, receive.lastAcknowledged] { add(number) }
        add(receive.unread)
        add(receive.finAt.map { Int($0.rawValue) } ?? -1)
        for index in 0..<receive.outOfOrder.count {
            add(receive.outOfOrder[index].start)
            add(receive.outOfOrder[index].end)
        }
        add(Int(receive.waiting))
        // A window that limits nothing is no difference, and the round trip is time.
        let congestion = pointer.pointee.congestion
        add(Int(congestion.mode.rawValue))
        add(congestion.duplicates)
        add(congestion.recover)
        add(congestion.resent)
        add(Int(pointer.pointee.roundTrip.backoffs))
        add(Int(pointer.pointee.persistBackoffs))
        add(pointer.pointee.mustResend)
    }
}
