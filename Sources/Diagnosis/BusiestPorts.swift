package import Sockets

/// The most ephemeral ports that any source and destination of a namespace use.
package struct BusiestPorts: Sendable, Equatable {
    /// Index into `Snapshot.namespaces`.
    package var namespace: Int
    package var used: Int
    /// Ports that the kernel may hand out.
    package var total: Int
}

extension Diagnosis {
    /// One for each namespace in which some are used.
    package static func busiestPorts(in snapshot: Snapshot) -> [BusiestPorts] {
        var thresholds = Thresholds()
        thresholds.portsShare = 0
        var busiest: [Int: BusiestPorts] = [:]
        for use in PortUse.crowded(in: Evidence(before: nil, now: snapshot, thresholds: thresholds)) {
            let namespace = Int(use.key.namespace)
            guard use.members.count > busiest[namespace]?.used ?? 0 else { continue }
            busiest[namespace] = BusiestPorts(namespace: namespace, used: use.members.count, total: use.total)
        }
        return busiest.values.sorted { $0.namespace < $1.namespace }
    }
}
