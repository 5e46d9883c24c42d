import Lab
import Sockets
import TCP
import Testing

/// Long runs over a bad network, repeatable by their seed.
@Suite struct StackRandomTests {
    /// One side of a conversation: writes its stream in pieces, reads the other's, closes, in any order.
    private struct Side {
        var toSend: [UInt8]
        var given = 0
        var received: [UInt8] = []
        var hasShut = false
        var hasEnd = false
    }

    @Test(arguments: [Configuration.Profile.rfc, .linux, .freeBSD], 0..<12 as Range<UInt64>)
    func `both streams arrive whole, and nothing is left, whatever the network loses, doubles and reorders`(
        profile: Configuration.Profile, seed: UInt64
    ) throws {
        var random = SplitMix(state: seed)
        var configuration = Configuration(profile)
        configuration.receiveBufferSize = Int32(2000 + random.next() % 60_000)
        configuration.noDelay = random.next() % 2 == 0
        configuration.windowScale = random.next() % 3 == 0 ? nil : configuration.windowScale
        configuration.offersSACK = random.next() % 3 != 0
        configuration.offersTimestamps = random.next() % 2 == 0
        var pair = Pair(configuration)
        pair.client.settings.sendBufferSize = Int(1000 + random.next() % 50_000)
        pair.server.settings.sendBufferSize = Int(1000 + random.next() % 50_000)
        pair.disturb = Pair.Disturbance(random: SplitMix(state: seed &+ 1), permille: random.next() % 150)

        let listener = try pair.server.listen(at: Pair.serverEndpoint, backlog: 1)
        let client = try pair.client.connect(to: Pair.serverEndpoint, at: pair.now)
        var accepted: Stack.Socket?
        var sides = (0..<2).map { _ in
            Side(toSend: (0..<Int(random.next() % 80_000)).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        }
        let streams = sides.map(\.toSend)
        for _ in 0..<20_000 {
            pair.run(for: Microseconds(random.next() % 50_000))
            if accepted == nil { accepted = try pair.server.accept(listener) }
            try step(&pair.client, client, &sides[0], pair.now, &random)
            if let accepted { try step(&pair.server, accepted, &sides[1], pair.now, &random) }
            if sides.allSatisfy({ $0.hasShut && $0.hasEnd }) { break }
        }
        #expect(sides.allSatisfy { $0.hasShut && $0.hasEnd }, "\(sides.map { ($0.given, $0.received.count) })")
        #expect(sides[0].received == streams[1])
        #expect(sides[1].received == streams[0])

        try pair.client.close(client, at: pair.now)
        try pair.server.close(#require(accepted), at: pair.now)
        // The longest: retransmissions of a FIN that backs off, then two maximum segment lifetimes.
        pair.run(for: 2_000_000_000)
        #expect(pair.client.sockets.isEmpty)
        #expect(pair.server.sockets == [listener])
    }

    private func step(
        _ stack: inout Stack, _ socket: Stack.Socket, _ side: inout Side, _ now: Instant, _ random: inout SplitMix
    ) throws {
        if side.given < side.toSend.count {
            let end = min(side.given + Int(random.next() % 5000), side.toSend.count)
            side.given += try side.toSend[side.given..<end].withUnsafeBytes { try stack.send($0, on: socket, at: now) }
        } else if !side.hasShut, stack.state(of: socket) != .synSent {
            try stack.shutdownSending(socket, at: now)
            side.hasShut = true
        }
        var buffer = [UInt8](repeating: 0, count: 1 + Int(random.next() % 8000))
        let count = try buffer.withUnsafeMutableBytes { try stack.receive(into: $0, on: socket, at: now) }
        if count == 0 { side.hasEnd = true }
        side.received += buffer[..<(count ?? 0)]
        while stack.nextEvent() != nil {}
    }

    @Test(arguments: [Configuration.Profile.rfc, .linux, .freeBSD], 0..<6 as Range<UInt64>)
    func `no segment that anybody can make brings a stack down`(profile: Configuration.Profile, seed: UInt64) throws {
        var random = SplitMix(state: seed &* 77)
        var pair = Pair(Configuration(profile))
        let listener = try pair.server.listen(at: Pair.serverEndpoint, backlog: 5)
        var states: Set<State> = []
        for _ in 0..<60 {
            pair.passes = { _, _ in true }
            let client = try pair.client.connect(to: Pair.serverEndpoint, at: pair.now)
            pair.run(for: 10_000)
            // The client hears nothing more: two ends that a third has set at odds acknowledge each other for ever.
            pair.passes = { _, toServer in toServer }
            if let server = try pair.server.accept(listener) {
                try disturb(&pair, client, server, &states, &random)
                try? pair.server.abort(server, at: pair.now)
                #expect(pair.server.state(of: server) == nil)
            }
            try pair.client.abort(client, at: pair.now)
            while let other = try pair.server.accept(listener) { try pair.server.abort(other, at: pair.now) }
            pair.run(for: 1_000_000)
        }
        // It went far: resets did not end every connection at once.
        #expect(states.isSuperset(of: [.established, .finWait1, .closeWait, .lastAck, .timeWait, .closed]))
    }

    /// Forged segments for one connection, in between calls of its application.
    private func disturb(
        _ pair: inout Pair, _ client: Stack.Socket, _ server: Stack.Socket, _ states: inout Set<State>,
        _ random: inout SplitMix
    ) throws {
        guard let endpoints = pair.server.endpoints(of: server) else { return }
        for _ in 0..<30 {
            let segment = forged(pair.server.status(of: server), &random)
            var from = endpoints.reversed
            if random.next() % 8 == 0 { from.sourcePort = UInt16(truncatingIfNeeded: random.next()) }
            let payload = [UInt8](repeating: 2, count: Int(random.next() % 1000))
            let now = pair.now
            payload.withUnsafeBytes { pair.client.emit(segment, from, payload: $0, at: now) }
            pair.run(for: Microseconds(random.next() % 20_000))
            if let state = pair.server.state(of: server) { states.insert(state) }
            switch random.next() % 12 {
            case 0: try? pair.server.shutdownSending(server, at: pair.now)
            case 1: _ = try? payload.withUnsafeBytes { try pair.server.send($0, on: server, at: pair.now) }
            case 2...5: _ = try? pair.receive(atServer: server)
            case 6: pair.run(for: 5_000_000)
            default: break
            }
        }
    }

    private func forged(_ status: Status?, _ random: inout SplitMix) -> Segment {
        let own = status?.sendNext ?? SequenceNumber(0)
        let theirs = status?.receiveNext ?? SequenceNumber(0)
        var control = Control(rawValue: UInt8(truncatingIfNeeded: random.next())).union(.ack)
        // Resets and SYNs now and then only: they would end everything.
        if random.next() % 8 != 0 { control.subtract([.rst, .syn]) }
        var segment = Segment(
            sequence: near(theirs, &random), acknowledgment: near(own, &random), control: control,
            window: UInt16(truncatingIfNeeded: random.next()), urgentPointer: UInt16(truncatingIfNeeded: random.next()))
        if random.next() % 2 == 0 {
            segment.options.timestamps = Timestamps(value: UInt32(random.next() % 5000), echo: 0)
            segment.options.windowScale = UInt8(truncatingIfNeeded: random.next())
        }
        for _ in 0..<random.next() % 3 {
            segment.options.sackBlocks.append(SequenceRange(start: near(own, &random), end: near(own, &random)))
        }
        return segment
    }

    private func near(_ number: SequenceNumber, _ random: inout SplitMix) -> SequenceNumber {
        switch random.next() % 6 {
        case 0...2: number
        case 3: number + Int(random.next() % 3) - 1
        case 4: number + Int(random.next() % 140_000) - 70_000
        default: SequenceNumber(UInt32(truncatingIfNeeded: random.next()))
        }
    }
}
