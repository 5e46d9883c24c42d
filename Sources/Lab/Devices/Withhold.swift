package import TCP

/// Which segments do not arrive.
package enum Withheld: Hashable, Sendable {
    case everything
    /// SYN without ACK.
    case syn
    /// SYN with ACK.
    case synAck
    /// Everything but the first segment of a handshake, so that its third one never comes.
    case afterSyn
    case fin
    /// An acknowledgement of the other side's FIN that brings nothing else: no data, no FIN of its own.
    case ackOfFin
    /// An acknowledgement that brings nothing else.
    case bareAck
    case data
    case reset
}

/// Drops the segments that match, in one direction. It sees both, to know what is acknowledged.
package struct Withhold {
    private let what: Withheld
    private let direction: Direction
    /// How many are dropped before everything passes; `nil`: all.
    private var left: Int?
    /// The number after the other side's FIN, by the endpoints of what would acknowledge it.
    private var finEnds: [Endpoints: SequenceNumber] = [:]

    package init(_ what: Withheld, _ direction: Direction, count: Int? = nil) {
        self.what = what
        self.direction = direction
        left = count
    }

    /// Whether this packet is dropped; every packet has to be shown, in order.
    package mutating func drops(_ packet: Packet, _ direction: Direction) -> Bool {
        let segment = packet.segment
        guard direction == self.direction else {
            if what == .ackOfFin, segment.control.contains(.fin) {
                finEnds[packet.endpoints.reversed] = segment.range.end
            }
            return false
        }
        guard left != 0, matches(packet) else { return false }
        left = left.map { $0 - 1 }
        return true
    }

    private func matches(_ packet: Packet) -> Bool {
        let segment = packet.segment
        let isBare = segment.length == 0 && !segment.control.contains(.rst) && segment.control.contains(.ack)
        return switch what {
        case .everything: true
        case .syn: segment.control.contains(.syn) && !segment.control.contains(.ack)
        case .synAck: segment.control.isSuperset(of: [.syn, .ack])
        case .afterSyn: !segment.control.contains(.syn)
        case .fin: segment.control.contains(.fin)
        case .bareAck: isBare
        case .ackOfFin: isBare && finEnds[packet.endpoints] == segment.acknowledgment
        case .data: segment.payloadCount > 0
        case .reset: segment.control.contains(.rst)
        }
    }
}

extension Withhold: Device {
    /// What is no TCP segment passes.
    package mutating func take(_ packet: LinkPacket, at now: Instant, pass: (LinkPacket) -> Void) {
        if let parsed = try? Packet(parsing: packet.bytes.span.bytes), drops(parsed, packet.direction) { return }
        pass(packet)
    }
}
