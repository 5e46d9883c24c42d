package import Sockets
package import TCP

// The wire's names for addresses, and those of everything else.

extension Endpoints {
    /// Of what `local` sends to `remote`; both are of one IP version.
    package init(local: Endpoint, remote: Endpoint) {
        self.init(
            version: local.address.family == .ipv4 ? .v4 : .v6,
            source: Address(high: local.address.high, low: local.address.low), sourcePort: local.port,
            destination: Address(high: remote.address.high, low: remote.address.low), destinationPort: remote.port)
    }

    /// The side that sends.
    package var local: Endpoint { Endpoint(address: IPAddress(source, version), port: sourcePort) }
    package var remote: Endpoint { Endpoint(address: IPAddress(destination, version), port: destinationPort) }
}

extension IPAddress {
    package init(_ address: Address, _ version: IPVersion) {
        switch version {
        case .v4: self.init(v4: UInt32(truncatingIfNeeded: address.low))
        case .v6: self.init(v6High: address.high, low: address.low)
        }
    }
}
