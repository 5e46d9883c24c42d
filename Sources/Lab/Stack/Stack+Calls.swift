package import Sockets
package import TCP

// What an application does (RFC 9293, section 3.10.1 to 3.10.6), with the sockets interface's habits.
extension Stack {
    /// Takes connections at an endpoint; the wildcard address takes those to any address of its IP version.
    ///
    /// - Parameter backlog: as listen(2) on Linux: `backlog + 1` connections wait for `accept`; while so many do, SYNs and
    ///   third segments are dropped.
    /// - Parameter configuration: of the connections that it takes; `nil`: that of the settings.
    package mutating func listen(
        at local: Endpoint, backlog: Int, configuration: Configuration? = nil
    ) throws(StackError) -> Socket {
        guard listeners[local] == nil else { throw .addressInUse }
        let socket = newSocket()
        let listener = StackListener(
            socket: socket, local: local, backlog: max(backlog, 0),
            configuration: configuration ?? settings.configuration)
        listeners[local] = listener
        slots[socket.slot].owner = .listener(listener)
        return socket
    }

    /// Opens a connection: a SYN goes out.
    ///
    /// - Parameter local: `nil`, or one with port 0 or the wildcard address: the stack chooses.
    package mutating func connect(
        from local: Endpoint? = nil, to remote: Endpoint, configuration: Configuration? = nil, at now: Instant
    ) throws(StackError) -> Socket {
        let endpoints = try chooseEndpoints(local, remote)
        let initial = initialSequence(endpoints, now)
        var machine = ConnectionMachine(fitted(configuration ?? settings.configuration, endpoints.version))
        let actions = machine.openActively(initialSequence: initial, at: now)
        let connection = add(machine, initial, endpoints, holder: .application)
        perform(actions, connection, at: now)
        return connection.socket
    }

    private mutating func chooseEndpoints(_ local: Endpoint?, _ remote: Endpoint) throws(StackError) -> Endpoints {
        let family = remote.address.family
        if let local, local.address.family != family { throw .badAddress }
        let address: IPAddress
        if let local, !local.address.isWildcard {
            address = local.address
        } else if let own = settings.addresses.first(where: { $0.family == family }) {
            address = own
        } else {
            throw .badAddress
        }
        var endpoints = Endpoints(local: Endpoint(address: address, port: local?.port ?? 0), remote: remote)
        if endpoints.sourcePort != 0 {
            guard connections[endpoints] == nil else { throw .addressInUse }
            return endpoints
        }
        if !settings.ephemeralPorts.contains(nextPort) { nextPort = settings.ephemeralPorts.lowerBound }
        for _ in settings.ephemeralPorts {
            endpoints.sourcePort = nextPort
            nextPort = nextPort < settings.ephemeralPorts.upperBound ? nextPort + 1 : settings.ephemeralPorts.lowerBound
            if connections[endpoints] == nil { return endpoints }
        }
        throw .noPort
    }

    /// The connection that has waited longest; `nil`: none waits. It may be over already.
    package mutating func accept(_ listener: Socket) throws(StackError) -> Socket? {
        guard let connection = try self.listener(listener).popFirst() else { return nil }
        connection.holder = .application
        connection.listener = nil
        return connection.socket
    }

    /// Gives bytes to send. Before the connection is established they wait.
    ///
    /// - Parameter push: a segment that ends with the last of them carries PSH.
    /// - Returns: how many were taken, from the front; 0 when the send buffer is full. `.writable` tells when to go on.
    package mutating func send(
        _ bytes: UnsafeRawBufferPointer, push: Bool = true, on socket: Socket, at now: Instant
    ) throws(StackError) -> Int {
        let connection = try held(socket)
        if let ending = connection.ending { throw .over(ending) }
        guard !connection.isSendingOver else { throw .sendingIsOver }
        let count = min(bytes.count, max(connection.toSendLimit - connection.toSendCount, 0))
        if count < bytes.count { connection.isFull = true }
        guard count > 0 else { return 0 }
        connection.toSend.write(UnsafeRawBufferPointer(rebasing: bytes[..<count]), at: connection.toSendCount)
        connection.toSendCount += count
        perform(connection.machine.send(count, push: push, at: now), connection, at: now)
        return count
    }

