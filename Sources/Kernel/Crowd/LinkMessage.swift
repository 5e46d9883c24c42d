internal import CLinux
internal import Glibc
internal import Sockets

/// One request to rtnetlink(7), byte by byte: a header, a fixed part, attributes.
struct LinkMessage {
    private(set) var bytes: [UInt8] = []

    // linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h, linux/veth.h: Swift sees no enum constants of these.
    static let newLink: UInt16 = 16
    static let getLink: UInt16 = 18
    static let newAddress: UInt16 = 20
    static let newRoute: UInt16 = 24
    static let linkName: UInt16 = 3
    static let linkState: UInt16 = 16
    /// IF_OPER_UP (RFC 2863)
    static let isUp: UInt8 = 6

    /// - Parameter flags: beside NLM_F_REQUEST and NLM_F_ACK.
    private init(_ type: UInt16, flags: UInt16) {
        put(UInt32(0))
        put(type)
        put(flags | UInt16(NLM_F_REQUEST) | UInt16(NLM_F_ACK))
        put(UInt32(1))
        put(UInt32(0))
    }

    /// A veth pair (veth(4)): both ends have the same name, the second one in another namespace.
    static func pair(named name: String, otherEndIn namespace: Int32) -> LinkMessage {
        var message = LinkMessage(newLink, flags: UInt16(NLM_F_CREATE) | UInt16(NLM_F_EXCL))
        message.link()
        message.attribute(linkName, name: name)
        message.nested(18) { information in  // IFLA_LINKINFO
            information.attribute(1, Array("veth".utf8))  // IFLA_INFO_KIND
            information.nested(2) { data in  // IFLA_INFO_DATA
                data.nested(1) { peer in  // VETH_INFO_PEER
                    peer.link()
                    peer.attribute(linkName, name: name)
                    peer.attribute(28, number: UInt32(namespace))  // IFLA_NET_NS_FD
                }
            }
        }
        return message.finished()
    }

    static func find(_ name: String) -> LinkMessage {
        var message = LinkMessage(getLink, flags: 0)
        message.link()
        message.attribute(linkName, name: name)
        return message.finished()
    }

    static func setUp(_ name: String) -> LinkMessage {
        var message = LinkMessage(newLink, flags: 0)
        message.link(flags: UInt32(1), change: UInt32(1))  // IFF_UP
        message.attribute(linkName, name: name)
        return message.finished()
    }

    /// Usable at once: of IPv6 no duplicate is looked for.
    static func address(_ address: IPAddress, prefix: UInt8, link: UInt32) -> LinkMessage {
        var message = LinkMessage(newAddress, flags: UInt16(NLM_F_CREATE) | UInt16(NLM_F_EXCL))
        // ifaddrmsg: family, prefix length, IFA_F_NODAD, scope, link.
        message.bytes += [familyNumber(address), prefix, address.family == .ipv6 ? 0x02 : 0, 0]
        message.put(link)
        message.attribute(2, address.networkBytes)  // IFA_LOCAL
        message.attribute(1, address.networkBytes)  // IFA_ADDRESS
        return message.finished()
    }

    static func route(to network: IPAddress, prefix: UInt8, via gateway: IPAddress) -> LinkMessage {
        var message = LinkMessage(newRoute, flags: UInt16(NLM_F_CREATE) | UInt16(NLM_F_EXCL))
        // rtmsg: family, prefix length, of the source, TOS, RT_TABLE_MAIN, RTPROT_STATIC, RT_SCOPE_UNIVERSE, RTN_UNICAST.
        message.bytes += [familyNumber(network), prefix, 0, 0, 254, 4, 0, 1]
        message.put(UInt32(0))
        message.attribute(1, network.networkBytes)  // RTA_DST
        message.attribute(5, gateway.networkBytes)  // RTA_GATEWAY
        return message.finished()
    }

    // MARK: Parts

    /// ifinfomsg: family 1, pad 1, type 2, index 4, flags 4, change 4.
    private mutating func link(flags: UInt32 = 0, change: UInt32 = 0) {
        put(UInt32(0))
        put(UInt32(0))
        put(flags)
        put(change)
    }

    private mutating func put<Value: FixedWidthInteger>(_ value: Value) {
        withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
    }

    private mutating func attribute(_ type: UInt16, _ value: [UInt8]) {
        put(UInt16(4 + value.count))
        put(type)
        bytes += value
        while !bytes.count.isMultiple(of: 4) { bytes.append(0) }
    }

    private mutating func attribute(_ type: UInt16, name: String) { attribute(type, Array(name.utf8) + [0]) }

    private mutating func attribute(_ type: UInt16, number: UInt32) {
        attribute(type, withUnsafeBytes(of: number) { Array($0) })
    }

    private mutating func nested(_ type: UInt16, _ body: (inout LinkMessage) -> Void) {
        let start = bytes.count
        put(UInt16(0))
        put(type)
        body(&self)
        let length = UInt16(bytes.count - start)
        withUnsafeBytes(of: length) { bytes.replaceSubrange(start..<start + 2, with: $0) }
    }

    private func finished() -> LinkMessage {
        var message = self
        let length = UInt32(bytes.count)
        withUnsafeBytes(of: length) { message.bytes.replaceSubrange(0..<4, with: $0) }
        return message
    }

    private static func familyNumber(_ address: IPAddress) -> UInt8 {
        UInt8(address.family == .ipv4 ? AF_INET : AF_INET6)
    }
}

extension IPAddress {
    /// Four or sixteen bytes, most significant first.
    var networkBytes: [UInt8] {
        let low = withUnsafeBytes(of: low.bigEndian) { Array($0) }
        return family == .ipv4 ? Array(low.suffix(4)) : withUnsafeBytes(of: high.bigEndian) { Array($0) } + low
    }
}
