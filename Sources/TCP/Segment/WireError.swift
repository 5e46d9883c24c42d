/// Bytes that are no packet, or a value that no packet can carry: which field, and what is wrong with it.
package struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Field: String, Sendable, Hashable {
        case ipVersion = "IP version"
        case ipHeader = "IP header"
        case ipHeaderLength = "IP header length"
        case totalLength = "IPv4 total length"
        case payloadLength = "IPv6 payload length"
        case headerChecksum = "IPv4 header checksum"
        case fragment = "IP fragment"
        case ipProtocol = "IP protocol"
        case extensionHeader = "IPv6 extension header"
        case routing = "IPv6 routing header"
        case tcpHeader = "TCP header"
        case dataOffset = "TCP data offset"
        case tcpChecksum = "TCP checksum"
        case options = "TCP options"
        case payload = "TCP payload"
        case icmpHeader = "ICMP header"
        case icmpType = "ICMP type"
        case icmpChecksum = "ICMP checksum"
        case quotedPacket = "packet quoted by ICMP"
        case buffer = "buffer"
    }

    package enum Problem: Sendable, Hashable {
        /// So many bytes are needed, so many are there.
        case tooShort(needed: Int, found: Int)
        /// So many bytes fit, so many were given.
        case tooLong(limit: Int, found: Int)
        case unexpected(Int)
        /// What the bytes add up to, beside what stands in them.
        case mismatch(computed: UInt16, found: UInt16)
    }

    package var field: Field
    package var problem: Problem

    package init(_ field: Field, _ problem: Problem) {
        self.field = field
        self.problem = problem
    }

    package var description: String {
        switch problem {
        case .tooShort(let needed, let found): "\(field.rawValue): needs \(needed) bytes, \(found) are there"
        case .tooLong(let limit, let found): "\(field.rawValue): \(found) bytes where \(limit) fit"
        case .unexpected(let value): "\(field.rawValue): \(value) is not expected there"
        case .mismatch(let computed, let found):
            "\(field.rawValue): is 0x\(String(found, radix: 16)), should be 0x\(String(computed, radix: 16))"
        }
    }
}
