import Sockets
package import TCP

// The side of the network and of time.
extension Stack {
    /// A packet from the network: IP header first, TCP or an ICMP error inside. What is no such packet, or not for this
    /// host, is dropped and counted in `dropped`.
    package mutating func receive(packet bytes: RawSpan, at now: Instant) {
        do {
            let header = try IPHeader(parsing: bytes)
            guard isOwn(header) else { return dropped += 1 }
            switch header.protocolNumber {
            case IPHeader.tcp:
                let packet = try Packet(header, parsing: bytes)
                bytes.extracting(packet.payload(header)).withUnsafeBytes { payload in
                    arrive(packet.segment, payload, packet.endpoints.reversed, now)
                }
            case IPHeader.icmp, IPHeader.icmpV6:
                arrive(try ICMPError(header, parsing: bytes), now)
            default:
                dropped += 1
            }
        } catch {
            dropped += 1
        }
    }

    private func isOwn(_ header: IPHeader) -> Bool {
        if settings.addresses.isEmpty { return true }
        let destination = IPAddress(header.destination, header.version)
        return settings.addresses.contains(destination)
    }

    /// - Parameter endpoints: in the direction of what we send.
    private mutating func arrive(
        _ segment: Segment, _ payload: UnsafeRawBufferPointer, _ endpoints: Endpoints, _ now: Instant
    ) {
        guard let connection = connections[endpoints] else {
            return arriveNew(segment, payload, endpoints, beyond: nil, now)
        }
        // As on Linux: with the accept queue full the third segment is not heard, and comes again.
        if let listener = connection.listener, listener.isFull, connection.machine.state == .synReceived,
            segment.control.contains(.ack), !segment.control.contains(.rst)
        {
            return
        }
        if connection.machine.state == .timeWait, segment.control.contains(.syn) {
            connection.machine.configuration.reopensFromTimeWait = findListener(endpoints) != nil
        }
        let actions = connection.machine.arrive(segment, at: now)
        perform(actions, connection, segment, payload, at: now)
        if actions.flags.contains(.reopen) { arriveNew(segment, payload, endpoints, beyond: actions.mark, now) }
    }

    /// A segment for no connection: for a listener, or for nobody (RFC 9293, section 3.10.7.1).
    ///
    /// - Parameter beyond: the last number of the connection that this one follows from TIME_WAIT.
    private mutating func arriveNew(
        _ segment: Segment, _ payload: UnsafeRawBufferPointer, _ endpoints: Endpoints, beyond: SequenceNumber?,
        _ now: Instant
    ) {
        guard let listener = findListener(endpoints) else {
            if settings.answersUnknown, let reset = ConnectionMachine.reset(answering: segment) {
                emit(reset, endpoints, at: now)
            }
            return
        }
        if listener.isFull, segment.control.contains(.syn) { return }
        var initial = initialSequence(endpoints, now)
        if let beyond, initial <= beyond { initial = beyond + 1 }
        var machine = ConnectionMachine(fitted(listener.configuration, endpoints.version))
        _ = machine.openPassively(initialSequence: initial)
        let actions = machine.arrive(segment, at: now)
        guard machine.state == .synReceived else {
            for index in 0..<Int(actions.segmentCount) { emit(actions.segment(index), endpoints, at: now) }
            return
        }
        let connection = add(machine, initial, endpoints, holder: .nobody)
        connection.listener = listener
        perform(actions, connection, segment, payload, at: now)
    }

    private func findListener(_ endpoints: Endpoints) -> StackListener? {
        guard !listeners.isEmpty else { return nil }
        var local = endpoints.local
        if let listener = listeners[local] { return listener }
        local.address = local.address.family == .ipv4 ? IPAddress(v4: 0) : IPAddress(v6High: 0, low: 0)
        return listeners[local]
    }

    private mutating func arrive(_ error: ICMPError, _ now: Instant) {
        guard let connection = connections[error.endpoints] else { return }
        let status = connection.machine.status
        // RFC 5927, section 4.1: only what quotes a byte that is on its way is believed.
        guard error.sequence >= status.sendUnacknowledged, error.sequence < status.sendNext else { return }
        switch error.kind {
        case .soft where isProhibited(error) && connection.machine.configuration.profile != .rfc:
            perform(connection.machine.unreachable(.hard, at: now), connection, at: now)
        case .soft: perform(connection.machine.unreachable(.soft, at: now), connection, at: now)
        case .hard: perform(connection.machine.unreachable(.hard, at: now), connection, at: now)
        case .packetTooBig, .sourceQuench: break
        }
    }

    /// Codes that are younger than RFC 1122's list of hard errors, and that Linux (icmp_err_convert) and FreeBSD
    /// (tcp_ctlinput) take for such: network, host or communication administratively prohibited.
    private func isProhibited(_ error: ICMPError) -> Bool {
        switch error.endpoints.version {
        case .v4: error.type == 3 && [9, 10, 13].contains(error.code)
        case .v6: error.type == 1 && error.code == 1
        }
    }

    /// Runs the timers that are due, each at its own time.
    package mutating func advance(to now: Instant) {
        while let first = deadlines.first, first.deadline <= now {
            guard case .connection(let connection) = slots[first.slot].owner,
                let deadline = connection.machine.deadline
            else {
                deadlines.set(nil, slot: first.slot)
                continue
            }
            // The heap is told of a deadline that moved away only here.
            guard deadline <= first.deadline else {
                deadlines.set(deadline, slot: first.slot)
                continue
            }
            deadlines.set(nil, slot: first.slot)
            perform(connection.machine.expire(at: first.deadline), connection, at: first.deadline)
        }
    }

    /// When `advance` has something to do next; it may be earlier than needed, never later. `nil`: only when something
    /// happens.
    package var nextDeadline: Instant? { deadlines.first?.deadline }

    /// Hands out the packets to send, in order, each with the time at which it was sent, and forgets them. Nothing is
    /// allocated for a packet.
    package mutating func drainPackets(_ body: (_ packet: RawSpan, _ at: Instant) -> Void) { output.drain(body) }

    /// The next event in the order in which they happened.
    package mutating func nextEvent() -> Event? {
        guard eventsTaken < events.count else {
            events.removeAll(keepingCapacity: true)
            eventsTaken = 0
            return nil
        }
        eventsTaken += 1
        return events[eventsTaken - 1]
    }
}
