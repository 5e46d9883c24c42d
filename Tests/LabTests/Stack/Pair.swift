import Lab
import Sockets
import TCP

/// Two stacks with a wire between them that takes `delay` one way.
struct Pair: ~Copyable {
    static let clientAddress = IPAddress(v4: 0x0a00_0001)
    static let serverAddress = IPAddress(v4: 0x0a00_0002)
    static let serverEndpoint = Endpoint(address: serverAddress, port: 80)

    var client: Stack
    var server: Stack
    var now = Instant(microseconds: 0)
    var delay: Microseconds = 1000
    /// Which packets arrive: by their number, and whether the client sent them.
    var passes: (Int, Bool) -> Bool = { _, _ in true }
    private(set) var sent = 0
    private var flying: [(bytes: [UInt8], at: Instant, toServer: Bool)] = []

    init(_ configuration: Configuration = Configuration(.linux)) {
        client = Stack(.init(configuration, addresses: [Self.clientAddress], key: (1, 2)))
        server = Stack(.init(configuration, addresses: [Self.serverAddress], key: (3, 4)))
    }

    /// Lets everything happen up to a point in time.
    mutating func run(for duration: Microseconds) {
        let end = now + duration
        while true {
            collect()
            let arrivals = flying.map(\.at)
            let times = arrivals + [client.nextDeadline, server.nextDeadline].compactMap { $0 }
            guard let next = times.min(), next <= end else { break }
            if next > now { now = next }
            deliver()
            client.advance(to: now)
            server.advance(to: now)
        }
        now = end
    }

    private mutating func collect() {
        var packets: [([UInt8], Instant, Bool)] = []
        client.drainPackets { packet, time in packets.append((packet.withUnsafeBytes { Array($0) }, time, true)) }
        server.drainPackets { packet, time in packets.append((packet.withUnsafeBytes { Array($0) }, time, false)) }
        for (bytes, time, toServer) in packets {
            sent += 1
            if passes(sent, toServer) { flying.append((bytes, time + delay, toServer)) }
        }
    }

    private mutating func deliver() {
        let due = flying.filter { $0.at <= now }
        flying.removeAll { $0.at <= now }
        for packet in due {
            packet.bytes.withUnsafeBytes { bytes in
                let span = RawSpan(_unsafeBytes: bytes)
                if packet.toServer {
                    server.receive(packet: span, at: now)
                } else {
                    client.receive(packet: span, at: now)
                }
            }
        }
    }

    /// A connection that both sides have; the server has accepted it.
    mutating func connected(backlog: Int = 5) throws -> (
        client: Stack.Socket, server: Stack.Socket, listener: Stack.Socket
    ) {
        let listener = try server.listen(at: Self.serverEndpoint, backlog: backlog)
        let socket = try client.connect(to: Self.serverEndpoint, at: now)
        run(for: 10_000)
        guard let accepted = try server.accept(listener) else { throw StackError.notConnected }
        return (socket, accepted, listener)
    }

    mutating func send(_ bytes: [UInt8], fromClient socket: Stack.Socket) throws -> Int {
        let now = now
        return try bytes.withUnsafeBytes { try client.send($0, on: socket, at: now) }
    }

    mutating func receive(atServer socket: Stack.Socket, _ room: Int = 65_536) throws -> [UInt8]? {
        let now = now
        var bytes = [UInt8](repeating: 0, count: room)
        guard let count = try bytes.withUnsafeMutableBytes({ try server.receive(into: $0, on: socket, at: now) }) else {
            return nil
        }
        return Array(bytes[..<count])
    }
}

extension Stack {
    mutating func allEvents() -> [Event] {
        var events: [Event] = []
        while let event = nextEvent() { events.append(event) }
        return events
    }
}
