package import Sockets
package import TCP

extension Stack {
    /// How a host behaves: what is the same for all its sockets.
    package struct Settings: Sendable {
        /// How new connections behave, unless the call that makes them says otherwise. The MSS that is announced and the
        /// peer's default follow from `mtu` and the IP version, whatever stands in it.
        package var configuration: Configuration
        /// The addresses that it answers for; packets to others are dropped. The first of a version is the one that
        /// `connect` takes when it is given none. Empty: any destination is its own.
        package var addresses: [IPAddress]
        /// The secret of RFC 6528's initial sequence numbers: 16 random bytes.
        package var key: (UInt64, UInt64)
        /// A segment for no connection is answered by a reset (RFC 9293, section 3.10.7.1).
        package var answersUnknown = true
        /// Ports that `connect` chooses from.
        package var ephemeralPorts: ClosedRange<UInt16> = 32_768...60_999
        /// Time to live, hop limit.
        package var hopLimit: UInt8 = 64
        /// The largest packet, IP header included.
        package var mtu = 1500
        /// Bytes that `send` takes before the peer has acknowledged any.
        package var sendBufferSize = 262_144

        package init(_ configuration: Configuration, addresses: [IPAddress] = [], key: (UInt64, UInt64)) {
            self.configuration = configuration
            self.addresses = addresses
            self.key = key
        }
    }
}
