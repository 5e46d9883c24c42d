internal import CLinux
internal import Glibc

/// A process that is held by a descriptor of its own (pidfd_open(2)): whatever is done through it reaches this process
/// and no later one with the same number.
package struct ProcessHandle: ~Copyable {
    package let pid: Int32
    private let pidfd: FileDescriptor

    /// - Parameter startTicks: when it started, as the plan saw it (field 22 of proc_pid_stat(5)).
    /// - Throws: ESRCH where it is gone, or where its number belongs to a process that started at another time.
    package init(pid: Int32, startTicks: UInt64) throws(KernelError) {
        let raw = linger_pidfd_open(pid)
        guard raw >= 0 else { throw .system("pidfd_open", "pid \(pid)") }
        let handle = FileDescriptor(owning: raw)
        let found = ProcessFacts.startTicks(pid)
        // The handle was opened before the time was read, and its process is still there after: the time is its own.
        guard linger_pidfd_signal(raw, 0) == 0 || errno == EPERM, found == startTicks else {
            throw KernelError(call: "pidfd_open", subject: "pid \(pid)", code: ESRCH)
        }
        self.pid = pid
        pidfd = handle
    }

    /// A copy of one of its descriptors (pidfd_getfd(2)).
    package func duplicate(_ descriptor: Int32) throws(KernelError) -> SocketHandle {
        let raw = linger_pidfd_getfd(pidfd.raw, descriptor)
        guard raw >= 0 else {
            let code = errno
            throw KernelError(
                call: "pidfd_getfd", subject: "descriptor \(descriptor) of pid \(pid)", code: code,
                hint: code == EPERM ? ProcessFacts.attachHint : "")
        }
        return SocketHandle(owning: raw)
    }

    /// Root without the right is a service that was not given it.
    private static var signalHint: String {
        geteuid() == 0 ? "needs CAP_KILL, which this process was not given" : "needs CAP_KILL or its user: run as root"
    }

    /// pidfd_send_signal(2).
    package func signal(_ signal: Signal) throws(KernelError) {
        guard linger_pidfd_signal(pidfd.raw, signal.number) == 0 else {
            let code = errno
            throw KernelError(
                call: "pidfd_send_signal", subject: "pid \(pid)", code: code,
                hint: code == EPERM ? Self.signalHint : "")
        }
    }

    /// Waits until it has ended; false when the time is over.
    package func waitForEnd(milliseconds: Int32) -> Bool {
        var poll = pollfd(fd: pidfd.raw, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&poll, 1, milliseconds) > 0
    }

    package enum Signal: Sendable {
        case terminate, kill

        var number: Int32 { self == .kill ? SIGKILL : SIGTERM }
    }
}

/// A copy of a process's socket: the same socket, under a descriptor of our own.
package struct SocketHandle: ~Copyable {
    private let file: FileDescriptor

    init(owning raw: Int32) { file = FileDescriptor(owning: raw) }

    /// SO_COOKIE; 0 where it is no socket.
    package var cookie: UInt64 { linger_socket_cookie(file.raw) }

    /// Inode in sockfs.
    package var inode: UInt32? {
        var status = stat()
        guard fstat(file.raw, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
        return UInt32(truncatingIfNeeded: status.st_ino)
    }

    /// The kernel's number of its state (`State.rawValue`); `nil` where it is no TCP socket.
    package var state: UInt8? {
        let state = linger_socket_state(file.raw)
        return state > 0 ? UInt8(clamping: state) : nil
    }

    /// shutdown(2), both directions: a FIN, once what was written before is sent.
    package func shutdown() throws(KernelError) {
        guard Glibc.shutdown(file.raw, Int32(SHUT_RDWR)) == 0 else { throw .system("shutdown", "socket") }
    }
}

extension KernelError {
    /// ESRCH: the process is gone.
    package var isProcessGone: Bool { code == ESRCH }
    /// ENOENT: what was named is not there.
    package var isAbsent: Bool { code == ENOENT }
    /// EBADF: the descriptor is closed.
    package var isDescriptorGone: Bool { code == EBADF }
}
