internal import Sockets

/// Asks whether connections that nobody was found to hold are still as they were listed, one by one, right now: a
/// connection that was closed while we looked has no holder that was hidden.
struct UnheldCheck {
    let inputs: Inputs

    /// Of more than that some still stand for sure, and the look is partial anyway.
    private static let most = 1_000

    /// - Parameter place: the namespace of a connection, and the ways to enter it.
    /// - Returns: identities of those that are gone, or that no descriptor can belong to any more. One that could not be
    ///   asked for is taken to stand.
    func gone(
        _ connections: [Connection], place: (Connection) -> (NetworkNamespace, paths: [String])
    ) -> Set<UInt64> {
        guard connections.count <= Self.most else { return [] }
        var gone: Set<UInt64> = []
        for ones in Dictionary(grouping: connections, by: \.namespace).values {
            let (namespace, paths) = place(ones[0])
            let found = try? inputs.inside(namespace, paths: paths) { inside in
                try? inside.goneOf(ones)
            }
            gone.formUnion((found ?? nil) ?? [])
        }
        return gone
    }
}

extension NamespaceInputs {
    /// One input: their identities, a line each.
    fileprivate func goneOf(_ connections: [Connection]) throws(KernelError) -> [UInt64] {
        let bytes = try inputs.bytes("netns/\(inode)/unheld.gone") { () throws(KernelError) in
            var gone = try Self.gone(connections.filter { $0.transport != .mptcp })
            gone += try Self.goneMultipath(connections.filter { $0.transport == .mptcp })
            return Array(gone.map { String($0.identity) }.joined(separator: "\n").utf8)
        }
        return ProcText(bytes).lines.compactMap { ProcText.integer($0) }
    }

    private static func gone(_ connections: [Connection]) throws(KernelError) -> [Connection] {
        var asked = try SocketDestroyer()
        var gone: [Connection] = []
        for one in connections {
            let now = try asked.find(one)
            if now == nil || now?.inode == 0 { gone.append(one) }
        }
        return gone
    }

    /// The kernel finds those of MPTCP by their token only, so all are listed.
    private static func goneMultipath(_ connections: [Connection]) throws(KernelError) -> [Connection] {
        guard !connections.isEmpty else { return [] }
        var standing: Set<UInt64> = []
        for family in Set(connections.map(\.family)) {
            var decoder = SockDiagDecoder(namespace: 0, transport: .mptcp)
            var socket = try SockDiagSocket()
            try socket.dump(SockDiagRequest(family: family, transport: .mptcp, states: .all, memory: false)) {
                decoder.consume($0.bytes)
            }
            let outcome = decoder.outcome
            guard outcome.isComplete, !outcome.isInterrupted, outcome.code == 0, decoder.undecoded == 0 else {
                return []
            }
            standing.formUnion(decoder.connections.map(\.identity))
        }
        return connections.filter { !standing.contains($0.identity) }
    }
}
