internal import Sockets

/// How a crowd is to be made.
package struct CrowdOptions: Sendable {
    /// `nil`: the pile's own.
    package var count: Int?
    /// The port of the servers that are looked at; `nil`: the pile's own.
    package var port: UInt16?
    package var family = CrowdFamily.ipv4
    package var isMultipath = false
    /// The same shape, and nothing wrong with it.
    package var isHealthy = false
    /// In the namespace of the caller, on loopback.
    package var isHere = false

    package init() {}
}

package enum CrowdFamily: String, CaseIterable, Sendable {
    case ipv4 = "4"
    case ipv6 = "6"
    /// IPv4 under sockets of IPv6.
    case mapped

    enum Place { case here, there, loopback }

    func address(_ place: Place) -> IPAddress {
        let v4: UInt64 =
            switch place {
            case .here: 0x0a4d_0001  // 10.77.0.1
            case .there: 0x0a4d_0002
            case .loopback: 0x7f00_0001
            }
        return switch (self, place) {
        case (.ipv4, _): IPAddress(v4: UInt32(truncatingIfNeeded: v4))
        case (.mapped, _): IPAddress(v6High: 0, low: 0xffff << 32 | v4)
        case (.ipv6, .here): IPAddress(v6High: 0xfd77 << 48, low: 1)
        case (.ipv6, .there): IPAddress(v6High: 0xfd77 << 48, low: 2)
        case (.ipv6, .loopback): IPAddress(v6High: 0, low: 1)
        }
    }

    var wildcard: IPAddress { self == .ipv4 ? IPAddress(v4: 0) : IPAddress(v6High: 0, low: 0) }
}
