import TCP

/// What must hold for a machine, whatever the calls, segments and times: the bytes are read as a list of events.
///
/// - Returns: what does not hold; `nil` if all does.
package func checkMachine(_ bytes: [UInt8]) -> String? {
    var input = Input(bytes)
    guard let first = input.next() else { return nil }
    var session = MachineSession(first)
    while let choice = input.next() {
        if let broken = session.perform(choice, &input) { return broken }
    }
    return nil
}

/// Bytes, one after the other; nothing at all past the end.
private struct Input {
    private var bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() -> UInt8? {
        guard offset < bytes.count else { return nil }
        offset += 1
        return bytes[offset - 1]
    }

    mutating func byte() -> UInt8 { next() ?? 0 }
    mutating func word() -> UInt16 { UInt16(byte()) << 8 | UInt16(byte()) }
    mutating func long() -> UInt32 { UInt32(word()) << 16 | UInt32(word()) }
}

private struct MachineSession: ~Copyable {
    private enum Event {
        case call, arrival, timeout
    }

    private var machine: ConnectionMachine
    private var now = Instant(microseconds: 1_000_000)
    private var lastTimeout = Instant(microseconds: 0)
    private var timeouts = 0

    init(_ choice: UInt8) {
        let profiles = Configuration.Profile.allCases
        var configuration = Configuration(profiles[Int(choice & 3) % profiles.count])
        if choice & 4 != 0 { configuration.challenges = .off }
        if choice & 8 != 0 { configuration.keepsAlive = true }
        if choice & 16 != 0 { configuration.userTimeout = 30_000_000 }
        if choice & 32 != 0 { configuration.receiveBufferSize = 100 }
        if choice & 64 != 0 { configuration.reopensFromTimeWait = true }
        if choice & 128 != 0 { configuration.noDelay = true }
        machine = ConnectionMachine(configuration)
    }

    mutating func perform(_ choice: UInt8, _ input: inout Input) -> String? {
        let before = machine.status
        switch choice % 13 {
        case 0:
            return check(machine.openPassively(initialSequence: SequenceNumber(input.long())), before, .call)
        case 1:
            return check(machine.openActively(initialSequence: SequenceNumber(input.long()), at: now), before, .call)
        case 2, 3, 4:
            let segment = segment(&input, before)
            let actions = machine.arrive(segment, at: now)
            let kept = actions.stored
            if !kept.isEmpty, kept.start < segment.payload.start || kept.end > segment.payload.end {
                return "keeps bytes that the segment does not have"
            }
            return check(actions, before, .arrival)
        case 5:
            now = now + Microseconds(input.long())
            return check(machine.expire(at: now), before, .timeout)
        case 6:
            guard let deadline = machine.deadline else { return nil }
            now = max(now, deadline)
            timeouts = lastTimeout == now ? timeouts + 1 : 0
            lastTimeout = now
            if timeouts > 8 { return "its timers run out again and again at one time" }
            return check(machine.expire(at: now), before, .timeout)
        case 7:
            let count = Int(input.word())
            // A driver's send buffer is bounded.
            if before.sendEnd - before.sendUnacknowledged + count > 1 << 28 { return nil }
            let flags = input.byte()
            return check(machine.send(count, push: flags & 1 == 0, urgent: flags & 2 != 0, at: now), before, .call)
        case 8:
            return check(machine.receive(Int(input.word()), at: now), before, .call)
        case 9:
            return check(machine.shutdownSend(at: now), before, .call)
        case 10:
            return check(machine.close(at: now), before, .call)
        case 11:
            return check(machine.abort(at: now), before, .call)
        default:
            switch input.byte() % 4 {
            case 0: return check(machine.unreachable(.soft, at: now), before, .call)
            case 1: return check(machine.unreachable(.hard, at: now), before, .call)
            case 2: return check(machine.shutdownReceive(at: now), before, .call)
            default:
                machine.configuration.noDelay.toggle()
                return check(machine.configurationChanged(at: now), before, .call)
            }
        }
    }

