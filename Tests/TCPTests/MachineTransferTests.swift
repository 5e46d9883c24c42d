import TCP
import Testing

/// Data in ESTABLISHED: RFC 9293, sections 3.7.4, 3.8.6 and 3.10.7.4; RFC 2018, 5681, 6582, 7323.
@Suite struct MachineTransferTests {
    private let now = MachineFixture.start

    private func segment(
        _ control: Control, _ sequence: UInt32, ack: UInt32 = 101, count: Int = 0, window: UInt16 = 20_000,
        options: Options = Options()
    ) -> Segment {
        MachineFixture.segment(control, sequence, ack: ack, count: count, window: window, options: options)
    }

    private func range(_ start: UInt32, _ end: UInt32) -> SequenceRange {
        SequenceRange(start: SequenceNumber(start), end: SequenceNumber(end))
    }

    private func established(
        sack: Bool = false, timestamps: UInt32? = nil, _ change: (inout Configuration) -> Void = { _ in }
    ) -> ConnectionMachine {
        var configuration = MachineFixture.plain()
        configuration.offersSACK = sack
        configuration.offersTimestamps = timestamps != nil
        configuration.noDelay = true
        change(&configuration)
        var options = Options(maximumSegmentSize: 1_000, sackPermitted: sack)
        if let timestamps { options.timestamps = Timestamps(value: timestamps, echo: 0) }
        return MachineFixture.machine(in: .established, configuration, options: options)
    }

    // MARK: acknowledging

