import Sockets
import TCP

/// The listeners that connections came through. Connections that share a local endpoint share the answer.
struct ListenerLookup: Sendable {
    private let index: ListenerIndex
    /// By port number: somebody listens on it. Spares outgoing connections the search.
    private let isListening: [Bool]

    init(_ snapshot: Snapshot) {
        index = ListenerIndex(snapshot)
        var isListening = [Bool](repeating: false, count: 1 << 16)
        for connection in snapshot.connections where connection.state == .listen {
            isListening[Int(connection.local.port)] = true
        }
        self.isListening = isListening
    }

    func listeners(of connection: Connection) -> [Int] {
        guard isListening[Int(connection.local.port)], connection.state != .listen else { return [] }
        return index.listeners(for: connection)
    }

    func listener(of connection: Connection) -> Int? {
        guard isListening[Int(connection.local.port)], connection.state != .listen else { return nil }
        return index.listener(for: connection)
    }
}
