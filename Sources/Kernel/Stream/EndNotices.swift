internal import CLinux
internal import Glibc
internal import Sockets
internal import TCP

/// The kernel's notices of TCP sockets that are destroyed, in the network namespace of the thread that makes this: the
/// multicast groups SKNLGRP_INET_TCP_DESTROY and SKNLGRP_INET6_TCP_DESTROY of sock_diag(7) (`linux/sock_diag.h`).
///
/// They need no privilege. Each is an `inet_diag_msg` with TCP_INFO; the state in it is CLOSED by then.
final class EndNotices: Sendable {
    private let descriptor: FileDescriptor
    /// Inode of the namespace.
    private let namespace: UInt32

    /// - Parameter size: bytes that may wait to be read; without CAP_NET_ADMIN no more than `net.core.rmem_max`.
    init(namespace: UInt32, size: Int) throws(KernelError) {
        self.namespace = namespace
        let kind = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let raw = socket(AF_NETLINK, kind, NETLINK_SOCK_DIAG)
        guard raw >= 0 else { throw .system("socket(AF_NETLINK, NETLINK_SOCK_DIAG)") }
        descriptor = FileDescriptor(owning: raw)
        var bytes = Int32(clamping: size)
        let length = socklen_t(MemoryLayout<Int32>.size)
        if setsockopt(raw, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, length) != 0 {
            setsockopt(raw, SOL_SOCKET, SO_RCVBUF, &bytes, length)
        }
        // Bound: to a socket without a number of its own nothing is sent.
        var address = sockaddr_nl()
        address.nl_family = sa_family_t(AF_NETLINK)
        address.nl_groups =
            1 << (SKNLGRP_INET_TCP_DESTROY.rawValue - 1) | 1 << (SKNLGRP_INET6_TCP_DESTROY.rawValue - 1)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(raw, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
            }
        }
        guard bound == 0 else { throw .system("bind(AF_NETLINK)", "SKNLGRP_INET_TCP_DESTROY") }
    }

    /// Hands out what waits, and returns at once. What found no room is counted by `lost`.
    /// - Returns: messages that could not be decoded.
    func read(_ consume: (EndNotice) -> Void) throws(KernelError) -> UInt64 {
        var undecoded: UInt64 = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 13, alignment: 8)
        defer { buffer.deallocate() }
        while true {
            let count = recv(descriptor.raw, buffer.baseAddress, buffer.count, Int32(MSG_TRUNC))
            if count < 0 {
                switch errno {
                case EAGAIN: return undecoded
                // Some found no room; the rest can be read.
                case EINTR, ENOBUFS: continue
                default: throw .system("recv(NETLINK_SOCK_DIAG)")
                }
            }
            guard count <= buffer.count else {
                undecoded += 1
                continue
            }
            let time = HostClock.monotonic
            var outcome = NetlinkMessages.Outcome()
            let datagram = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            NetlinkMessages.forEach(in: datagram.bytes, outcome: &outcome) { message in
                if let notice = EndNotice(message, namespace: namespace, time: time) {
                    consume(notice)
                } else {
                    undecoded += 1
                }
            }
        }
    }

    /// Notices that found no room since this was made: the kernel's own count (SK_MEMINFO_DROPS, Linux 4.12).
    var lost: UInt64 {
        var numbers = [UInt32](repeating: 0, count: Int(SK_MEMINFO_VARS))
        var size = socklen_t(numbers.count * MemoryLayout<UInt32>.size)
        guard getsockopt(descriptor.raw, SOL_SOCKET, SO_MEMINFO, &numbers, &size) == 0 else { return 0 }
        return UInt64(numbers[Int(SK_MEMINFO_DROPS)])
    }
}

extension EndNotice {
    /// `inet_diag_msg` and its attributes.
    init?(_ message: RawSpan, namespace: UInt32, time: UInt64) {
        guard let socket = SockDiagDecoder.decode(message, namespace: 0, transport: .tcp) else { return nil }
        var info = TCPInfo()
        message.forEachDiagAttribute { type, payload in
            // As of a socket that lives: its clocks still tell when the last ACK came.
            if type == UInt32(INET_DIAG_INFO) { info = TCPInfo(payload, .established) }
        }
        self.init(
            time: time, cookie: socket.cookie, namespace: namespace, local: socket.local, remote: socket.remote,
            interface: socket.interface, bytesAcked: info.bytesAcked, bytesReceived: info.bytesReceived,
            retransmissions: info.totalRetransmissions, lastAckReceived: info.lastAckReceived)
    }
}
