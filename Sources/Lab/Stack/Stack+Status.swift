package import Sockets
package import TCP

// What can be read.
extension Stack {
    /// Every listener and connection.
    package var sockets: [Socket] {
        slots.indices.compactMap { index in
            if case .nobody = slots[index].owner { return nil }
            return Socket(slot: index, generation: slots[index].generation)
        }
    }

    /// `nil`: the socket is gone. A connection that is over and that the application has not closed is CLOSED.
    package func state(of socket: Socket) -> State? {
        switch owner(of: socket) {
        case .nobody: nil
        case .listener: .listen
        case .connection(let connection): connection.machine.state
        }
    }

    /// STATUS (RFC 9293, section 3.10.6); `nil` for listeners and sockets that are gone.
    package func status(of socket: Socket) -> Status? { (try? connection(socket))?.machine.status }

    /// Addresses and ports in the direction of what it sends; `nil` for listeners and sockets that are gone.
    package func endpoints(of socket: Socket) -> Endpoints? { (try? connection(socket))?.endpoints }

    /// Where it listens; `nil` for connections and sockets that are gone.
    package func address(ofListener socket: Socket) -> Endpoint? { (try? listener(socket))?.local }

    /// Connections that wait for `accept`.
    package func acceptQueueCount(of listener: Socket) -> Int { (try? self.listener(listener))?.count ?? 0 }

    /// An application can still use it: it is neither an orphan nor on its way to one.
    package func isHeld(_ socket: Socket) -> Bool {
        switch owner(of: socket) {
        case .nobody: false
        case .listener: true
        case .connection(let connection): connection.holder == .application
        }
    }

    /// Bytes given to `send` that the peer has not acknowledged.
    package func unacknowledgedCount(of socket: Socket) -> Int { (try? connection(socket))?.toSendCount ?? 0 }

    /// Bytes that `receive` would give.
    package func readableCount(of socket: Socket) -> Int { (try? connection(socket))?.readable ?? 0 }

    /// The peer has sent all it had.
    package func hasPeerClosed(_ socket: Socket) -> Bool { (try? connection(socket))?.hasPeerClosed ?? false }

    /// `shutdownSending` or `close` was called.
    package func isSendingOver(_ socket: Socket) -> Bool { (try? connection(socket))?.isSendingOver ?? false }

    /// A connection that sends, with so much room in its send buffer that it is worth while: a third, as on Linux.
    package func isWritable(_ socket: Socket) -> Bool {
        guard let connection = try? connection(socket), connection.ending == nil else { return false }
        switch connection.machine.state {
        case .closed, .listen, .synSent, .synReceived: return false
        case .established, .finWait1, .finWait2, .timeWait, .closeWait, .lastAck, .closing:
            return connection.toSendLimit - connection.toSendCount >= connection.toSendCount / 2
        }
    }

    /// Why the connection is over; `nil` while it isn't.
    package func ending(of socket: Socket) -> Ending? { (try? connection(socket))?.ending }

    package func configuration(of socket: Socket) -> Configuration? {
        switch owner(of: socket) {
        case .nobody: nil
        case .listener(let listener): listener.configuration
        case .connection(let connection): connection.machine.configuration
        }
    }

    /// Changes how one connection behaves, or those that a listener will take: TCP_NODELAY, keepalive, user timeout …
    package mutating func configure(
        _ socket: Socket, at now: Instant, _ change: (inout Configuration) -> Void
    ) throws(StackError) {
        switch owner(of: socket) {
        case .nobody: throw .noSocket
        case .listener(let listener): change(&listener.configuration)
        case .connection(let connection):
            change(&connection.machine.configuration)
            guard connection.ending == nil else { return }
            perform(connection.machine.configurationChanged(at: now), connection, at: now)
        }
    }

    /// How many bytes `send` takes beyond what the peer has acknowledged.
    package mutating func setSendBufferSize(_ size: Int, of socket: Socket) throws(StackError) {
        try connection(socket).toSendLimit = size
    }
}
