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
            // Time is what is left on the clocks.
            for timer in MachineTimer.allCases {
                add(Int(end.machine.pointer.pointee.deadline(of: timer).map { $0 - end.now } ?? -1))
            }
            let trip = end.machine.pointer.pointee.roundTrip
            add(trip.isTiming ? Int(end.now - trip.timedAt) : -1)
            add(end.inbox.count)
            for segment in end.inbox { add(segment) }
        }
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
        let congestion = pointer.pointee.congestion
        add(Int(congestion.mode.rawValue))
        for number in [congestion.window, congestion.threshold, congestion.duplicates] { add(number) }
        add(congestion.recover)
        add(congestion.resent)
        let trip = pointer.pointee.roundTrip
        add(Int(trip.backoffs))
        add(Int(trip.timeout))
        add(Int(trip.smoothed))
        add(Int(pointer.pointee.persistBackoffs))
        add(pointer.pointee.mustResend)
    }
}
