internal import TCP

/// Finds the listeners that a connection came through, by namespace, port and address.
package struct ListenerIndex: Sendable {
    private struct Candidate {
        var index: Int
        var namespace: UInt16
        var address: IPAddress
        var isV6Only: Bool
    }

    /// By port, then in the order of the snapshot.
    private let listeners: [Candidate]
    /// By port number: where its listeners begin. Those of the next port end them.
    private let starts: [Int32]

    package init(_ snapshot: Snapshot) {
        var found: [(port: UInt16, candidate: Candidate)] = []
        var starts = [Int32](repeating: 0, count: 1 << 16 + 1)
        for index in snapshot.connections.indices {
            guard case .listen = snapshot.connections[index].state else { continue }
            let listener = snapshot.connections[index]
            starts[Int(listener.local.port) + 1] += 1
            found.append(
                (
                    listener.local.port,
                    Candidate(
                        index: index, namespace: listener.namespace, address: listener.local.address,
                        isV6Only: listener.isV6Only)
                ))
        }
        for port in 1..<starts.count { starts[port] += starts[port - 1] }
        listeners = found.sorted { ($0.port, $0.candidate.index) < ($1.port, $1.candidate.index) }.map(\.candidate)
        self.starts = starts
    }

    /// Indices of the listeners that can have taken the connection, the most exact address first. Several with the same
    /// address share the port (SO_REUSEPORT): the kernel does not tell which of them it was.
    package func listeners(for connection: Connection) -> [Int] {
        let address = connection.local.address.unmapped
        var best = Int.max
        var indices: [Int] = []
        forEach(for: connection) { one in
            guard let rank = rank(one, for: address), rank <= best else { return }
            if rank < best { indices = [] }
            best = rank
            indices.append(one.index)
        }
        return indices
    }

    /// The first of `listeners(for:)`, without making a list.
    package func listener(for connection: Connection) -> Int? {
        let address = connection.local.address.unmapped
        var best: (index: Int, rank: Int)?
        forEach(for: connection) { one in
            if let rank = rank(one, for: address), rank < best?.rank ?? .max { best = (one.index, rank) }
        }
        return best?.index
    }

    /// Those of the connection's namespace and port.
    private func forEach(for connection: Connection, _ body: (Candidate) -> Void) {
        let port = Int(connection.local.port)
        for place in starts[port]..<starts[port + 1] where listeners[Int(place)].namespace == connection.namespace {
            body(listeners[Int(place)])
        }
    }

    /// 0: its very address; 1: the wildcard of its family; 2: IPv4 through a dual-stack wildcard. `nil`: not this one.
    private func rank(_ listener: Candidate, for address: IPAddress) -> Int? {
        if listener.address.unmapped == address { return 0 }
        guard listener.address.isWildcard else { return nil }
        if listener.address.family == address.family { return 1 }
        return listener.address.family == .ipv6 && address.family == .ipv4 && !listener.isV6Only ? 2 : nil
    }
}
