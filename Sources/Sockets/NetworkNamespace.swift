/// A network namespace of the host.
package struct NetworkNamespace: Sendable, Hashable {
    /// Inode of the namespace in nsfs: its identity while it lives.
    package var inode: UInt32
    /// The name that `ip netns` gave it, where it has one.
    package var name: String?
    /// It is the one that the observer runs in.
    package var isOwn: Bool
    /// A process that runs in it, for `nsenter -t PID -n`.
    package var pid: Int32?
    package var limits: NamespaceLimits

    package init(inode: UInt32, name: String?, isOwn: Bool, pid: Int32?, limits: NamespaceLimits = NamespaceLimits()) {
        self.inode = inode
        self.name = name
        self.isOwn = isOwn
        self.pid = pid
        self.limits = limits
    }
}