    @Test func `the first segment's ACK waits, the second's does not`() {
        var machine = established()
        let first = machine.arrive(segment(.ack, 301, count: 100), at: now)
        #expect(
            first == [.store(range(301, 401)), .notify(.readable(100)), .arm(.delayedAcknowledgment)])
        #expect(machine.deadline == now + 200_000)
        let second = machine.arrive(segment(.ack, 401, count: 100), at: now)
        #expect(
            second == [
                .store(range(401, 501)), .notify(.readable(100)),
                .send(segment(.ack, 101, ack: 501, window: 9_800)), .cancel(.delayedAcknowledgment),
            ])
    }

    @Test func `a delayed ACK goes alone when its time is up, or with data before`() {
        var machine = established()
        _ = machine.arrive(segment(.ack, 301, count: 100), at: now)
        #expect(machine.expire(at: now + 199_999).isEmpty)
        #expect(machine.expire(at: now + 200_000) == [.send(segment(.ack, 101, ack: 401, window: 9_900))])
        #expect(machine.deadline == nil)
        _ = machine.arrive(segment(.ack, 401, count: 100), at: now + 300_000)
        let data = machine.send(7, at: now + 300_000)
        #expect(data.segments == [segment([.ack, .psh], 101, ack: 501, count: 7, window: 9_800)])
        #expect(data.cancelled == MachineTimers(.delayedAcknowledgment))
    }

    @Test func `what is behind a gap is kept, acknowledged at once, and delivered when the gap is filled`() {
        var machine = established(sack: true)
        let behind = machine.arrive(segment(.ack, 401, count: 100), at: now)
        #expect(behind.stored == range(401, 501))
        #expect(behind.readable == 0)
        #expect(behind.segments[0].acknowledgment == SequenceNumber(301))
        #expect(behind.segments[0].options.sackBlocks[0] == range(401, 501))
        let further = machine.arrive(segment(.ack, 601, count: 100), at: now)
        // RFC 2018, section 4: the latest block first.
        #expect(further.segments[0].options.sackBlocks[0] == range(601, 701))
        #expect(further.segments[0].options.sackBlocks[1] == range(401, 501))
        let filled = machine.arrive(segment(.ack, 301, count: 100), at: now)
        #expect(filled.readable == 200)
        #expect(filled.segments[0].acknowledgment == SequenceNumber(501))
        #expect(filled.segments[0].options.sackBlocks.count == 1)
        #expect(machine.status.unread == 200)
    }

    @Test func `a ninth gap does not fit and its segment is dropped, one in order still is taken`() {
        var machine = established()
        for gap in 0..<8 {
            #expect(!machine.arrive(segment(.ack, 401 + UInt32(gap) * 200, count: 100), at: now).stored.isEmpty)
        }
        let ninth = machine.arrive(segment(.ack, 401 + 8 * 200, count: 100), at: now)
        #expect(ninth.stored.isEmpty)
        #expect(ninth.segments.map(\.acknowledgment) == [SequenceNumber(301)])
        #expect(machine.arrive(segment(.ack, 301, count: 50), at: now).readable == 50)
        #expect(machine.arrive(segment(.ack, 351, count: 50), at: now).readable == 150)
    }

    @Test func `a duplicate is acknowledged at once and named by D-SACK`() {
        var machine = established(sack: true)
        _ = machine.arrive(segment(.ack, 301, count: 100), at: now)
        let again = machine.arrive(segment(.ack, 301, count: 100), at: now)
        #expect(again.stored.isEmpty)
        #expect(again.segments[0].acknowledgment == SequenceNumber(401))
        #expect(again.segments[0].options.sackBlocks[0] == range(301, 401))
        #expect(machine.status.unread == 100)
    }

    @Test func `a segment is cut to the window on both sides`() {
        var machine = established()
        _ = machine.arrive(segment(.ack, 301, count: 100), at: now)
        let left = machine.arrive(segment(.ack, 351, count: 100), at: now)
        #expect(left.stored == range(401, 451))
        #expect(left.readable == 50)
        // 200 bytes and the FIN lie beyond the right edge at 10301.
        let actions = machine.arrive(segment([.ack, .fin], 451, count: 10_050), at: now)
        #expect(actions.stored == range(451, 10_301))
        #expect(actions.readable == 9_850)
        #expect(machine.state == .established)
        #expect(machine.status.receiveWindow == 0)
        #expect(actions.segments.map(\.window) == [0])
    }

    @Test func `with the window closed an ACK still counts, data does not`() {
        var machine = established()
        _ = machine.arrive(segment(.ack, 301, count: 10_000), at: now)
        _ = machine.expire(at: now + 200_000)
        _ = machine.send(10, at: now)
        let actions = machine.arrive(segment(.ack, 10_301, ack: 111, count: 1), at: now)
        #expect(actions.acknowledged == 10)
        #expect(actions.stored.isEmpty)
        #expect(actions.segments.map(\.window) == [0])
        #expect(actions.segments.map(\.acknowledgment) == [SequenceNumber(10_301)])
    }

    @Test func `the window opens by a segment's worth at least`() {
        var machine = established()
        _ = machine.arrive(segment(.ack, 301, count: 10_000), at: now)
        _ = machine.expire(at: now + 200_000)
        #expect(machine.receive(500, at: now).isEmpty)
        #expect(machine.receive(500, at: now).isEmpty)
        #expect(machine.receive(2_000, at: now).segments.map(\.window) == [3_000])
        #expect(machine.status.receiveWindow == 3_000)
    }

    @Test func `a segment without ACK, or with one for what was never sent, is dropped`() {
        var machine = established()
        #expect(machine.arrive(segment([], 301, count: 100), at: now).isEmpty)
        let early = machine.arrive(segment(.ack, 301, ack: 102, count: 100), at: now)
        #expect(early == [.send(segment(.ack, 101, ack: 301, window: 10_000))])
        #expect(machine.status.receiveNext == SequenceNumber(301))
    }

    // MARK: sending

    @Test func `as much goes as both windows allow, in whole segments`() {
        var machine = established()
        let first = machine.send(50_000, at: now)
        // RFC 5681: four segments of 1000 bytes.
        #expect(first.segments == [segment(.ack, 101, ack: 301, count: 4_000, window: 10_000)])
        #expect(first.armed == MachineTimers(.retransmission))
        let more = machine.arrive(segment(.ack, 301, ack: 2_101), at: now + 10_000)
        #expect(more.acknowledged == 2_000)
        #expect(more.segments.map(\.payload) == [range(4_101, 7_101)])
        // The peer's window is the limit now.
        let little = machine.arrive(segment(.ack, 301, ack: 7_101, window: 2_500), at: now + 20_000)
        #expect(little.segments.map(\.payload) == [range(7_101, 9_101)])
        #expect(machine.status.sendWindow == 2_500)
    }

    @Test func `Nagle keeps a short segment while something is unacknowledged`() {
        var machine = established { $0.noDelay = false }
        #expect(machine.send(10, at: now).segments.map(\.payloadCount) == [10])
        #expect(machine.send(10, at: now).segments.isEmpty)
        #expect(machine.send(985, at: now).segments.isEmpty)
        #expect(machine.send(10, at: now).segments.map(\.payloadCount) == [1_000])
        let rest = machine.arrive(segment(.ack, 301, ack: 1_111), at: now)
        #expect(rest.segments.map(\.payloadCount) == [5])
        // TCP_NODELAY set while something waits sends it.
        #expect(machine.send(3, at: now).segments.isEmpty)
        machine.configuration.noDelay = true
        #expect(machine.configurationChanged(at: now).segments.map(\.payloadCount) == [3])
    }

    @Test func `PSH stands on the last segment of a write`() {
        var machine = established()
        let burst = machine.send(2_500, at: now).segment(0)
        let pieces = Array(burst.pieces(of: machine.segmentSize))
        #expect(pieces.map(\.payloadCount) == [1_000, 1_000, 500])
        #expect(pieces.map(\.sequence.rawValue) == [101, 1_101, 2_101])
        #expect(pieces.map(\.control) == [.ack, .ack, [.ack, .psh]])
        var unpushed = established()
        #expect(unpushed.send(10, push: false, at: now).segment(0).control == .ack)
    }

    @Test func `urgent data carries URG and where it ends, and is announced to the reader`() {
        var machine = established()
        let sent = machine.send(10, urgent: true, at: now).segment(0)
        #expect(sent.control == [.ack, .psh, .urg])
        #expect(sent.urgentPointer == 10)
        var reader = established()
        var urgent = segment([.ack, .urg], 301, count: 10)
        urgent.urgentPointer = 10
        let actions = reader.arrive(urgent, at: now)
        #expect(actions.contains(.notify(.urgent(SequenceNumber(311)))))
        #expect(actions.readable == 10)
    }

    // MARK: losses

    @Test func `an unacknowledged segment is sent again after the timeout, later each time`() {
        var machine = established()
        _ = machine.send(2_500, at: now)
        var at = now
        for wait in [1, 2, 4, 8] as [Microseconds] {
            at = at + wait * 1_000_000
            #expect(machine.deadline == at)
            let again = machine.expire(at: at)
            #expect(again.segments == [segment(.ack, 101, ack: 301, count: 1_000, window: 10_000)])
        }
        #expect(machine.status.congestionWindow == 1_000)
        #expect(machine.status.slowStartThreshold == 2_000)
        // What was lost goes again, as fast as slow start allows.
        let next = machine.arrive(segment(.ack, 301, ack: 1_101), at: at)
        #expect(next.segments.map(\.payload) == [range(1_101, 2_101), range(2_101, 2_601)])
        #expect(machine.state == .established)
    }

    @Test func `R1 is told of, R2 ends it`() {
        var machine = established {
            $0.retries = 5
            $0.softRetries = 2
        }
        _ = machine.send(10, at: now)
        var troubles: [Trouble?] = []
        for _ in 0..<5 {
            let actions = machine.expire(at: machine.deadline!)
            #expect(actions.segmentCount == 1)
            troubles.append(actions.trouble)
        }
        #expect(troubles == [nil, .manyRetransmissions, nil, nil, nil])
        #expect(machine.expire(at: machine.deadline!) == [.notify(.closed(.timedOut))])
        #expect(machine.state == .closed)
    }

    @Test func `three duplicate ACKs bring fast retransmit, a partial ACK the next hole`() {
        var machine = established { $0.initialWindowSegments = 10 }
        _ = machine.send(20_000, at: now)
        let duplicate = segment(.ack, 301, ack: 101)
        // RFC 3042: the first two let new data go.
        #expect(machine.arrive(duplicate, at: now).segments.map(\.payload) == [range(10_101, 11_101)])
        #expect(machine.arrive(duplicate, at: now).segments.map(\.payload) == [range(11_101, 12_101)])
        let third = machine.arrive(duplicate, at: now)
        #expect(third.segments == [segment(.ack, 101, ack: 301, count: 1_000, window: 10_000)])
        #expect(machine.status.slowStartThreshold == 6_000)
        let partial = machine.arrive(segment(.ack, 301, ack: 3_101), at: now)
        #expect(partial.segments.first?.payload == range(3_101, 4_101))
        let full = machine.arrive(segment(.ack, 301, ack: 12_101), at: now)
        #expect(full.acknowledged == 9_000)
        #expect(machine.status.congestionWindow <= 6_000)
        #expect(full.segments.first?.payload.start == SequenceNumber(12_101))
    }

    @Test func `with SACK only the holes go again`() {
        var machine = established(sack: true) { $0.initialWindowSegments = 10 }
        _ = machine.send(10_000, at: now)
        func sack(_ blocks: [SequenceRange]) -> Segment {
            var list = SACKBlocks()
            for block in blocks { list.append(block) }
            return segment(.ack, 301, ack: 101, options: Options(sackBlocks: list))
        }
        #expect(machine.arrive(sack([range(1_101, 2_101)]), at: now).segments.isEmpty)
        #expect(machine.arrive(sack([range(3_101, 4_101), range(1_101, 2_101)]), at: now).segments.isEmpty)
        let third = machine.arrive(sack([range(3_101, 6_101), range(1_101, 2_101)]), at: now)
        // 1 to 1000 and 2001 to 3000 are missing; more than two segments are held beyond both.
        #expect(third.segments.first?.payload == range(101, 1_101))
        let more = machine.arrive(sack([range(3_101, 10_101), range(1_101, 2_101)]), at: now)
        #expect(third.segments.count + more.segments.count == 2)
        #expect((third.segments + more.segments).last?.payload == range(2_101, 3_101))
        #expect(machine.arrive(segment(.ack, 301, ack: 10_101), at: now).cancelled.contains(.init(.retransmission)))
        #expect(machine.deadline == nil)
    }

    // MARK: timestamps

    @Test func `an old timestamp marks an old segment`() {
        var machine = established(timestamps: 1_000)
        func stamped(_ value: UInt32, _ sequence: UInt32) -> Segment {
            segment(
                .ack, sequence, count: 100, options: Options(timestamps: Timestamps(value: value, echo: 5_000)))
        }
        #expect(machine.arrive(stamped(1_001, 301), at: now).readable == 100)
        let old = machine.arrive(stamped(999, 401), at: now)
        #expect(old.readable == 0)
        #expect(old.segments.map(\.acknowledgment) == [SequenceNumber(401)])
        #expect(old.segments[0].options.timestamps?.echo == 1_001)
        // After 24 days it says nothing any more.
        let late = now + 25 * 86_400 * 1_000_000
        #expect(machine.arrive(stamped(1, 401), at: late).readable == 100)
        // A RST is taken whatever its timestamp.
        var reset = segment(.rst, 501)
        reset.options.timestamps = Timestamps(value: 0, echo: 0)
        #expect(machine.arrive(reset, at: late).ending == .reset)
    }

    @Test func `the round trip is measured, and never on what was sent twice`() {
        var machine = established()
        _ = machine.send(10, at: now)
        _ = machine.arrive(segment(.ack, 301, ack: 111), at: now + 400_000)
        let measured = machine.status
        #expect(measured.smoothedRoundTrip == 50_000)
        _ = machine.send(10, at: now + 500_000)
        _ = machine.expire(at: machine.deadline!)
        _ = machine.arrive(segment(.ack, 301, ack: 121), at: now + 9_000_000)
        #expect(machine.status.smoothedRoundTrip == measured.smoothedRoundTrip)
    }
}
