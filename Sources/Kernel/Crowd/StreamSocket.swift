internal import CLinux
internal import Glibc
package import Sockets

/// A TCP (or MPTCP) socket of this process, closed with the value. Children inherit it, as over fork.
///
/// No call waits longer than `patience`.
package final class StreamSocket {
    private let descriptor: FileDescriptor
    private let family: IPAddress.Family

    package static let patience = 30
    private static let multipath: Int32 = 262  // IPPROTO_MPTCP, linux/in.h

    package init(_ family: IPAddress.Family, isMultipath: Bool = false) throws(KernelError) {
        let domain = family == .ipv4 ? AF_INET : AF_INET6
        let raw = socket(domain, Int32(SOCK_STREAM.rawValue), isMultipath ? Self.multipath : 0)
        guard raw >= 0 else { throw .system("socket", isMultipath ? "IPPROTO_MPTCP" : "") }
        descriptor = FileDescriptor(owning: raw)
        self.family = family
        var time = timeval(tv_sec: Self.patience, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &time, size)
        setsockopt(raw, SOL_SOCKET, SO_SNDTIMEO, &time, size)
    }

    private init(accepted raw: Int32, _ family: IPAddress.Family) {
        descriptor = FileDescriptor(owning: raw)
        self.family = family
    }

    /// SO_COOKIE: the kernel makes one when somebody asks for the first time.
    package var cookie: UInt64 { linger_socket_cookie(descriptor.raw) }

    // MARK: Opening

    /// - Parameter isV6Only: an IPv6 socket leaves IPv4 alone.
    package func listen(at endpoint: Endpoint, backlog: Int, isV6Only: Bool = false) throws(KernelError) {
        try set(SOL_SOCKET, SO_REUSEADDR, 1)
        if isV6Only { try set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
        try bind(to: endpoint)
        guard Glibc.listen(descriptor.raw, Int32(clamping: backlog)) == 0 else {
            throw .system("listen", "port \(endpoint.port)")
        }
    }

    /// To any address and a port that the kernel chooses.
    package func bindAnywhere() throws(KernelError) {
        let any = family == .ipv4 ? IPAddress(v4: 0) : IPAddress(v6High: 0, low: 0)
        try bind(to: Endpoint(address: any, port: 0))
    }

    private func bind(to endpoint: Endpoint) throws(KernelError) {
        let result = endpoint.withSocketAddress { Glibc.bind(descriptor.raw, $0, $1) }
        guard result == 0 else { throw .system("bind", "port \(endpoint.port)") }
    }

    package func accept() throws(KernelError) -> StreamSocket {
        while true {
            let raw = Glibc.accept(descriptor.raw, nil, nil)
            if raw >= 0 { return StreamSocket(accepted: raw, family) }
            guard errno == EINTR else { throw .system("accept") }
        }
    }

    /// - Parameter waits: otherwise it returns when the SYN is sent.
    package func connect(to endpoint: Endpoint, waits: Bool = true) throws(KernelError) {
        if !waits { try setBlocking(false) }
        let result = endpoint.withSocketAddress { Glibc.connect(descriptor.raw, $0, $1) }
        if result != 0, waits || errno != EINPROGRESS { throw .system("connect", "port \(endpoint.port)") }
    }

    // MARK: Options

    package func keepAlive() throws(KernelError) { try set(SOL_SOCKET, SO_KEEPALIVE, 1) }

    /// Nothing that comes is let in any more: to its peer this socket is as good as dead.
    package func dropInput() throws(KernelError) {
        let code = linger_drop_all_input(descriptor.raw)
        guard code == 0 else { throw KernelError(call: "setsockopt(SO_ATTACH_FILTER)", code: 0 &- code) }
    }

    /// The next close sends an RST (SO_LINGER of 0 seconds, socket(7)).
    package func resetOnClose() throws(KernelError) {
        var option = linger(l_onoff: 1, l_linger: 0)
        guard
            setsockopt(descriptor.raw, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<Glibc.linger>.size)) == 0
        else { throw .system("setsockopt(SO_LINGER)") }
    }

    private func set(_ level: Int32, _ option: Int32, _ value: Int32) throws(KernelError) {
        var value = value
        guard setsockopt(descriptor.raw, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
            throw .system("setsockopt", "\(option)")
        }
    }

    private func setBlocking(_ blocks: Bool) throws(KernelError) {
        let flags = fcntl(descriptor.raw, F_GETFL)
        guard flags >= 0, fcntl(descriptor.raw, F_SETFL, blocks ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) == 0 else {
            throw .system("fcntl(F_SETFL)")
        }
    }

    // MARK: Data and the end of it

    package func send(_ count: Int) throws(KernelError) {
        let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: count)
        var sent = 0
        while sent < count {
            let some = Glibc.send(descriptor.raw, bytes, count - sent, Int32(MSG_NOSIGNAL))
            if some < 0, errno == EINTR { continue }
            guard some >= 0 else { throw .system("send") }
            sent += some
        }
    }

    package func receive(_ count: Int) throws(KernelError) {
        var bytes = [UInt8](repeating: 0, count: count)
        var received = 0
        while received < count {
            let some = recv(descriptor.raw, &bytes, count - received, 0)
            if some < 0, errno == EINTR { continue }
            guard some >= 0 else { throw .system("recv") }
            if some == 0 { return }
            received += some
        }
    }

    /// Sends until the kernel takes no more.
    package func fill() throws(KernelError) {
        try setBlocking(false)
        let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16)
        while Glibc.send(descriptor.raw, bytes, bytes.count, Int32(MSG_NOSIGNAL)) > 0 {}
        guard errno == EAGAIN else { throw .system("send") }
    }

    /// Closes the sending half: the FIN goes out, the socket stays (shutdown(2)).
    package func shutSending() throws(KernelError) {
        guard shutdown(descriptor.raw, Int32(SHUT_WR)) == 0 else { throw .system("shutdown") }
    }
}

extension Endpoint {
    /// `sockaddr_in` (16 bytes) or `sockaddr_in6` (28): family 2, port 2, then address 4; or flow 4, address 16, scope 4.
    func withSocketAddress<Value>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
        var bytes = withUnsafeBytes(of: sa_family_t(address.family == .ipv4 ? AF_INET : AF_INET6)) { Array($0) }
        bytes += withUnsafeBytes(of: port.bigEndian) { Array($0) }
        if address.family == .ipv6 { bytes += [0, 0, 0, 0] }
        bytes += address.networkBytes
        while bytes.count < (address.family == .ipv4 ? 16 : 28) { bytes.append(0) }
        return bytes.withUnsafeBytes { buffer in
            // Never nil: there are 16 bytes at least.
            buffer.withMemoryRebound(to: sockaddr.self) { address in
                body(address.baseAddress.unsafelyUnwrapped, socklen_t(buffer.count))
            }
        }
    }
}