    /// Takes bytes that arrived in order.
    ///
    /// - Parameter peek: they stay and are received again.
    /// - Returns: how many bytes; 0: the peer has sent all; `nil`: nothing is there yet. What arrived before a connection
    ///   was over can still be received; then `.over` is thrown, unless it ended in order.
    package mutating func receive(
        into target: UnsafeMutableRawBufferPointer, on socket: Socket, peek: Bool = false, at now: Instant
    ) throws(StackError) -> Int? {
        let connection = try held(socket)
        let count = min(target.count, connection.readable)
        guard count > 0 else {
            if connection.readable > 0 { return 0 }
            if connection.hasPeerClosed || connection.isReceivingOver { return 0 }
            switch connection.ending {
            case nil: return nil
            case .orderly, .abandoned: return 0
            case .some(let ending): throw .over(ending)
            }
        }
        connection.received.read(at: 0, into: UnsafeMutableRawBufferPointer(rebasing: target[..<count]))
        guard !peek else { return count }
        connection.consume(count)
        if connection.ending == nil {
            perform(connection.machine.receive(count, at: now), connection, at: now)
        }
        return count
    }

    /// SHUT_WR: our FIN follows the last byte.
    package mutating func shutdownSending(_ socket: Socket, at now: Instant) throws(StackError) {
        let connection = try held(socket)
        if let ending = connection.ending { throw .over(ending) }
        guard !connection.isSendingOver else { return }
        connection.isSendingOver = true
        perform(connection.machine.shutdownSend(at: now), connection, at: now)
    }

    /// SHUT_RD: `receive` gives 0 once what is there has been taken.
    package mutating func shutdownReceiving(_ socket: Socket, at now: Instant) throws(StackError) {
        let connection = try held(socket)
        if let ending = connection.ending { throw .over(ending) }
        let actions = connection.machine.shutdownReceive(at: now)
        guard actions.failure == nil else { throw .notConnected }
        connection.isReceivingOver = true
        perform(actions, connection, at: now)
    }

    /// The application lets go, as close(2) without SO_LINGER: FIN after the last byte, or a reset when bytes are unread.
    /// The connection goes on without it until it is CLOSED; then the socket is gone. A listener resets the connections
    /// that nobody has accepted, and forgets those whose handshake is not over.
    package mutating func close(_ socket: Socket, at now: Instant) throws(StackError) {
        switch owner(of: socket) {
        case .nobody: throw .noSocket
        case .listener(let listener): close(listener, now)
        case .connection(let connection):
            guard connection.holder == .application else { throw .noSocket }
            connection.holder = .nobody
            guard connection.ending == nil else { return release(socket) }
            perform(connection.machine.close(at: now), connection, at: now)
        }
    }

    private mutating func close(_ listener: StackListener, _ now: Instant) {
        listeners[listener.local] = nil
        release(listener.socket)
        for connection in Array(listener.waiting) { abort(connection, now) }
        for connection in connections.values where connection.listener === listener {
            forget(connection)
        }
    }

    /// ABORT (RFC 9293, section 3.10.5), as close(2) with SO_LINGER and 0 seconds. The socket is gone.
    package mutating func abort(_ socket: Socket, at now: Instant) throws(StackError) {
        switch owner(of: socket) {
        case .nobody: throw .noSocket
        case .listener(let listener): close(listener, now)
        case .connection(let connection): abort(connection, now)
        }
    }

    private mutating func abort(_ connection: StackConnection, _ now: Instant) {
        connection.holder = .nobody
        guard connection.ending == nil else { return release(connection.socket) }
        perform(connection.machine.abort(at: now), connection, at: now)
    }
}
