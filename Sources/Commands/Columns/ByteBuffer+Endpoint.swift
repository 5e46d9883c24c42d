import Sockets
import TCP

extension ByteBuffer {
    /// One end of a connection. An address that is only known together with its interface gets it as a zone:
    /// `[fe80::1%eth0]:22` (RFC 4007, section 11). The wildcard of a listener that speaks both families is `*`.
    mutating func append(_ endpoint: Endpoint, of connection: Connection, _ rows: Rows) {
        if connection.interface != 0, let zone = rows.interface(of: connection),
            endpoint.address.isLinkLocal || endpoint.address.isWildcard
        {
            return append(endpoint, zone: zone)
        }
        if case .listen = connection.state, !connection.isV6Only { return append(endpoint, isDualStack: true) }
        append(endpoint)
    }

    private mutating func append(_ endpoint: Endpoint, zone: Label) {
        let hasBrackets = endpoint.address.family == .ipv6
        if hasBrackets { append(UInt8(ascii: "[")) }
        append(endpoint.address)
        append(UInt8(ascii: "%"))
        append(zone.shown)
        append(hasBrackets ? "]:" : ":")
        if endpoint.port == 0 { append(UInt8(ascii: "*")) } else { append(decimal: endpoint.port) }
    }
}

extension IPAddress {
    /// `fe80::/10`
    fileprivate var isLinkLocal: Bool { family == .ipv6 && high >> 54 == 0xfe80 >> 6 }
}
