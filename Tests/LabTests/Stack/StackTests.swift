import Lab
import Sockets
import TCP
import Testing

@Suite struct StackTests {
    @Test func `three segments open a connection, four close it, and both ends say so`() throws {
        var pair = Pair()
        let (client, server, listener) = try pair.connected()
        #expect(pair.client.state(of: client) == .established)
        #expect(pair.server.state(of: server) == .established)
        #expect(pair.sent == 3)
        #expect(
            pair.client.allEvents().map(\.kind) == [.state(.synSent), .state(.established), .established])
        let events = pair.server.allEvents()
        #expect(
            events.map(\.kind) == [.state(.synReceived), .state(.established), .established, .acceptable])
        #expect(events.last?.socket == listener)

        try pair.client.close(client, at: pair.now)
        pair.run(for: 10_000)
        #expect(pair.client.state(of: client) == .finWait2)
        #expect(pair.server.state(of: server) == .closeWait)
        #expect(try pair.receive(atServer: server) == [])
        try pair.server.close(server, at: pair.now)
        pair.run(for: 10_000)
        #expect(pair.client.state(of: client) == .timeWait)
        #expect(pair.server.state(of: server) == nil)
        #expect(pair.sent == 7)
        #expect(pair.server.allEvents().last?.kind == .closed(.orderly))

        pair.run(for: 61_000_000)
        #expect(pair.client.state(of: client) == nil)
        #expect(pair.client.sockets.isEmpty)
        #expect(pair.server.sockets == [listener])
        #expect(pair.client.nextDeadline == nil)
    }

    @Test func `a stream arrives whole although every seventh packet is lost`() throws {
        var pair = Pair()
        let (client, server, _) = try pair.connected()
        pair.passes = { number, _ in number % 7 != 0 }
        let stream = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        var given = 0
        var taken: [UInt8] = []
        for _ in 0..<10_000 where taken.count < stream.count {
            if given < stream.count { given += try pair.send(Array(stream[given...]), fromClient: client) }
            pair.run(for: 5_000)
            if let bytes = try pair.receive(atServer: server) { taken += bytes }
        }
        #expect(taken == stream)
        #expect(pair.client.unacknowledgedCount(of: client) <= 2 * 1460)
    }

    @Test func `a full send buffer takes nothing more, and says when it does again`() throws {
        var pair = Pair()
        pair.client.settings.sendBufferSize = 10_000
        let (client, server, _) = try pair.connected()
        #expect(try pair.send([UInt8](repeating: 7, count: 12_000), fromClient: client) == 10_000)
        #expect(try pair.send([1], fromClient: client) == 0)
        #expect(pair.client.isWritable(client) == false)
        _ = pair.client.allEvents()
        pair.run(for: 10_000)
        #expect(pair.client.allEvents().map(\.kind) == [.writable])
        #expect(pair.client.isWritable(client) == true)
        #expect(try pair.receive(atServer: server)?.count == 10_000)
    }

    @Test func `what is peeked at stays`() throws {
        var pair = Pair()
        let (client, server, _) = try pair.connected()
        _ = try pair.send([1, 2, 3], fromClient: client)
        pair.run(for: 10_000)
        var buffer: [UInt8] = [0, 0]
        let now = pair.now
        #expect(
            try buffer.withUnsafeMutableBytes { try pair.server.receive(into: $0, on: server, peek: true, at: now) }
                == 2)
        #expect(buffer == [1, 2])
        #expect(try pair.receive(atServer: server) == [1, 2, 3])
        #expect(try pair.receive(atServer: server) == nil)
    }

    @Test func `closing with bytes unread resets`() throws {
        var pair = Pair()
        let (client, server, _) = try pair.connected()
        _ = try pair.send([1], fromClient: client)
        pair.run(for: 10_000)
        try pair.server.close(server, at: pair.now)
        #expect(pair.server.state(of: server) == nil)
        pair.run(for: 10_000)
        #expect(pair.client.state(of: client) == .closed)
        #expect(pair.client.ending(of: client) == .reset)
        #expect(throws: StackError.over(.reset)) { try pair.send([1], fromClient: client) }
        try pair.client.close(client, at: pair.now)
        #expect(pair.client.state(of: client) == nil)
    }

    @Test func `one more than the backlog waits for accept, the next handshake waits`() throws {
        var pair = Pair()
        let listener = try pair.server.listen(at: Pair.serverEndpoint, backlog: 1)
        var clients: [Stack.Socket] = []
        for _ in 0..<3 { clients.append(try pair.client.connect(to: Pair.serverEndpoint, at: pair.now)) }
        pair.run(for: 10_000)
        #expect(pair.server.acceptQueueCount(of: listener) == 2)
        let inside = pair.server.sockets.filter { $0 != listener }
        #expect(Set(inside.map { pair.server.state(of: $0) }) == [.established, .synReceived])
        #expect(try pair.server.accept(listener) != nil)
        // The third segment that was not heard comes again with the SYN+ACK's repetition.
        pair.run(for: 3_000_000)
        #expect(pair.server.acceptQueueCount(of: listener) == 2)
        #expect(pair.server.sockets.filter { $0 != listener }.allSatisfy { pair.server.state(of: $0) == .established })
        #expect(clients.allSatisfy { pair.client.state(of: $0) == .established })
    }

    @Test func `a listener that closes resets who was not accepted`() throws {
        var pair = Pair()
        let listener = try pair.server.listen(at: Pair.serverEndpoint, backlog: 5)
        let client = try pair.client.connect(to: Pair.serverEndpoint, at: pair.now)
        pair.run(for: 10_000)
        try pair.server.close(listener, at: pair.now)
        #expect(pair.server.sockets.isEmpty)
        pair.run(for: 10_000)
        #expect(pair.client.ending(of: client) == .reset)
    }

    @Test(arguments: [true, false])
    func `a SYN for nobody is refused, or not answered when the host is a black hole`(answers: Bool) throws {
        var pair = Pair()
        pair.server.settings.answersUnknown = answers
        let client = try pair.client.connect(to: Pair.serverEndpoint, at: pair.now)
        pair.run(for: 10_000)
        #expect(pair.client.ending(of: client) == (answers ? .refused : nil))
        #expect(pair.client.state(of: client) == (answers ? .closed : .synSent))
        if !answers {
            pair.run(for: 200_000_000)
            #expect(pair.client.ending(of: client) == .timedOut)
        }
    }

    @Test func `what is not for this host is dropped and counted`() throws {
        var pair = Pair()
        let other = Endpoint(address: IPAddress(v4: 0x0a00_0003), port: 80)
        _ = try pair.client.connect(to: other, at: pair.now)
        pair.run(for: 10_000)
        #expect(pair.server.dropped == 1)
        let bytes: [UInt8] = [0x45, 0, 0]
        bytes.withUnsafeBytes { pair.server.receive(packet: RawSpan(_unsafeBytes: $0), at: .init(microseconds: 0)) }
        #expect(pair.server.dropped == 2)
    }

    @Test func `a new SYN takes over from TIME_WAIT where something listens`() throws {
        var pair = Pair()
        let (client, server, listener) = try pair.connected()
        let own = pair.client.endpoints(of: client)
        let local = try #require(own).local
        try pair.server.close(server, at: pair.now)
        pair.run(for: 10_000)
        try pair.client.close(client, at: pair.now)
        pair.run(for: 10_000)
        #expect(pair.server.state(of: server) == .timeWait)
        #expect(pair.client.state(of: client) == nil)

        pair.run(for: 2_000_000)
        let again = try pair.client.connect(from: local, to: Pair.serverEndpoint, at: pair.now)
        pair.run(for: 10_000)
        #expect(pair.client.state(of: again) == .established)
        #expect(pair.server.state(of: server) == nil)
        let next = try pair.server.accept(listener)
        let accepted = try #require(next)
        #expect(pair.server.state(of: accepted) == .established)
    }

    @Test func `addresses and ports are taken once`() throws {
        var pair = Pair()
        pair.client.settings.ephemeralPorts = 40_000...40_001
        _ = try pair.server.listen(at: Pair.serverEndpoint, backlog: 1)
        #expect(throws: StackError.addressInUse) { try pair.server.listen(at: Pair.serverEndpoint, backlog: 1) }
        let now = pair.now
        _ = try pair.client.connect(to: Pair.serverEndpoint, at: now)
        _ = try pair.client.connect(to: Pair.serverEndpoint, at: now)
        #expect(throws: StackError.noPort) { try pair.client.connect(to: Pair.serverEndpoint, at: now) }
        let v6 = Endpoint(address: IPAddress(v6High: 0, low: 1), port: 80)
        #expect(throws: StackError.badAddress) { try pair.client.connect(to: v6, at: now) }
    }

    @Test func `a hard ICMP error ends a SYN that it quotes, and no other`() throws {
        var pair = Pair()
        let client = try pair.client.connect(to: Pair.serverEndpoint, at: pair.now)
        var syn: [UInt8] = []
        pair.client.drainPackets { packet, _ in syn = packet.withUnsafeBytes { Array($0) } }
        var forged = syn
        forged[27] &+= 1  // another sequence number
        for (quoted, state) in [(forged, State.synSent), (syn, .closed)] {
            let message = Self.portUnreachable(quoting: quoted)
            let now = pair.now
            message.withUnsafeBytes { pair.client.receive(packet: RawSpan(_unsafeBytes: $0), at: now) }
            #expect(pair.client.state(of: client) == state)
        }
        #expect(pair.client.ending(of: client) == .unreachable)
    }

    /// RFC 792: destination unreachable, port.
    static func portUnreachable(quoting packet: [UInt8]) -> [UInt8] {
        func sum(_ bytes: [UInt8]) -> UInt16 {
            var sum: UInt32 = 0
            for index in stride(from: 0, to: bytes.count, by: 2) {
                sum += UInt32(bytes[index]) << 8 | UInt32(index + 1 < bytes.count ? bytes[index + 1] : 0)
            }
            while sum >> 16 != 0 { sum = sum & 0xffff + sum >> 16 }
            return ~UInt16(sum)
        }
        var icmp: [UInt8] = [3, 3, 0, 0, 0, 0, 0, 0] + packet.prefix(28)
        let icmpSum = sum(icmp)
        (icmp[2], icmp[3]) = (UInt8(icmpSum >> 8), UInt8(icmpSum & 0xff))
        var header: [UInt8] = [0x45, 0, 0, UInt8(20 + icmp.count), 0, 0, 0, 0, 64, 1, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1]
        let headerSum = sum(header)
        (header[10], header[11]) = (UInt8(headerSum >> 8), UInt8(headerSum & 0xff))
        return header + icmp
    }

    @Test func `a thousand connections open, speak and close side by side`() throws {
        var pair = Pair()
        let listener = try pair.server.listen(at: Pair.serverEndpoint, backlog: 2000)
        var clients: [Stack.Socket] = []
        for _ in 0..<1000 { clients.append(try pair.client.connect(to: Pair.serverEndpoint, at: pair.now)) }
        pair.run(for: 10_000)
        for (index, client) in clients.enumerated() {
            _ = try pair.send([UInt8(truncatingIfNeeded: index)], fromClient: client)
            try pair.client.close(client, at: pair.now)
        }
        pair.run(for: 100_000)
        var received: [UInt8] = []
        while let socket = try pair.server.accept(listener) {
            received += try pair.receive(atServer: socket) ?? []
            try pair.server.close(socket, at: pair.now)
        }
        #expect(received == (0..<1000).map { UInt8(truncatingIfNeeded: $0) })
        pair.run(for: 70_000_000)
        #expect(pair.client.sockets.isEmpty)
        #expect(pair.server.sockets == [listener])
    }

    @Test func `IPv6 works as IPv4 does`() throws {
        let addresses = (1...2).map { IPAddress(v6High: 0xfd00 << 48, low: $0) }
        var client = Stack(.init(Configuration(.freeBSD), addresses: [addresses[0]], key: (1, 2)))
        var server = Stack(.init(Configuration(.freeBSD), addresses: [addresses[1]], key: (3, 4)))
        let now = Instant(microseconds: 0)
        // The wildcard takes connections to any address.
        let any = Endpoint(address: IPAddress(v6High: 0, low: 0), port: 80)
        let listener = try server.listen(at: any, backlog: 1)
        let socket = try client.connect(to: Endpoint(address: addresses[1], port: 80), at: now)
        for _ in 0..<3 {
            client.drainPackets { packet, time in server.receive(packet: packet, at: time) }
            server.drainPackets { packet, time in client.receive(packet: packet, at: time) }
        }
        #expect(client.state(of: socket) == .established)
        let next = try server.accept(listener)
        let accepted = try #require(next)
        #expect(server.endpoints(of: accepted)?.local.address == addresses[1])
        #expect(server.status(of: accepted)?.segmentSize == 1440 - 12)
    }
}
