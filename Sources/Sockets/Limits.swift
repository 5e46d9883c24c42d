/// Limits and uses that belong to one network namespace (`/proc/sys/net`, `/proc/net` seen from inside it).
package struct NamespaceLimits: Sendable, Hashable {
    /// `net.ipv4.ip_local_port_range`, both ends inclusive.
    package var portRange: ClosedRange<UInt16>?
    /// `net.ipv4.ip_local_reserved_ports` that lie within the range.
    package var reservedPorts: [ClosedRange<UInt16>]?
    /// `net.ipv4.tcp_max_tw_buckets`
    package var maxTimeWait: UInt64?
    /// `net.ipv4.tcp_tw_reuse`: 0 off, 1 on, 2 loopback only.
    package var timeWaitReuse: UInt64?
    /// `net.core.somaxconn`
    package var maxBacklog: UInt64?
    /// `net.ipv4.tcp_max_syn_backlog`
    package var maxSynBacklog: UInt64?
    /// `net.ipv4.tcp_syncookies`: 0 off, 1 when the queue is full, 2 always.
    package var synCookies: UInt64?
    /// `net.ipv4.tcp_synack_retries`, `tcp_syn_retries`, `tcp_retries2`, `tcp_orphan_retries`
    package var synAckRetries: UInt64?
    package var synRetries: UInt64?
    package var retries2: UInt64?
    package var orphanRetries: UInt64?
    /// `net.ipv4.tcp_fin_timeout`, seconds
    package var finTimeout: UInt64?
    /// `net.ipv4.tcp_keepalive_time`, `tcp_keepalive_intvl` (seconds), `tcp_keepalive_probes`
    package var keepaliveTime: UInt64?
    package var keepaliveInterval: UInt64?
    package var keepaliveProbes: UInt64?
    /// `net.ipv4.tcp_abort_on_overflow`
    package var abortOnOverflow: UInt64?
    /// `net.netfilter.nf_conntrack_count` and `nf_conntrack_max`; `nil` where connection tracking is not loaded.
    package var conntrackCount: UInt64?
    package var conntrackMax: UInt64?
    /// TIME_WAIT sockets (`tw` in `/proc/net/sockstat`).
    package var timeWaitCount: UInt64?
    /// TCP sockets in use (`inuse`, IPv4, in `/proc/net/sockstat`).
    package var inUse: UInt64?
    /// The TcpExt and Tcp counters of the namespace at both ends of the sample.
    package var counters: CounterSample?

    package init() {}
}

/// Limits and uses of the whole host.
package struct HostLimits: Sendable, Hashable {
    /// `net.ipv4.tcp_max_orphans`; orphans in `/proc/net/sockstat` are counted over all namespaces.
    package var maxOrphans: UInt64?
    package var orphans: UInt64?
    /// `net.ipv4.tcp_mem`: low, pressure, high; and what is used; pages.
    package var memoryLow: UInt64?
    package var memoryPressure: UInt64?
    package var memoryHigh: UInt64?
    package var memoryPages: UInt64?
    package var pageSize: UInt64?
    /// `fs.file-nr` and `fs.file-max`
    package var openFiles: UInt64?
    package var maxFiles: UInt64?
    /// `fs.nr_open`: the most that RLIMIT_NOFILE can be raised to.
    package var maxDescriptorsPerProcess: UInt64?

    package init() {}
}

/// Kernel counters (`/proc/net/netstat` and `/proc/net/snmp`) at one or two moments, by their kernel names:
/// `ListenOverflows`, `TCPTimeWaitOverflow`, `AttemptFails`.
package struct CounterSample: Sendable, Hashable {
    /// Totals since the namespace was made, at the later moment.
    package var totals: [String: UInt64]
    /// What came in between. `nil` when only one look was taken.
    package var deltas: [String: UInt64]?
    /// Seconds between both looks.
    package var interval: Double?

    package init(totals: [String: UInt64], deltas: [String: UInt64]? = nil, interval: Double? = nil) {
        self.totals = totals
        self.deltas = deltas
        self.interval = interval
    }
}
