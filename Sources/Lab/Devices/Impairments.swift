package import TCP

/// Loses packets.
package struct Loss: Device {
    private let probability: Double
    private let directions: Set<Direction>
    private var random: SeededGenerator

    /// - Parameter probability: of each packet, 0 to 1.
    package init(_ probability: Double, of directions: Set<Direction> = Set(Direction.allCases), seed: UInt64) {
        self.probability = probability
        self.directions = directions
        random = SeededGenerator(seed: seed)
    }

    package mutating func take(_ packet: LinkPacket, at now: Instant, pass: (LinkPacket) -> Void) {
        if directions.contains(packet.direction), random.chance(probability) { return }
        pass(packet)
    }
}

/// Sends packets twice.
package struct Duplication: Device {
    private let probability: Double
    private var random: SeededGenerator

    package init(_ probability: Double, seed: UInt64) {
        self.probability = probability
        random = SeededGenerator(seed: seed)
    }

    package mutating func take(_ packet: LinkPacket, at now: Instant, pass: (LinkPacket) -> Void) {
        pass(packet)
        if random.chance(probability) { pass(packet) }
    }
}

/// Keeps every packet for the same time, so that their order stays.
package struct Delay: Device {
    private let duration: Microseconds
    private var waiting = WaitingPackets()

    package init(_ duration: Microseconds) { self.duration = duration }

    package mutating func take(_ packet: LinkPacket, at now: Instant, pass: (LinkPacket) -> Void) {
        waiting.insert(packet, until: now + duration)
    }

    package mutating func advance(to now: Instant, pass: (LinkPacket) -> Void) { waiting.release(by: now, pass) }
    package var nextDeadline: Instant? { waiting.nextDeadline }
}

/// Keeps some packets back for a while, so that later ones overtake them.
package struct Reordering: Device {
    private let probability: Double
    private let duration: Microseconds
    private var random: SeededGenerator
    private var waiting = WaitingPackets()

    package init(_ probability: Double, by duration: Microseconds, seed: UInt64) {
        self.probability = probability
        self.duration = duration
        random = SeededGenerator(seed: seed)
    }

    package mutating func take(_ packet: LinkPacket, at now: Instant, pass: (LinkPacket) -> Void) {
        if random.chance(probability) { waiting.insert(packet, until: now + duration) } else { pass(packet) }
    }

    package mutating func advance(to now: Instant, pass: (LinkPacket) -> Void) { waiting.release(by: now, pass) }
    package var nextDeadline: Instant? { waiting.nextDeadline }
}

/// A link that carries so many bytes a second in each direction, with a queue before it; what the queue cannot hold is lost.
package struct RateLimit: Device {
    private let bytesPerSecond: Int
    private let queueLimit: Int
    private var waiting = WaitingPackets()
    /// When the last byte of what waits has gone.
    private var freeAt: [Direction: Instant] = [:]

    /// - Parameter queueLimit: bytes that wait in one direction.
    package init(bytesPerSecond: Int, queueLimit: Int) {
        self.bytesPerSecond = max(bytesPerSecond, 1)
        self.queueLimit = queueLimit
    }

    package mutating func take(_ packet: LinkPacket, at now: Instant, pass: (LinkPacket) -> Void) {
        let start = max(freeAt[packet.direction] ?? now, now)
        // What still has to go takes this long: so much is queued.
        let queued = Int(start - now) * bytesPerSecond / 1_000_000
        guard queued + packet.bytes.count <= queueLimit else { return }
        let end = start + Microseconds(packet.bytes.count * 1_000_000 / bytesPerSecond)
        freeAt[packet.direction] = end
        waiting.insert(packet, until: end)
    }

    package mutating func advance(to now: Instant, pass: (LinkPacket) -> Void) { waiting.release(by: now, pass) }
    package var nextDeadline: Instant? { waiting.nextDeadline }
}

/// Packets that go on later, in the order of their times; those of one time in the order in which they came.
private struct WaitingPackets {
    private var packets: [(packet: LinkPacket, time: Instant)] = []

    var nextDeadline: Instant? { packets.first?.time }

    mutating func insert(_ packet: LinkPacket, until time: Instant) {
        let place = packets.lastIndex { $0.time <= time }.map { $0 + 1 } ?? 0
        packets.insert((packet, time), at: place)
    }

    mutating func release(by now: Instant, _ pass: (LinkPacket) -> Void) {
        let count = packets.prefix { $0.time <= now }.count
        for entry in packets.prefix(count) { pass(entry.packet) }
        packets.removeFirst(count)
    }
}
