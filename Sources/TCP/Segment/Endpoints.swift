/// The version of the Internet Protocol, as the first four bits of every packet tell it.
package enum IPVersion: UInt8, Sendable, Hashable {
    case v4 = 4
    case v6 = 6
}

/// The 16 bytes of an address as two numbers, most significant byte first; an IPv4 address stands in the low 32 bits of
/// `low`. The version is not in it: both addresses of a packet have the same one.
package struct Address: Hashable, Sendable {
    package var high: UInt64
    package var low: UInt64

    @inlinable
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    @inlinable
    package init(v4 bits: UInt32) {
        high = 0
        low = UInt64(bits)
    }
}

/// What tells one connection from all others: both addresses and both ports, in the direction of a segment.
package struct Endpoints: Hashable, Sendable {
    package var version: IPVersion
    package var sourcePort: UInt16
    package var destinationPort: UInt16
    package var source: Address
    package var destination: Address

    @inlinable
    package init(
        version: IPVersion, source: Address, sourcePort: UInt16, destination: Address, destinationPort: UInt16
    ) {
        self.version = version
        self.source = source
        self.sourcePort = sourcePort
        self.destination = destination
        self.destinationPort = destinationPort
    }

    /// The direction of the answer. A segment that arrived belongs to the connection whose own segments have the reversed
    /// endpoints.
    @inlinable
    package var reversed: Self {
        Self(
            version: version, source: destination, sourcePort: destinationPort, destination: source,
            destinationPort: sourcePort)
    }
}
