import Sockets
import TCP

/// The listeners that connections came through. Connections that share a local endpoint share the answer.
struct ListenerLookup: Sendable {
    private struct Key: Hashable {
        var namespace: UInt16
        var port: UInt16
    }

    private let index: ListenerIndex
    private let ports: Set<Key>

    init(_ snapshot: Snapshot) {
        index = ListenerIndex(snapshot)
        ports = Set(
            snapshot.connections.lazy.filter { $0.state == .listen }
                .map { Key(namespace: $0.namespace, port: $0.local.port) })
    }

    func listeners(of connection: Connection) -> [Int] {
        guard connection.state != .listen,
            ports.contains(Key(namespace: connection.namespace, port: connection.local.port))
        else { return [] }
        return index.listeners(for: connection)
    }
}
