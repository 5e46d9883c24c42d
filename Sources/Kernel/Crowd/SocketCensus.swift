package import Sockets
internal import TCP

/// The TCP sockets of the namespace that this process is in, as sock_diag shows them now.
package enum SocketCensus {
    package static func sockets() throws(KernelError) -> [Connection] {
        try look { _ in }.connections
    }

    /// A TcpExt counter of the namespace (`ListenOverflows`); 0 where the kernel has none of this name.
    package static func counter(_ name: String) throws(KernelError) -> UInt64 {
        let snapshot = try look {
            $0.limits = true
            // One state is enough of a dump.
            $0.states = StateSet(.listen)
        }
        return snapshot.namespaces.first?.limits.counters?.totals[name] ?? 0
    }

    private static func look(_ change: (inout Look) -> Void) throws(KernelError) -> Snapshot {
        var look = Look()
        look.method = .proc
        look.holders = false
        look.processDetails = false
        change(&look)
        let snapshot = try Observer().look(look)
        guard !snapshot.gaps.contains(where: { $0.isPartial }) else {
            throw KernelError(
                call: "sock_diag", hint: snapshot.gaps.map { "\($0.subject) \($0.reason)" }.joined(separator: ", "))
        }
        return snapshot
    }
}
