internal import TCP

/// Finds the listeners that a connection came through, by namespace, port and address.
package struct ListenerIndex: Sendable {
    private struct Key: Hashable {
        var namespace: UInt16
        var port: UInt16
    }

    private struct Candidate {
        var index: Int
        var address: IPAddress
        var isV6Only: Bool
    }

    private let byPort: [Key: [Candidate]]
    /// By port number: somebody listens on it. Spares outgoing connections the search.
    private let isListening: [Bool]

    package init(_ snapshot: Snapshot) {
        var found: [Key: [Candidate]] = [:]
        var isListening = [Bool](repeating: false, count: 1 << 16)
        for index in snapshot.connections.indices where snapshot.connections[index].state == .listen {
            let listener = snapshot.connections[index]
            isListening[Int(listener.local.port)] = true
            found[Key(namespace: listener.namespace, port: listener.local.port), default: []].append(
                Candidate(index: index, address: listener.local.address, isV6Only: listener.isV6Only))
        }
        byPort = found
        self.isListening = isListening
    }

    /// Indices of the listeners that can have taken the connection, the most exact address first. Several with the same
    /// address share the port (SO_REUSEPORT): the kernel does not tell which of them it was.
    package func listeners(for connection: Connection) -> [Int] {
        guard let candidates = candidates(for: connection) else {
            return []
        }
        let address = connection.local.address.unmapped
        if candidates.count == 1 {
            return rank(candidates[0], for: address) == nil ? [] : [candidates[0].index]
        }
        let ranked = candidates.compactMap { one in rank(one, for: address).map { (one.index, $0) } }
        guard let best = ranked.map(\.1).min() else { return [] }
        return ranked.filter { $0.1 == best }.map(\.0)
    }

    /// The first of `listeners(for:)`, without making a list.
    package func listener(for connection: Connection) -> Int? {
        guard let candidates = candidates(for: connection) else {
            return nil
        }
        let address = connection.local.address.unmapped
        var best: (index: Int, rank: Int)?
        for one in candidates {
            if let rank = rank(one, for: address), rank < best?.rank ?? .max { best = (one.index, rank) }
        }
        return best?.index
    }

    private func candidates(for connection: Connection) -> [Candidate]? {
        guard isListening[Int(connection.local.port)] else { return nil }
        return byPort[Key(namespace: connection.namespace, port: connection.local.port)]
    }

    /// 0: its very address; 1: the wildcard of its family; 2: IPv4 through a dual-stack wildcard. `nil`: not this one.
    private func rank(_ listener: Candidate, for address: IPAddress) -> Int? {
        if listener.address.unmapped == address { return 0 }
        guard listener.address.isWildcard else { return nil }
        if listener.address.family == address.family { return 1 }
        return listener.address.family == .ipv6 && address.family == .ipv4 && !listener.isV6Only ? 2 : nil
    }
}
