import Sockets
import TCP

/// One listener and the connections that wait for `accept`.
final class StackListener {
    let socket: Stack.Socket
    let local: Endpoint
    let backlog: Int
    var configuration: Configuration
    private var queue: [StackConnection] = []
    private var taken = 0

    init(socket: Stack.Socket, local: Endpoint, backlog: Int, configuration: Configuration) {
        self.socket = socket
        self.local = local
        self.backlog = backlog
        self.configuration = configuration
    }

    var count: Int { queue.count - taken }
    /// Linux's sk_acceptq_is_full: one more than the backlog may wait.
    var isFull: Bool { count > backlog }
    var waiting: ArraySlice<StackConnection> { queue[taken...] }

    func append(_ connection: StackConnection) { queue.append(connection) }

    func popFirst() -> StackConnection? {
        guard taken < queue.count else { return nil }
        let first = queue[taken]
        taken += 1
        if taken == queue.count || taken > 64 && taken * 2 > queue.count {
            queue.removeFirst(taken)
            taken = 0
        }
        return first
    }
}
