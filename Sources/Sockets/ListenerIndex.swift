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
    /// By the upper byte of a port number: its page of `starts`, or -1. Few have listeners, so that there is little to
    /// fill for a small snapshot.
    private let pages: [Int16]
    /// By page and lower byte: where the port's listeners begin. Those of the next port end them, so a page has 257.
    private let starts: [Int32]

    private static let page = 257

    package init(_ snapshot: Snapshot) {
        var found: [(port: UInt16, candidate: Candidate)] = []
        for index in snapshot.connections.indices {
            guard case .listen = snapshot.connections[index].state else { continue }
            let listener = snapshot.connections[index]
            found.append(
                (
                    listener.local.port,
                    Candidate(
                        index: index, namespace: listener.namespace, address: listener.local.address,
                        isV6Only: listener.isV6Only)
                ))
        }
        found.sort { ($0.port, $0.candidate.index) < ($1.port, $1.candidate.index) }
        listeners = found.map(\.candidate)
        var pages = [Int16](repeating: -1, count: 256)
        var starts: [Int32] = []
        var place = 0
        while place < found.count {
            let upper = Int(found[place].port) >> 8
            pages[upper] = Int16(starts.count / Self.page)
            for lower in 0..<Self.page {
                while place < found.count, Int(found[place].port) < upper << 8 + lower { place += 1 }
                starts.append(Int32(place))
            }
        }
        self.pages = pages
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
        let page = Int(pages[port >> 8])
        guard page >= 0 else { return }
        let start = page * Self.page + port & 255
        for place in starts[start]..<starts[start + 1] where listeners[Int(place)].namespace == connection.namespace {
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
