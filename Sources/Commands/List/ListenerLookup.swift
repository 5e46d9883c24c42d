import Sockets
import TCP

/// The listeners that connections came through; a listener itself came through none.
struct ListenerLookup: Sendable {
    private let index: ListenerIndex

    init(_ snapshot: Snapshot) { index = ListenerIndex(snapshot) }

    func listeners(of connection: Connection) -> [Int] {
        connection.state == .listen ? [] : index.listeners(for: connection)
    }

    func listener(of connection: Connection) -> Int? {
        if case .listen = connection.state { nil } else { index.listener(for: connection) }
    }
}
