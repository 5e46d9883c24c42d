import TCP
import Testing

/// RFC 9293, sections 3.8.3, 3.8.4, 3.8.6.1 and 3.9.1; RFC 8985, section 7.
@Suite struct MachineTimerTests {
    private let now = MachineFixture.start

    private func segment(
        _ control: Control, _ sequence: UInt32, ack: UInt32 = 101, count: Int = 0, window: UInt16 = 20_000
    ) -> Segment {
        MachineFixture.segment(control, sequence, ack: ack, count: count, window: window)
    }

    @Test func `a closed window is probed without end as long as the peer answers`() {
        var configuration = MachineFixture.plain()
        configuration.retries = 3
        var machine = MachineFixture.machine(in: .established, configuration)
        _ = machine.arrive(segment(.ack, 301, window: 0), at: now)
        #expect(machine.send(10, at: now) == [.arm(.persist)])
        var waits: [Microseconds] = []
        var at = now
        for _ in 0..<10 {
            let due = machine.deadline!
            waits.append(due - at)
            at = due
            let probe = machine.expire(at: at)
            #expect(probe.segments.map(\.payloadCount) == [1])
            #expect(probe.segments.map(\.sequence.rawValue) == [101])
            #expect(machine.arrive(segment(.ack, 301, window: 0), at: at).segments.isEmpty)
            #expect(machine.state == .established)
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60].map { $0 * 1_000_000 })
        let opened = machine.arrive(segment(.ack, 301, window: 20_000), at: at)
        #expect(opened.segments.first?.sequence == SequenceNumber(101))
        #expect(opened.cancelled.contains(MachineTimers(.persist)))
        let rest = machine.arrive(segment(.ack, 301, ack: 102), at: at)
        #expect(rest.acknowledged == 1)
        #expect(rest.segments.map(\.payloadCount) == [9])
    }

    @Test(arguments: Configuration.Profile.allCases)
    func `a peer that no longer answers window probes is given up`(_ profile: Configuration.Profile) {
        var configuration = MachineFixture.plain(profile)
        configuration.retries = 3
        var machine = MachineFixture.machine(in: .established, configuration)
        _ = machine.arrive(segment(.ack, 301, window: 0), at: now)
        _ = machine.send(10, at: now)
        for _ in 0..<3 { #expect(machine.expire(at: machine.deadline!).segmentCount == 1) }
        #expect(machine.expire(at: machine.deadline!).ending == .timedOut)
        #expect(machine.state == .closed)
    }

    @Test(arguments: Configuration.Profile.allCases, [0, 30_000])
    func `a reader that stops and goes on gets it all`(_ profile: Configuration.Profile, _ pause: Microseconds) {
        var configuration = Configuration(profile)
        configuration.receiveBufferSize = 4_000
        let wire = MachineWire(client: Configuration(profile), server: configuration)
        wire.readsAtOnce = false
        wire.open()
        wire.call(.client) { $0.send(20_000, at: $1) }
        wire.call(.client) { $0.shutdownSend(at: $1) }
        var consumed = 0
        for _ in 0..<2_000 where wire.state(.server) != .closeWait || consumed < 20_000 {
            wire.run(for: 100_000 + pause)
            let unread = min(wire.status(.server).unread, 700)
            wire.call(.server) { $0.receive(unread, at: $1) }
            consumed += unread
        }
        #expect(consumed == 20_000)
        #expect(wire.state(.server) == .closeWait)
        #expect(wire.state(.client) == .finWait2)
        #expect(wire.faults.isEmpty)
    }

    @Test func `an update of the window that is lost is asked for`() {
        var configuration = Configuration()
        configuration.receiveBufferSize = 2_000
        let wire = MachineWire(server: configuration)
        wire.readsAtOnce = false
        wire.open()
        wire.call(.client) { $0.send(6_000, at: $1) }
        wire.run(for: 1_000_000)
        var drops = true
        wire.fate = { _, sent in drops && sent.from == .server ? [] : [0] }
        wire.call(.server) { $0.receive($0.status.unread, at: $1) }
        drops = false
        wire.readsAtOnce = true
        wire.run(for: 300_000_000)
        #expect(wire.readable[.server] == 6_000)
    }

    @Test func `keepalive asks a silent peer, and ends it after so many questions`() {
        var configuration = MachineFixture.plain()
        configuration.keepsAlive = true
        configuration.keepAliveIdle = 60_000_000
        configuration.keepAliveInterval = 5_000_000
        configuration.keepAliveCount = 2
        var machine = MachineFixture.machine(in: .established, configuration)
        // Hearing something puts it off.
        _ = machine.arrive(segment(.ack, 301), at: now + 20_000_000)
        #expect(machine.expire(at: now + 60_000_000) == [.arm(.keepAlive)])
        let first = machine.expire(at: now + 80_000_000)
        #expect(first == [.send(segment(.ack, 100, ack: 301, window: 10_000)), .arm(.keepAlive)])
        // An answer begins it anew.
        _ = machine.arrive(segment(.ack, 301), at: now + 81_000_000)
        #expect(machine.expire(at: machine.deadline!) == [.arm(.keepAlive)])
        #expect(machine.deadline == now + 141_000_000)
        #expect(machine.expire(at: now + 141_000_000).segmentCount == 1)
        #expect(machine.expire(at: now + 146_000_000).segmentCount == 1)
        #expect(machine.expire(at: now + 151_000_000) == [.notify(.closed(.timedOut))])
        #expect(machine.state == .closed)
    }

    @Test func `keepalive is off unless asked for, and a probe is answered`() {
        var machine = MachineFixture.machine(in: .established)
        #expect(machine.deadline == nil)
        #expect(
            machine.arrive(segment(.ack, 300), at: now) == [.send(segment(.ack, 101, ack: 301, window: 10_000))])
        #expect(machine.state == .established)
        machine.configuration.keepsAlive = true
        #expect(machine.configurationChanged(at: now) == [.arm(.keepAlive)])
    }

    @Test func `the user timeout ends a connection whose data stays unacknowledged`() {
        var configuration = MachineFixture.plain()
        configuration.userTimeout = 3_000_000
        var machine = MachineFixture.machine(in: .established, configuration)
        #expect(machine.send(10, at: now).armed.contains(MachineTimers(.userTimeout)))
        #expect(machine.arrive(segment(.ack, 301, ack: 111), at: now).cancelled.contains(MachineTimers(.userTimeout)))
        _ = machine.send(10, at: now)
        _ = machine.expire(at: now + 1_000_000)
        #expect(machine.state == .established)
        let end = machine.expire(at: now + 3_000_000)
        #expect(end.ending == .timedOut)
        #expect(machine.state == .closed)
        #expect(machine.deadline == nil)
    }

    @Test func `an orphan is given up sooner`() {
        var configuration = MachineFixture.plain()
        configuration.orphanRetries = 1
        var machine = MachineFixture.machine(in: .established, configuration)
        _ = machine.close(at: now)
        #expect(machine.expire(at: machine.deadline!).segmentCount == 1)
        #expect(machine.expire(at: machine.deadline!).ending == .timedOut)
        #expect(machine.state == .closed)
    }

    @Test func `the tail is probed after two round trips`() {
        var configuration = MachineFixture.plain(.linux)
        configuration.offersSACK = true
        configuration.noDelay = true
        var machine = MachineFixture.machine(
            in: .established, configuration, options: Options(maximumSegmentSize: 1_000, sackPermitted: true))
        _ = machine.send(10, at: now)
        _ = machine.arrive(segment(.ack, 301, ack: 111), at: now + 10_000)
        let round = machine.status.smoothedRoundTrip!
        let sent = machine.send(3_000, at: now + 20_000)
        #expect(sent.armed.contains(MachineTimers(.tailLossProbe)))
        let due = now + 20_000 + 2 * round + 2_000
        #expect(machine.deadline == due)
        let probe = machine.expire(at: due)
        #expect(probe.segments.map(\.sequence.rawValue) == [2_111])
        #expect(probe.segments.map(\.payloadCount) == [1_000])
        #expect(!machine.status.timers.contains(MachineTimers(.tailLossProbe)))
        #expect(machine.deadline(of: .retransmission) != nil)
    }

    @Test func `too early nothing happens`() {
        var machine = MachineFixture.machine(in: .timeWait)
        #expect(machine.expire(at: now).isEmpty)
        #expect(machine.state == .timeWait)
    }

    @Test func `an idle connection takes less than a kilobyte`() {
        #expect(MemoryLayout<ConnectionMachine>.size <= 1_024)
    }
}
