package import TCP

/// Which way a packet goes through the lab's link.
package enum Direction: Hashable, Sendable, CaseIterable {
    /// From the endpoint in user space to the kernel.
    case toKernel
    case fromKernel

    package var reversed: Direction { self == .toKernel ? .fromKernel : .toKernel }
}

/// A packet on its way: whole IP packet, and where it goes.
package struct LinkPacket: Hashable, Sendable {
    package var bytes: [UInt8]
    package var direction: Direction

    package init(_ bytes: [UInt8], _ direction: Direction) {
        self.bytes = bytes
        self.direction = direction
    }
}

/// A part of the link between two ends: it lets packets pass, at once, later, changed in number, or never. It reads no
/// clock: the same packets at the same times, with the same seed, have the same fate.
package protocol Device {
    /// A packet arrives. `pass` is called for each packet that goes on now.
    mutating func take(_ packet: LinkPacket, at now: Instant, pass: (LinkPacket) -> Void)

    /// Lets go of what is due by now, the earliest first.
    mutating func advance(to now: Instant, pass: (LinkPacket) -> Void)

    /// When `advance` has something to do; `nil`: nothing is kept.
    var nextDeadline: Instant? { get }
}

extension Device {
    package mutating func advance(to now: Instant, pass: (LinkPacket) -> Void) {}
    package var nextDeadline: Instant? { nil }
}

/// Devices one behind the other, the first one at the endpoint in user space, the last one at the kernel.
package struct DeviceChain: Device {
    private var devices: [any Device]

    package init(_ devices: [any Device] = []) { self.devices = devices }

    package var isEmpty: Bool { devices.isEmpty }

    package mutating func take(_ packet: LinkPacket, at now: Instant, pass: (LinkPacket) -> Void) {
        switch packet.direction {
        case .toKernel: take(packet, from: 0, now, pass)
        case .fromKernel: take(packet, from: devices.count - 1, now, pass)
        }
    }

    /// The packet stands before the device with this index.
    private mutating func take(_ packet: LinkPacket, from index: Int, _ now: Instant, _ pass: (LinkPacket) -> Void) {
        guard devices.indices.contains(index) else { return pass(packet) }
        var passed: [LinkPacket] = []
        devices[index].take(packet, at: now) { passed.append($0) }
        for packet in passed { take(packet, from: next(index, packet.direction), now, pass) }
    }

    private func next(_ index: Int, _ direction: Direction) -> Int { direction == .toKernel ? index + 1 : index - 1 }

    package mutating func advance(to now: Instant, pass: (LinkPacket) -> Void) {
        for index in devices.indices {
            var passed: [LinkPacket] = []
            devices[index].advance(to: now) { passed.append($0) }
            for packet in passed { take(packet, from: next(index, packet.direction), now, pass) }
        }
    }

    package var nextDeadline: Instant? { devices.compactMap(\.nextDeadline).min() }
}
