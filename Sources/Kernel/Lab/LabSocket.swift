internal import CLinux
internal import Glibc
package import Sockets
package import TCP

/// A real TCP socket of this process that never waits, for a peer that runs on the same thread. Closed with the value.
package final class LabSocket {
    private let descriptor: FileDescriptor
    private let family: IPAddress.Family

    package init(_ family: IPAddress.Family) throws(KernelError) {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let raw = socket(family == .ipv4 ? AF_INET : AF_INET6, type, 0)
        guard raw >= 0 else { throw .system("socket") }
        descriptor = FileDescriptor(owning: raw)
        self.family = family
    }

    private init(accepted raw: Int32, _ family: IPAddress.Family) {
        descriptor = FileDescriptor(owning: raw)
        self.family = family
    }

    // MARK: Opening

    package func bind(to endpoint: Endpoint) throws(KernelError) {
        try set(SOL_SOCKET, SO_REUSEADDR, 1)
        let result = endpoint.withSocketAddress { Glibc.bind(descriptor.raw, $0, $1) }
        guard result == 0 else { throw .system("bind", "port \(endpoint.port)") }
    }

    package func listen(backlog: Int) throws(KernelError) {
        guard Glibc.listen(descriptor.raw, Int32(clamping: backlog)) == 0 else { throw .system("listen") }
    }

    /// When it returns, the SYN has been sent.
    package func connect(to endpoint: Endpoint) throws(KernelError) {
        let result = endpoint.withSocketAddress { Glibc.connect(descriptor.raw, $0, $1) }
        guard result == 0 || errno == EINPROGRESS else { throw .system("connect", "port \(endpoint.port)") }
    }

    /// - Returns: `nil`: nobody waits.
    package func accept() throws(KernelError) -> LabSocket? {
        while true {
            let raw = Glibc.accept(descriptor.raw, nil, nil)
            if raw >= 0 {
                let accepted = LabSocket(accepted: raw, family)
                let flags = fcntl(raw, F_GETFL)
                guard flags >= 0, fcntl(raw, F_SETFL, flags | O_NONBLOCK) == 0, fcntl(raw, F_SETFD, FD_CLOEXEC) == 0
                else { throw .system("fcntl") }
                return accepted
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: return nil
            default: throw .system("accept")
            }
        }
    }

    // MARK: Data and the end of it

    /// - Returns: how many bytes the kernel took, from the front; fewer when its buffer is full.
    package func send(_ bytes: [UInt8]) throws(KernelError) -> Int {
        var sent = 0
        while sent < bytes.count {
            let some = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor.raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if some < 0, errno == EINTR { continue }
            if some < 0, errno == EAGAIN { break }
            guard some >= 0 else { throw .system("send") }
            sent += some
        }
        return sent
    }

    /// - Returns: what was there; empty is the peer's end of file, `nil` nothing yet.
    package func receive(atMost most: Int = 1 << 16) throws(KernelError) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: max(most, 1))
        while true {
            let count = recv(descriptor.raw, &bytes, bytes.count, 0)
            if count >= 0 { return Array(bytes.prefix(count)) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return nil
            default: throw .system("recv")
            }
        }
    }

    /// shutdown(2), SHUT_WR: the FIN goes out, the socket stays.
    package func shutSending() throws(KernelError) {
        guard shutdown(descriptor.raw, Int32(SHUT_WR)) == 0 else { throw .system("shutdown") }
    }

    // MARK: Options

    /// The next close sends an RST (SO_LINGER of 0 seconds, socket(7)).
    package func resetOnClose() throws(KernelError) {
        var option = linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout<Glibc.linger>.size)
        guard setsockopt(descriptor.raw, SOL_SOCKET, SO_LINGER, &option, size) == 0 else {
            throw .system("setsockopt(SO_LINGER)")
        }
    }

    /// Seconds, and how many probes (tcp(7)).
    package func keepAlive(idle: Int, interval: Int, count: Int) throws(KernelError) {
        try set(SOL_SOCKET, SO_KEEPALIVE, 1)
        try set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, idle)
        try set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, interval)
        try set(Int32(IPPROTO_TCP), TCP_KEEPCNT, count)
    }

    /// How long data may stay unacknowledged (TCP_USER_TIMEOUT, tcp(7)).
    package func userTimeout(milliseconds: Int) throws(KernelError) {
        try set(Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, milliseconds)
    }

    /// SO_RCVBUF; the kernel doubles it. To be set before the handshake, which tells the window.
    package func receiveBuffer(_ bytes: Int) throws(KernelError) { try set(SOL_SOCKET, SO_RCVBUF, bytes) }

    /// No waiting for more to send (TCP_NODELAY, tcp(7)).
    package func sendAtOnce() throws(KernelError) { try set(Int32(IPPROTO_TCP), TCP_NODELAY, 1) }

    /// No delayed ACK for now, and one that is due is sent, where the kernel agrees (TCP_QUICKACK, tcp(7)).
    package func acknowledgeAtOnce() throws(KernelError) { try set(Int32(IPPROTO_TCP), TCP_QUICKACK, 1) }

    private func set(_ level: Int32, _ option: Int32, _ value: Int) throws(KernelError) {
        var value = Int32(clamping: value)
        guard setsockopt(descriptor.raw, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
            throw .system("setsockopt", "\(option)")
        }
    }

    // MARK: What it is

    /// The key of sock_diag's sockets; 0 where there is none.
    package var cookie: UInt64 { linger_socket_cookie(descriptor.raw) }

    package var localPort: UInt16 { UInt16(truncatingIfNeeded: linger_local_port(descriptor.raw)) }

    /// The first byte of TCP_INFO: also for a CLOSED socket, which sock_diag does not show.
    package func state() throws(KernelError) -> State? {
        var number: UInt8 = 0
        var size = socklen_t(1)
        // linux/tcp.h: TCP_INFO is 11.
        guard getsockopt(descriptor.raw, Int32(IPPROTO_TCP), 11, &number, &size) == 0 else {
            throw .system("getsockopt(TCP_INFO)")
        }
        return State(kernelNumber: number)
    }

    /// What went wrong since it was asked last, in the system's words (SO_ERROR): `Connection refused`.
    package func takeError() -> String? {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor.raw, SOL_SOCKET, SO_ERROR, &code, &size) == 0, code != 0 else { return nil }
        return errorText(code)
    }
}
