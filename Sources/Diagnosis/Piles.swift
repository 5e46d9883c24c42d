import Sockets

/// A remote host in a namespace.
struct RemoteKey: Hashable {
    var address: IPAddress
    var namespace: UInt16

    init(_ connection: Connection) {
        address = connection.remote.address.unmapped
        namespace = connection.namespace
    }
}

extension Evidence {
    /// Splits connections by a key. A key with enough of them is a pile of its own; the others, if enough together, are
    /// one pile of a namespace without key.
    func piles<Key: Hashable>(
        _ indices: [Int32], atLeast count: Double, by key: (Connection) -> Key
    ) -> [(key: Key?, members: [Int32])] {
        guard Double(indices.count) >= count else { return [] }
        var piles: [(key: Key?, members: [Int32])] = []
        var rest: [Int32] = []
        for (key, members) in grouped(indices, by: { key(now.connections[Int($0)]) }) {
            if Double(members.count) >= count { piles.append((key, members)) } else { rest += members }
        }
        for (_, members) in grouped(rest, by: { now.connections[Int($0)].namespace })
        where Double(members.count) >= count { piles.append((nil, members)) }
        return piles
    }
}

extension Forecast {
    /// A limit of the host or of a namespace, with its growth between both looks.
    static func host(
        _ resource: Resource, used: UInt64, limit: UInt64, before: UInt64?, _ evidence: Evidence
    ) -> Forecast {
        let growth = before.flatMap { evidence.growth(net: Int(clamping: used) - Int(clamping: $0)) }
        return Forecast(resource: resource, used: used, limit: limit, growth: growth)
    }
}
