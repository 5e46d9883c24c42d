/// An IPv4 or IPv6 address as a number, so that it compares and hashes in two instructions.
///
/// An IPv4 address stands in the low 32 bits. Whether an address is IPv4 or IPv6 is told by the socket's family
/// (`Connection.family`): a dual-stack socket speaks IPv4 under a `::ffff:a.b.c.d` address.
package struct IPAddress: Hashable, Sendable {
    package enum Family: UInt8, Sendable, Hashable { case ipv4 = 4, ipv6 = 6 }

    package var high: UInt64
    package var low: UInt64
    package var family: Family

    @inlinable
    package init(v4 bits: UInt32) {
        high = 0
        low = UInt64(bits)
        family = .ipv4
    }

    /// - Parameters: the first and the last eight bytes of the address, most significant byte first.
    @inlinable
    package init(v6High high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
        family = .ipv6
    }

    @inlinable
    package var isWildcard: Bool { high == 0 && low == 0 }

    /// `::ffff:0:0/96`: IPv4 under an IPv6 socket.
    @inlinable
    package var isV4Mapped: Bool { family == .ipv6 && high == 0 && low >> 32 == 0xffff }

    @inlinable
    package var isLoopback: Bool {
        switch family {
        case .ipv4: low >> 24 == 127
        case .ipv6: high == 0 && low == 1 || isV4Mapped && (low >> 24) & 0xff == 127
        }
    }

    /// The IPv4 address that a mapped address stands for; others unchanged.
    @inlinable
    package var unmapped: IPAddress { isV4Mapped ? IPAddress(v4: UInt32(truncatingIfNeeded: low)) : self }
}

/// An address and a port.
package struct Endpoint: Hashable, Sendable {
    package var address: IPAddress
    package var port: UInt16

    @inlinable
    package init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }
}
