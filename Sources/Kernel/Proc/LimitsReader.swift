internal import Glibc
internal import Sockets

/// Reads limits and their uses out of /proc/sys and /proc/net (ip-sysctl.rst, proc_sys_fs(5)). What is not there is nil:
/// a kernel without it, or a setting that only the host's first namespace has. What is there and could not be read is
/// nil too, and a gap says so.
struct LimitsReader {
    private let inputs: NamespaceInputs
    private var failures: [(path: String, reason: String)] = []

    init(inputs: NamespaceInputs) { self.inputs = inputs }

    /// One for each reason, with the first few paths.
    var gaps: [Gap] {
        var pathsByReason: [String: [String]] = [:]
        for (path, reason) in failures { pathsByReason[reason, default: []].append(path) }
        return pathsByReason.sorted { $0.key < $1.key }.map { reason, paths in
            let shown = paths.prefix(3).joined(separator: ", ") + (paths.count > 3 ? ", …" : "")
            return Gap(kind: .file, subject: shown, reason: reason, count: paths.count)
        }
    }

    mutating func namespace() -> NamespaceLimits {
        var limits = NamespaceLimits()
        let ports = words("/proc/sys/net/ipv4/ip_local_port_range")
        if ports.count == 2, let low: UInt16 = ProcText.integer(ports[0]),
            let high: UInt16 = ProcText.integer(ports[1]),
            low <= high
        {
            limits.portRange = low...high
        }
        limits.reservedPorts = reservedPorts(within: limits.portRange)
        limits.maxTimeWait = number("/proc/sys/net/ipv4/tcp_max_tw_buckets")
        limits.timeWaitReuse = number("/proc/sys/net/ipv4/tcp_tw_reuse")
        limits.maxBacklog = number("/proc/sys/net/core/somaxconn")
        limits.maxSynBacklog = number("/proc/sys/net/ipv4/tcp_max_syn_backlog")
        limits.synCookies = number("/proc/sys/net/ipv4/tcp_syncookies")
        limits.synAckRetries = number("/proc/sys/net/ipv4/tcp_synack_retries")
        limits.synRetries = number("/proc/sys/net/ipv4/tcp_syn_retries")
        limits.retries2 = number("/proc/sys/net/ipv4/tcp_retries2")
        limits.orphanRetries = number("/proc/sys/net/ipv4/tcp_orphan_retries")
        limits.finTimeout = number("/proc/sys/net/ipv4/tcp_fin_timeout")
        limits.keepaliveTime = number("/proc/sys/net/ipv4/tcp_keepalive_time")
        limits.keepaliveInterval = number("/proc/sys/net/ipv4/tcp_keepalive_intvl")
        limits.keepaliveProbes = number("/proc/sys/net/ipv4/tcp_keepalive_probes")
        limits.abortOnOverflow = number("/proc/sys/net/ipv4/tcp_abort_on_overflow")
        limits.conntrackCount = number("/proc/sys/net/netfilter/nf_conntrack_count")
        limits.conntrackMax = number("/proc/sys/net/netfilter/nf_conntrack_max")
        let sockstat = Sockstat(ProcText(file("/proc/net/sockstat") ?? []))
        limits.timeWaitCount = sockstat["tw"]
        limits.inUse = sockstat["inuse"]
        return limits
    }

    mutating func host(pageSize: UInt64) -> HostLimits {
        var limits = HostLimits()
        let sockstat = Sockstat(ProcText(file("/proc/net/sockstat") ?? []))
        limits.maxOrphans = number("/proc/sys/net/ipv4/tcp_max_orphans")
        limits.orphans = sockstat["orphan"]
        let memory = words("/proc/sys/net/ipv4/tcp_mem").map { ProcText.integer($0) as UInt64? }
        if memory.count == 3 {
            limits.memoryLow = memory[0]
            limits.memoryPressure = memory[1]
            limits.memoryHigh = memory[2]
        }
        limits.memoryPages = sockstat["mem"]
        limits.pageSize = pageSize
        // allocated, free (always 0), maximum
        let files = words("/proc/sys/fs/file-nr").map { ProcText.integer($0) as UInt64? }
        if files.count == 3 {
            limits.openFiles = files[0]
            limits.maxFiles = files[2]
        }
        limits.maxDescriptorsPerProcess = number("/proc/sys/fs/nr_open")
        return limits
    }

    private mutating func words(_ path: String) -> [ArraySlice<UInt8>] { file(path).map { ProcText($0).words } ?? [] }

    private mutating func number(_ path: String) -> UInt64? { file(path).flatMap { ProcText($0).integer() } }

    private mutating func file(_ path: String) -> [UInt8]? {
        do throws(KernelError) {
            return try inputs.file(path)
        } catch {
            if error.code != ENOENT { failures.append((path, error.reason)) }
            return nil
        }
    }

    /// `8080,9000-9100`: those that lie within the range.
    private mutating func reservedPorts(within range: ClosedRange<UInt16>?) -> [ClosedRange<UInt16>]? {
        guard let range, let bytes = file("/proc/sys/net/ipv4/ip_local_reserved_ports") else { return nil }
        return ProcText(bytes).words.flatMap { $0.split(separator: UInt8(ascii: ",")) }.compactMap { part in
            let ends = part.split(separator: UInt8(ascii: "-")).compactMap { ProcText.integer($0) as UInt16? }
            guard let low = ends.first, let high = ends.last, low <= high else { return nil }
            return (low...high).overlaps(range) ? (low...high).clamped(to: range) : nil
        }
    }
}

/// The TCP line of /proc/net/sockstat: `TCP: inuse 4 orphan 0 tw 2 alloc 7 mem 1`. `orphan`, `alloc` and `mem` are the
/// host's, `inuse` (IPv4) and `tw` the namespace's. Of /proc/net/sockstat6: `TCP6: inuse 1`.
struct Sockstat {
    private var values: [String: UInt64] = [:]

    init(_ inputs: NamespaceInputs, _ family: IPAddress.Family = .ipv4) {
        let path = family == .ipv4 ? "/proc/net/sockstat" : "/proc/net/sockstat6"
        self.init(ProcText((try? inputs.file(path)) ?? []), family)
    }

    init(_ text: ProcText, _ family: IPAddress.Family = .ipv4) {
        guard let words = text.value(of: family == .ipv4 ? "TCP" : "TCP6") else { return }
        for index in stride(from: 0, to: words.count - 1, by: 2) {
            values[String(decoding: words[index], as: UTF8.self)] = ProcText.integer(words[index + 1])
        }
    }

    subscript(name: String) -> UInt64? { values[name] }
}
