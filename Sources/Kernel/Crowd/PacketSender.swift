internal import Glibc
package import Sockets

/// Sends whole IPv4 packets, header included, from any source address (raw(7)).
package final class PacketSender {
    private let descriptor: FileDescriptor

    package init() throws(KernelError) {
        let raw = socket(AF_INET, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), Int32(IPPROTO_RAW))
        guard raw >= 0 else { throw .system("socket(SOCK_RAW)") }
        descriptor = FileDescriptor(owning: raw)
    }

    package func send(_ packet: [UInt8], to address: IPAddress) throws(KernelError) {
        let sent = Endpoint(address: address, port: 0).withSocketAddress { destination, size in
            sendto(descriptor.raw, packet, packet.count, 0, destination, size)
        }
        guard sent == packet.count else { throw .system("sendto(SOCK_RAW)") }
    }
}
