internal import TCP

/// Finds the listeners that a connection came through, by namespace, port and address.
package struct ListenerIndex: Sendable {
    private struct Key: Hashable {
        var namespace: UInt16
        var port: UInt16
    }

    private let byPort: [Key: [Int]]
    private let connections: [Connection]

    package init(_ snapshot: Snapshot) {
        var found: [Key: [Int]] = [:]
        for (index, connection) in snapshot.connections.enumerated() where connection.state == .listen {
            found[Key(namespace: connection.namespace, port: connection.local.port), default: []].append(index)
        }
        byPort = found
        connections = snapshot.connections
    }

    /// Indices of the listeners that can have taken the connection, the most exact address first. Several with the same
    /// address share the port (SO_REUSEPORT): the kernel does not tell which of them it was.
    package func listeners(for connection: Connection) -> [Int] {
        guard let candidates = byPort[Key(namespace: connection.namespace, port: connection.local.port)] else { return [] }
        if candidates.count == 1, rank(candidates[0], for: connection) != nil { return candidates }
        let ranked = candidates.compactMap { index in rank(index, for: connection).map { (index, $0) } }
        guard let best = ranked.map(\.1).min() else { return [] }
        return ranked.filter { $0.1 == best }.map(\.0)
    }

    /// 0: its very address; 1: the wildcard of its family; 2: IPv4 through a dual-stack wildcard. `nil`: not this one.
    private func rank(_ index: Int, for connection: Connection) -> Int? {
        let listener = connections[index]
        let wanted = connection.local.address.unmapped
        let address = listener.local.address
        if address.unmapped == wanted { return 0 }
        guard address.isWildcard else { return nil }
        if address.family == wanted.family { return 1 }
        return address.family == .ipv6 && wanted.family == .ipv4 && !listener.isV6Only ? 2 : nil
    }
}
