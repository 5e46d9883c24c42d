import Sockets
package import TCP

// Doing what a machine says.
extension Stack {
    /// The configuration with what follows from the link and the IP version.
    func fitted(_ configuration: Configuration, _ version: IPVersion) -> Configuration {
        var configuration = configuration
        let headers = IPHeader.count(version) + 20
        configuration.maximumSegmentSize = UInt16(clamping: settings.mtu - headers)
        configuration.defaultPeerSegmentSize = version == .v4 ? 536 : 1220
        return configuration
    }

    func initialSequence(_ endpoints: Endpoints, _ now: Instant) -> SequenceNumber {
        var bytes = InlineArray<36, UInt8>(repeating: 0)
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        raw.storeBytes(of: endpoints.source.high, toByteOffset: 0, as: UInt64.self)
        raw.storeBytes(of: endpoints.source.low, toByteOffset: 8, as: UInt64.self)
        raw.storeBytes(of: endpoints.destination.high, toByteOffset: 16, as: UInt64.self)
        raw.storeBytes(of: endpoints.destination.low, toByteOffset: 24, as: UInt64.self)
        raw.storeBytes(of: endpoints.sourcePort, toByteOffset: 32, as: UInt16.self)
        raw.storeBytes(of: endpoints.destinationPort, toByteOffset: 34, as: UInt16.self)
        return InitialSequenceNumber(key: settings.key).number(for: bytes.span, at: now)
    }

    mutating func add(
        _ machine: consuming ConnectionMachine, _ initial: SequenceNumber, _ endpoints: Endpoints,
        holder: StackConnection.Holder
    ) -> StackConnection {
        let socket = newSocket()
        let connection = StackConnection(
            machine: machine, initialSequence: initial, socket: socket, endpoints: endpoints, holder: holder,
            sendBufferSize: settings.sendBufferSize)
        slots[socket.slot].owner = .connection(connection)
        connections[endpoints] = connection
        return connection
    }

    /// What an event without a segment leads to.
    mutating func perform(_ actions: Actions, _ connection: StackConnection, at now: Instant) {
        perform(actions, connection, nil, UnsafeRawBufferPointer(start: nil, count: 0), at: now)
    }

    mutating func perform(
        _ actions: Actions, _ connection: StackConnection, _ segment: Segment?, _ payload: UnsafeRawBufferPointer,
        at now: Instant
    ) {
        if let segment, !actions.stored.isEmpty {
            let start = actions.stored.start - segment.payload.start
            let part = payload[start..<start + actions.stored.count]
            connection.store(UnsafeRawBufferPointer(rebasing: part), from: actions.stored.start)
        }
        noteState(connection)
        if actions.flags.contains(.established) { establish(connection) }
        if actions.acknowledged > 0 { acknowledge(actions.acknowledged, connection) }
        if actions.readable > 0 {
            connection.readable += actions.readable
            note(.readable, connection)
        }
        if actions.flags.contains(.peerClosed) {
            connection.hasPeerClosed = true
            note(.peerClosed, connection)
        }
        if let trouble = actions.trouble { note(.trouble(trouble), connection) }
        for index in 0..<Int(actions.segmentCount) { transmit(actions.segment(index), connection, now) }

        if let ending = actions.ending {
            end(connection, ending)
        } else if actions.flags.contains(.listeningAgain) {
            // The listener listens; what came to it is over.
            end(connection, .reset)
        } else if let deadline = connection.machine.deadline {
            // Only what comes earlier moves in the heap now; `advance` finds out what comes later.
            if deadline < deadlines[connection.socket.slot] ?? .never {
                deadlines.set(deadline, slot: connection.socket.slot)
            }
        }
    }

    private mutating func note(_ kind: Kind, _ connection: StackConnection) {
        events.append(Event(socket: connection.socket, kind: kind))
    }

    private mutating func noteState(_ connection: StackConnection) {
        let state = connection.machine.state
        guard state != connection.lastState else { return }
        connection.lastState = state
        note(.state(state), connection)
    }

    private mutating func establish(_ connection: StackConnection) {
        note(.established, connection)
        guard let listener = connection.listener else { return }
        connection.holder = .acceptQueue
        listener.append(connection)
        events.append(Event(socket: listener.socket, kind: .acceptable))
    }

    private mutating func acknowledge(_ count: Int, _ connection: StackConnection) {
        connection.acknowledge(count)
        // As Linux's sk_stream_is_writeable: woken when a third is free, not for each byte.
        let free = connection.toSendLimit - connection.toSendCount
        guard connection.isFull, free >= connection.toSendCount / 2 else { return }
        connection.isFull = false
        note(.writable, connection)
    }

    /// The machine is CLOSED. What arrived can still be read; nothing is sent any more.
    private mutating func end(_ connection: StackConnection, _ ending: Ending) {
        connection.ending = ending
        connection.toSend.reset()
        connection.toSendCount = 0
        note(.closed(ending), connection)
        forget(connection)
    }

    /// No segment reaches it any more; the socket stays while somebody holds it.
    mutating func forget(_ connection: StackConnection) {
        connections[connection.endpoints] = nil
        deadlines.set(nil, slot: connection.socket.slot)
        if connection.holder == .nobody { release(connection.socket) }
    }

    // MARK: sending

    private mutating func transmit(_ segment: Segment, _ connection: StackConnection, _ now: Instant) {
        for piece in segment.pieces(of: connection.machine.segmentSize) {
            emit(piece, connection.endpoints, order: connection.machine.configuration.optionOrder, at: now) { target in
                let offset = piece.payload.start - connection.toSendFront
                connection.toSend.read(at: offset, into: target)
            }
        }
    }

    /// A segment without data that belongs to no connection.
    mutating func emit(_ segment: Segment, _ endpoints: Endpoints, at now: Instant) {
        emit(segment, endpoints, order: settings.configuration.optionOrder, at: now) { _ in }
    }

    /// Sends any segment as it is, past every connection: for what no connection would send.
    ///
    /// - Parameter payload: `segment.payloadCount` bytes.
    package mutating func emit(
        _ segment: Segment, _ endpoints: Endpoints, payload: UnsafeRawBufferPointer, at now: Instant
    ) {
        var segment = segment
        segment.payloadCount = payload.count
        emit(segment, endpoints, order: settings.configuration.optionOrder, at: now) { $0.copyMemory(from: payload) }
    }

    private mutating func emit(
        _ segment: Segment, _ endpoints: Endpoints, order: OptionOrder, at now: Instant,
        _ fill: (UnsafeMutableRawBufferPointer) -> Void
    ) {
        let packet = Packet(endpoints: endpoints, segment: segment, hopLimit: settings.hopLimit)
        let headerCount = packet.headerCount(order)
        let count = headerCount + segment.payloadCount
        do {
            try output.append(room: count, at: now) { (all: UnsafeMutableRawBufferPointer) throws(WireError) -> Int in
                fill(UnsafeMutableRawBufferPointer(rebasing: all[headerCount...]))
                var bytes = MutableRawSpan(_unsafeBytes: all)
                return try packet.encode(into: &bytes, order: order)
            }
        } catch {
            // A segment of this host that has no place in a packet: options or payload beyond the link's size.
            dropped += 1
        }
    }
}

extension Instant {
    static var never: Self { Self(microseconds: .max) }
}

extension Configuration {
    var optionOrder: OptionOrder {
        switch profile {
        case .rfc, .linux: .linux
        case .freeBSD: .freeBSD
        }
    }
}
