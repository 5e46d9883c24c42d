package import TCP

/// Shows every packet that goes by to somebody, and lets it pass.
package struct Tracer: Device {
    private let show: (LinkPacket, Instant) -> Void

    package init(_ show: @escaping (LinkPacket, Instant) -> Void) { self.show = show }

    package mutating func take(_ packet: LinkPacket, at now: Instant, pass: (LinkPacket) -> Void) {
        show(packet, now)
        pass(packet)
    }
}
