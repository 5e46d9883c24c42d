/// One look at a host: every connection, who holds it, and the limits, at (nearly) one moment.
package struct Snapshot: Sendable {
    /// Where the sockets and the holders came from.
    package enum Source: String, Sendable { case iterators = "ebpf", sockDiag = "sock_diag", procfs = "proc" }

    /// Milliseconds since 1970, UTC.
    package var time: UInt64
    /// Milliseconds on the monotonic clock: subtract two looks by this.
    package var monotonic: UInt64
    package var host: String
    package var kernel: String
    /// The effective user id of the observer.
    package var observer: UInt32
    package var socketSource: Source
    package var holderSource: Source

    package var namespaces: [NetworkNamespace]
    /// Every namespace of the host was looked at, as far as the observer may; false for a look at one that was asked for.
    package var isOfAllNamespaces = true
    package var connections: [Connection]
    /// Grouped by connection: `Holding.held` is a range in here.
    package var holders: [Holder]
    package var processes: [ProcessRecord]
    package var closedSockets: [ClosedSocket]
    package var limits: HostLimits
    package var gaps: [Gap]
    /// Names of interfaces by namespace index and interface index, for link-local addresses.
    package var interfaces: [InterfaceKey: String]

    package struct InterfaceKey: Hashable, Sendable {
        package var namespace: UInt16
        package var index: UInt32

        package init(namespace: UInt16, index: UInt32) {
            self.namespace = namespace
            self.index = index
        }
    }

    package init(
        time: UInt64 = 0, monotonic: UInt64 = 0, host: String = "", kernel: String = "", observer: UInt32 = 0,
        socketSource: Source = .sockDiag, holderSource: Source = .procfs, namespaces: [NetworkNamespace] = [],
        connections: [Connection] = [], holders: [Holder] = [], processes: [ProcessRecord] = [],
        closedSockets: [ClosedSocket] = [], limits: HostLimits = HostLimits(), gaps: [Gap] = []
    ) {
        self.time = time
        self.monotonic = monotonic
        self.host = host
        self.kernel = kernel
        self.observer = observer
        self.socketSource = socketSource
        self.holderSource = holderSource
        self.namespaces = namespaces
        self.connections = connections
        self.holders = holders
        self.processes = processes
        self.closedSockets = closedSockets
        self.limits = limits
        self.gaps = gaps
        interfaces = [:]
    }

    /// The descriptors that hold a connection; empty for every holding but `.held`.
    @inlinable
    package func holders(of connection: Connection) -> ArraySlice<Holder> {
        guard case .held(let start, let count) = connection.holding else { return [] }
        let end = Int(start) + Int(count)
        guard end <= holders.count else { return [] }
        return holders[Int(start)..<end]
    }

    /// The first process that holds a connection, and its descriptor: who opened it is not known.
    package func firstHolder(of connection: Connection) -> (process: ProcessIdentity, descriptor: Int32)? {
        guard let holder = holders(of: connection).first, processes.indices.contains(Int(holder.process)) else {
            return nil
        }
        let process = processes[Int(holder.process)]
        let identity = ProcessIdentity(
            pid: process.pid, startTicks: process.startTicks ?? 0, command: process.command)
        return (identity, holder.descriptor)
    }

    /// Inodes of the namespaces of which every socket was seen: what is not there is gone.
    package var completeNamespaces: Set<UInt32> {
        let cut: [String] = gaps.compactMap { gap in
            switch gap.kind {
            case .namespace, .interruptedDump, .records: gap.subject
            default: nil
            }
        }
        return Set(namespaces.filter { !cut.contains($0.name ?? "\($0.inode)") }.map(\.inode))
    }
}
