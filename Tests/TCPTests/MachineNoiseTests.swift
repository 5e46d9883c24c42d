import TCP
import Testing

/// Segments and calls without sense: whatever comes, a machine stays within what it may do.
@Suite struct MachineNoiseTests {
    @Test(arguments: Configuration.Profile.allCases, State.allCases)
    func `noise breaks nothing`(_ profile: Configuration.Profile, _ state: State) {
        for seed in 0..<20 {
            var numbers = Numbers(seed: UInt64(seed))
            var configuration = Configuration(profile)
            configuration.userTimeout = seed % 4 == 0 ? 30_000_000 : nil
            configuration.keepsAlive = seed % 3 == 0
            configuration.challenges = seed % 5 == 0 ? .off : .on
            configuration.reopensFromTimeWait = seed % 2 == 0
            var options = Options(maximumSegmentSize: 1_000, windowScale: 3, sackPermitted: true)
            if seed % 2 == 0 { options.timestamps = Timestamps(value: 1, echo: 0) }
            var machine = MachineFixture.machine(in: state, configuration, options: options)
            var now = MachineFixture.start
            for _ in 0..<300 {
                now = now + Microseconds(numbers.next(below: 2_000_000))
                let before = machine.status
                let actions = noise(&machine, &numbers, now)
                let after = machine.status
                #expect(actions.segmentCount <= 3)
                #expect(after.sendUnacknowledged <= after.sendNext)
                #expect((actions.ending != nil) == (after.state == .closed && before.state != .closed))
                #expect(after.state != .closed || machine.deadline == nil)
                #expect(after.unread >= 0 && after.receiveWindow >= 0)
                if actions.failure != nil { #expect(before == after) }
                if after.state == .closed, before.state == .closed { break }
            }
        }
    }

    private func noise(_ machine: inout ConnectionMachine, _ numbers: inout Numbers, _ now: Instant) -> Actions {
        let status = machine.status
        switch numbers.next(below: 24) {
        case 0: return machine.send(numbers.next(below: 5_000), urgent: numbers.next(below: 5) == 0, at: now)
        case 1: return machine.receive(numbers.next(below: 3_000), at: now)
        case 2: return numbers.next(below: 6) == 0 ? machine.shutdownSend(at: now) : machine.expire(at: now)
        case 3: return numbers.next(below: 10) == 0 ? machine.close(at: now) : machine.expire(at: now)
        case 4: return machine.unreachable(.soft, at: now)
        case 5: return machine.limitSegments(to: numbers.next(below: 2_000), at: now)
        case 6, 7, 8: return machine.expire(at: now)
        default: return machine.arrive(segment(status, &numbers), at: now)
        }
    }

    private func segment(_ status: Status, _ numbers: inout Numbers) -> Segment {
        let control = Control(rawValue: numbers.next(below: 3) == 0 ? UInt8(numbers.next(below: 64)) : 0x10)
        let near = numbers.next(below: 8) - 2
        var options = Options()
        if numbers.next(below: 2) == 0 {
            options.timestamps = Timestamps(value: UInt32(numbers.next(below: 10)), echo: 5_000)
        }
        if numbers.next(below: 3) == 0 {
            let start = status.sendUnacknowledged + numbers.next(below: 5_000)
            options.sackBlocks.append(SequenceRange(start: start, count: numbers.next(below: 3_000)))
        }
        return Segment(
            sequence: status.receiveNext + (near == 5 ? numbers.next(below: 80_000) : near * 400),
            acknowledgment: status.sendUnacknowledged
                + (numbers.next(below: 3) == 0
                    ? numbers.next(below: max(status.sendNext - status.sendUnacknowledged + 1, 1)) : 0),
            control: control, window: UInt16(numbers.next(below: 4) * 3_000),
            urgentPointer: UInt16(numbers.next(below: 2_000)), options: options,
            payloadCount: numbers.next(below: 3) * 700)
    }
}
