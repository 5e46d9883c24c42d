package import Sockets

/// What to look at. Everything that is not wanted is not asked of the kernel.
package struct Look: Sendable {
    package enum Namespaces: Sendable, Hashable {
        case all
        case own
        /// By `ip netns` name.
        case named(String)
        /// The one that this process runs in.
        case process(Int32)
        case inode(UInt32)
    }

    package enum Method: String, Sendable, CaseIterable {
        /// By the size of the host: /proc and sock_diag on a small one, eBPF iterators on a large one.
        case auto
        case bpf
        case proc
    }

    package var states: StateSet = .all
    package var ipv4 = true
    package var ipv6 = true
    package var mptcp = true
    package var namespaces: Namespaces = .own
    package var method: Method = .auto
    package var holders = true
    /// Command line, user, cgroup, unit, container, descriptor counts of the processes.
    package var processDetails = true
    /// Sockets in CLOSED that hold a descriptor.
    package var closedSockets = false
    /// What memory each socket takes. The iterator tells it anyway.
    package var memory = true
    /// Limits of the host and of the namespaces, and their counters.
    package var limits = false

    package init() {}
}
