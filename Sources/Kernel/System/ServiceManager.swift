internal import Glibc

/// The service manager that started this process and wants to hear how it goes: sd_notify(3), the protocol of
/// `NOTIFY_SOCKET`. Each call sends one datagram and waits for nobody.
package struct ServiceManager: Sendable {
    /// `/run/systemd/notify`, or `@name` in the abstract namespace.
    private let socket: String
    /// Nanoseconds within which it wants a sign of life; `nil` where it wants none (sd_watchdog_enabled(3)).
    package let watchdog: UInt64?

    /// As the environment says; `nil` where nobody wants to hear.
    package init?(_ variable: (String) -> String? = Surroundings.variable, pid: Int32 = getpid()) {
        // A socket of another kind (vsock) is of a manager outside this machine.
        guard let socket = variable("NOTIFY_SOCKET"), socket.hasPrefix("/") || socket.hasPrefix("@") else { return nil }
        self.socket = socket
        let wanted = variable("WATCHDOG_USEC").flatMap(UInt64.init).flatMap { $0 > 0 ? $0 : nil }
        // Meant for another process: this one inherited it.
        let isOurs = variable("WATCHDOG_PID").map { Int32($0) == pid } ?? true
        watchdog = isOurs ? wanted.map { $0.multipliedReportingOverflow(by: 1000).partialValue } : nil
    }

    /// It began, or began again after `reloading`.
    package func ready(status: String) throws(KernelError) { try send("READY=1", status) }

    /// It reads its configuration again; `ready` ends that.
    package func reloading() throws(KernelError) {
        try send("RELOADING=1\nMONOTONIC_USEC=\(HostClock.monotonic / 1000)", nil)
    }

    package func stopping(status: String) throws(KernelError) { try send("STOPPING=1", status) }

    /// One line for `systemctl status`.
    package func tell(status: String) throws(KernelError) { try send(nil, status) }

    /// To be called at least every half of `watchdog`.
    package func isAlive() throws(KernelError) { try send("WATCHDOG=1", nil) }

    private func send(_ fields: String?, _ status: String?) throws(KernelError) {
        let line = status.map { "STATUS=" + String($0.map { $0.isNewline ? " " : $0 }) }
        let message = Array([fields, line].compactMap(\.self).joined(separator: "\n").utf8)
        var name = Array(socket.utf8)
        if name[0] == UInt8(ascii: "@") { name[0] = 0 }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard name.count <= room else {
            throw KernelError(call: "NOTIFY_SOCKET", subject: socket, code: ENAMETOOLONG)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        // An abstract name ends with its length, a path with a zero.
        let size = MemoryLayout<sockaddr_un>.size - room + min(room, name.count + (name[0] == 0 ? 0 : 1))
        let raw = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard raw >= 0 else { throw .system("socket(AF_UNIX)") }
        let descriptor = FileDescriptor(owning: raw)
        let sent = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor.raw, message, message.count, Int32(MSG_NOSIGNAL), $0, socklen_t(size))
            }
        }
        guard sent == message.count else { throw .system("sendto", socket) }
    }
}
