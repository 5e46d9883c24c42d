internal import CLinux
internal import Glibc
package import Sockets

/// Sets up the links of the namespace that it was opened in (rtnetlink(7)), wherever the thread goes later.
package final class LinkSocket {
    private let descriptor: FileDescriptor

    package init() throws(KernelError) {
        let raw = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), NETLINK_ROUTE)
        guard raw >= 0 else { throw .system("socket(AF_NETLINK, NETLINK_ROUTE)") }
        descriptor = FileDescriptor(owning: raw)
    }

    /// A veth pair between this namespace and the other one: both ends have the same name.
    package func makePair(named name: String, to other: MadeNamespace) throws(KernelError) {
        _ = try ask(.pair(named: name, otherEndIn: other.descriptor.raw), "veth pair \(name)")
    }

    package func setUp(_ name: String) throws(KernelError) { _ = try ask(.setUp(name), "link \(name)") }

    package func addAddress(_ address: IPAddress, prefix: UInt8, to name: String) throws(KernelError) {
        let link = try state(of: name).index
        _ = try ask(.address(address, prefix: prefix, link: link), "address of \(name)")
    }

    package func addRoute(to network: IPAddress, prefix: UInt8, via gateway: IPAddress) throws(KernelError) {
        _ = try ask(.route(to: network, prefix: prefix, via: gateway), "route")
    }

    /// It carries segments: what is sent before is lost.
    package func isUp(_ name: String) throws(KernelError) -> Bool { try state(of: name).isUp }

    private func state(of name: String) throws(KernelError) -> (index: UInt32, isUp: Bool) {
        let answer = try ask(.find(name), "link \(name)")
        // ifinfomsg, then attributes.
        guard let index = answer.span.bytes.load(4, as: UInt32.self) else {
            throw KernelError(call: "RTM_GETLINK", subject: name, hint: "the answer is cut short")
        }
        var offset = 16
        while let length = answer.span.bytes.load(offset, as: UInt16.self), length >= 4,
            let type = answer.span.bytes.load(offset + 2, as: UInt16.self)
        {
            if type == LinkMessage.linkState {
                return (index, answer.span.bytes.load(offset + 4, as: UInt8.self) == LinkMessage.isUp)
            }
            offset += (Int(length) + 3) & ~3
        }
        return (index, false)
    }

    /// - Returns: the payload of the last data message; empty where there is only the acknowledgement.
    private func ask(_ message: LinkMessage, _ subject: String) throws(KernelError) -> [UInt8] {
        guard send(descriptor.raw, message.bytes, message.bytes.count, 0) == message.bytes.count else {
            throw .system("send(NETLINK_ROUTE)", subject)
        }
        var payload: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 15)
        var outcome = NetlinkMessages.Outcome()
        while !outcome.isComplete {
            let count = recv(descriptor.raw, &buffer, buffer.count, 0)
            if count < 0 {
                if errno == EINTR { continue }
                throw .system("recv(NETLINK_ROUTE)", subject)
            }
            buffer.withUnsafeBytes { bytes in
                NetlinkMessages.forEach(in: UnsafeRawBufferPointer(rebasing: bytes[..<count]).bytes, outcome: &outcome)
                {
                    span in payload = span.withUnsafeBytes { Array($0) }
                }
            }
        }
        guard outcome.code == 0 else {
            throw KernelError(call: "rtnetlink", subject: subject, code: outcome.code)
        }
        return payload
    }
}
