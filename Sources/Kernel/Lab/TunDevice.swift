internal import CLinux
internal import Glibc

/// A link whose other end is this process: what the kernel sends is received here, what is sent here the kernel receives
/// (Documentation/networking/tuntap.rst). Packets are raw IP, without a header before them. The link goes with the value.
package final class TunDevice {
    package let name: String
    private let descriptor: FileDescriptor
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)

    /// Makes it in the network namespace of the calling thread; it is down and has no address.
    /// - Parameter queue: packets that wait for `receive`; further ones are lost.
    package init(named name: String, queue: Int = 65_536) throws(KernelError) {
        do throws(KernelError) {
            descriptor = try FileDescriptor(opening: "/dev/net/tun", flags: O_RDWR | O_NONBLOCK)
        } catch {
            throw KernelError(
                call: "open", subject: "/dev/net/tun", code: error.code,
                hint: error.code == ENOENT
                    ? "load the module with 'modprobe tun', or give this container the device"
                    : "run it as root, or let this user open /dev/net/tun")
        }
        self.name = name
        // TUNSETIFF (linux/if_tun.h): IFF_TUN | IFF_NO_PI in ifr_flags.
        var request = InterfaceRequest(name)
        request.store(UInt16(0x1001))
        guard ioctl(descriptor.raw, 0x4004_54ca, &request.bytes) == 0 else {
            throw KernelError(
                call: "ioctl(TUNSETIFF)", subject: name, code: errno, hint: "it needs CAP_NET_ADMIN in the namespace")
        }
        // SIOCSIFTXQLEN: 500 packets are few for thousands of connections. In a user namespace it is refused; what is lost
        // then is sent again.
        let raw = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard raw >= 0 else { throw .system("socket") }
        let any = FileDescriptor(owning: raw)
        request.store(Int32(clamping: queue))
        guard ioctl(any.raw, 0x8943, &request.bytes) == 0 || errno == EPERM else {
            throw .system("ioctl(SIOCSIFTXQLEN)", name)
        }
    }

    deinit { buffer.deallocate() }

    /// Takes one packet that the kernel sent, if there is one.
    /// - Returns: `false`: there was none.
    package func receive(_ body: (RawSpan) -> Void) throws(KernelError) -> Bool {
        while true {
            let count = read(descriptor.raw, buffer.baseAddress, buffer.count)
            if count >= 0 {
                body(UnsafeRawBufferPointer(rebasing: buffer[..<count]).bytes)
                return true
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: return false
            default: throw .system("read", name)
            }
        }
    }

    /// Hands the kernel a packet. When it returns, the kernel has dealt with it, and what it answers can be received.
    package func send(_ packet: UnsafeRawBufferPointer) throws(KernelError) {
        while write(descriptor.raw, packet.baseAddress, packet.count) < 0 {
            guard errno == EINTR else { throw .system("write", name) }
        }
    }

    var raw: Int32 { descriptor.raw }
}

/// `struct ifreq` (netdevice(7)): a name of 16 bytes, then 24 bytes of which each request has its own use.
private struct InterfaceRequest {
    var bytes: [UInt8]

    init(_ name: String) {
        bytes = Array(name.utf8.prefix(15))
        bytes += [UInt8](repeating: 0, count: 40 - bytes.count)
    }

    mutating func store<Value: FixedWidthInteger>(_ value: Value) {
        withUnsafeBytes(of: value) { bytes.replaceSubrange(16..<16 + $0.count, with: $0) }
    }
}