    /// Numbers near those that the machine expects, or any.
    private func segment(_ input: inout Input, _ status: Status) -> Segment {
        let control = Control(rawValue: input.byte())
        let modes = input.byte()
        let sequenceOffset = Int(Int16(bitPattern: input.word()))
        let acknowledgmentOffset = Int(Int16(bitPattern: input.word()))
        let bases = [status.receiveNext, status.initialReceive, status.receiveNext + status.receiveWindow]
        let sequence = modes & 3 == 3 ? SequenceNumber(input.long()) : bases[Int(modes & 3)] + sequenceOffset
        let ends = [status.sendNext, status.sendUnacknowledged, status.sendEnd]
        let acknowledgment =
            modes >> 2 & 3 == 3 ? SequenceNumber(input.long()) : ends[Int(modes >> 2 & 3)] + acknowledgmentOffset
        var options = Options()
        if modes & 16 != 0 {
            options.maximumSegmentSize = input.word()
            options.windowScale = input.byte()
        }
        options.sackPermitted = modes & 32 != 0
        if modes & 64 != 0 { options.timestamps = Timestamps(value: input.long(), echo: input.long()) }
        if modes & 128 != 0 {
            options.sackBlocks.append(
                SequenceRange(
                    start: status.sendUnacknowledged + Int(Int16(bitPattern: input.word())), count: Int(input.word())))
        }
        return Segment(
            sequence: sequence, acknowledgment: acknowledgment, control: control, window: input.word(),
            urgentPointer: control.contains(.urg) ? input.word() : 0, options: options,
            payloadCount: Int(input.word() % 2_048))
    }

    private func check(_ actions: Actions, _ before: Status, _ event: Event) -> String? {
        let after = machine.status
        if actions.failure != nil, after.state != before.state || actions.segmentCount > 0 {
            return "a call that was refused had an effect"
        }
        if !Self.follows(after.state, before.state, event) {
            return "\(before.state) became \(after.state) by \(event)"
        }
        if actions.ending != nil, after.state != .closed { return "an ending in \(after.state)" }
        if actions.ending == nil, after.state == .closed, before.state != .closed { return "CLOSED without an ending" }
        if after.state == .closed || after.state == .listen, machine.deadline != nil {
            return "a timer runs in \(after.state)"
        }
        if after.state == .timeWait, machine.deadline(of: .timeWait) == nil { return "TIME_WAIT without an end" }
        if after.state != .closed {
            if after.sendUnacknowledged > after.sendNext { return "SND.UNA beyond SND.NXT" }
            if after.sendNext > after.sendEnd + 1 { return "SND.NXT beyond what there is" }
        }
        if after.receiveWindow < 0 { return "a window below zero" }
        if after.unread < 0 || after.unread > Int(machine.configuration.receiveBufferSize) + 65_535 {
            return "more unread than there is room for"
        }
        if after.segmentSize < 1 { return "segments without room" }
        if actions.acknowledged < 0 || actions.readable < 0 { return "a count below zero" }
        for segment in actions.segments {
            for order in OptionOrder.allCases where segment.options.count(order) > Options.limit {
                return "options that fit no header"
            }
            if segment.payloadCount < 0 { return "a payload below zero" }
            if segment.payloadCount > 0, segment.payload.end > after.sendEnd, after.state != .closed {
                return "sends bytes that there are not"
            }
        }
        return nil
    }

    /// RFC 9293, figure 5, and what one event does in several of its steps.
    private static func follows(_ state: State, _ before: State, _ event: Event) -> Bool {
        if state == before { return true }
        switch (event, before) {
        case (.call, .closed): return state == .listen || state == .synSent
        case (.call, .listen): return state == .synSent || state == .closed
        case (.call, .synReceived), (.call, .established): return state == .finWait1 || state == .closed
        case (.call, .closeWait): return state == .lastAck || state == .closed
        case (.call, _): return state == .closed
        case (.timeout, _): return state == .closed
        case (.arrival, .closed): return false
        case (.arrival, .listen): return state == .synReceived
        case (.arrival, .synSent): return [.synReceived, .established, .closeWait, .closed].contains(state)
        case (.arrival, .synReceived):
            return [.listen, .established, .closeWait, .finWait1, .closing, .closed].contains(state)
        case (.arrival, .established): return state == .closeWait || state == .closed
        case (.arrival, .finWait1): return [.finWait2, .closing, .timeWait, .closed].contains(state)
        case (.arrival, .finWait2): return state == .timeWait || state == .closed
        case (.arrival, .closing): return state == .timeWait || state == .closed
        case (.arrival, .closeWait), (.arrival, .lastAck), (.arrival, .timeWait): return state == .closed
        }
    }
}
