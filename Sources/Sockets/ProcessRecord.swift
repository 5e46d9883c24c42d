/// A process that holds sockets, as it was when we looked. `nil` is what could not be read.
package struct ProcessRecord: Sendable, Hashable {
    package var pid: Int32
    /// Clock ticks since boot (`starttime`, proc_pid_stat(5)). With the pid it names one process for ever.
    package var startTicks: UInt64?
    /// Milliseconds since the process started.
    package var age: UInt64?
    package var parent: Int32?
    /// `comm`: at most 15 bytes, chosen by the process: may hold anything, control characters too.
    package var command: String
    /// The arguments, joined by spaces. Empty for a kernel thread.
    package var commandLine: String?
    package var uid: UInt32?
    package var user: String?
    /// The path in the cgroup hierarchy, `/system.slice/nginx.service`.
    package var cgroup: String?
    package var unit: String?
    /// The user whose own service manager runs the unit; `nil` for a unit of the host's.
    package var unitUser: UInt32?
    package var container: Container?
    /// Open descriptors of all kinds.
    package var descriptors: UInt32?
    /// Soft RLIMIT_NOFILE. `UInt64.max` for unlimited.
    package var descriptorLimit: UInt64?
    package var descriptorHardLimit: UInt64?
    /// Descriptors that are sockets of any protocol.
    package var socketDescriptors: UInt32?
    /// The network namespace that it runs in (inode).
    package var namespace: UInt32?

    package init(pid: Int32, command: String) {
        self.pid = pid
        self.command = command
    }
}

/// The container of a process, as its cgroup path tells.
package struct Container: Sendable, Hashable {
    package enum Runtime: String, Sendable { case docker, containerd, podman, crio = "cri-o", lxc, nspawn, unknown }

    package var runtime: Runtime
    /// The full id, 64 hexadecimal digits, or the name where the runtime uses names.
    package var id: String
    /// The Kubernetes pod's UID.
    package var pod: String?

    package init(runtime: Runtime, id: String, pod: String? = nil) {
        self.runtime = runtime
        self.id = id
        self.pod = pod
    }
}

/// One open descriptor of a socket.
package struct Holder: Sendable, Hashable {
    /// Index into `Snapshot.processes`.
    package var process: Int32
    package var descriptor: Int32

    @inlinable
    package init(process: Int32, descriptor: Int32) {
        self.process = process
        self.descriptor = descriptor
    }
}

/// A TCP socket in CLOSED that still holds a descriptor: destroyed, reset, or never connected. `ss` does not show it.
package struct ClosedSocket: Sendable, Hashable {
    package var inode: UInt32
    package var cookie: UInt64?
    package var holder: Holder
    /// It has a local port without a connection: bound, never connected (or disconnected).
    package var localPort: UInt16?

    package init(inode: UInt32, cookie: UInt64?, holder: Holder, localPort: UInt16? = nil) {
        self.inode = inode
        self.cookie = cookie
        self.holder = holder
        self.localPort = localPort
    }
}
