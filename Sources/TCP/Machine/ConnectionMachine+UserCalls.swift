// The user calls, RFC 9293, sections 3.10.1 to 3.10.6, each in the order of the text. STATUS is the property `status`.

extension ConnectionMachine {
    // MARK: 3.10.1 OPEN

    /// A passive OPEN: CLOSED → LISTEN. `initialSequence` is the ISS to use when a SYN comes.
    package mutating func openPassively(initialSequence: SequenceNumber) -> Actions {
        switch phase {
        case .closed:
            startOver(initialSequence)
            phase = .listen
            return Actions()
        case .listen, .synSent, .synReceived, .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck,
            .timeWait:
            return .failing(.alreadyExists)
        }
    }

    /// An active OPEN: CLOSED or LISTEN → SYN_SENT.
    package mutating func openActively(initialSequence: SequenceNumber, at now: Instant) -> Actions {
        switch phase {
        case .closed, .listen:
            startOver(initialSequence)
            return connect(now)
        case .synSent, .synReceived, .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck, .timeWait:
            return .failing(.alreadyExists)
        }
    }

    private mutating func startOver(_ initialSequence: SequenceNumber) {
        isOrphan = false
        send = SendSpace()
        send.initial = initialSequence
        send.unacknowledged = initialSequence
        send.next = initialSequence
        send.end = initialSequence + 1
        send.pushed = send.end
        receive = ReceiveSpace()
        receive.bufferSize = Int(configuration.receiveBufferSize)
        congestion = Congestion()
        roundTrip = RoundTrip(initial: configuration.initialTimeout)
        timers = Timers()
        keepAliveProbes = 0
        persistBackoffs = 0
        hasProbedTail = false
        mustResend = false
        congestion.recover = initialSequence
    }

    private mutating func connect(_ now: Instant) -> Actions {
        var actions = Actions()
        phase = .synSent
        sendSyn(now, &actions)
        armUserTimeout(now, &actions)
        return actions
    }

    // MARK: 3.10.2 SEND

    /// The application has put `count` further bytes into the send buffer. The driver keeps that buffer bounded: the
    /// machine takes whatever it is told of.
    ///
    /// - Parameters:
    ///   - push: the last of them carries PSH.
    ///   - urgent: they are urgent data to their end.
    package mutating func send(_ count: Int, push: Bool = true, urgent: Bool = false, at now: Instant) -> Actions {
        guard count >= 0 else { return .failing(.badCount) }
        switch phase {
        case .closed:
            return .failing(.noConnection)
        case .listen:
            // "change the connection from passive to active"; the data goes when it is established.
            queue(count, push: push, urgent: urgent)
            return connect(now)
        case .synSent, .synReceived:
            guard !send.isClosed else { return .failing(.closing) }
            queue(count, push: push, urgent: urgent)
            return Actions()
        case .established, .closeWait:
            guard !send.isClosed else { return .failing(.closing) }
            var actions = Actions()
            queue(count, push: push, urgent: urgent)
            transmit(now, &actions)
            return actions
        case .finWait1, .finWait2, .closing, .lastAck, .timeWait:
            return .failing(.closing)
        }
    }

    private mutating func queue(_ count: Int, push: Bool, urgent: Bool) {
        send.end += count
        if push { send.pushed = send.end }
        if urgent {
            send.urgentEnd = send.end
            send.isUrgent = true
        }
    }

    // MARK: 3.10.3 RECEIVE

    /// The application has consumed `count` of the readable bytes: the window may open.
    package mutating func receive(_ count: Int, at now: Instant) -> Actions {
        switch phase {
        case .closed:
            return .failing(.noConnection)
        case .listen, .synSent, .synReceived, .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck,
            .timeWait:
            guard count >= 0, count <= receive.unread else { return .failing(.badCount) }
            receive.unread -= count
            var actions = Actions()
            switch phase {
            case .established, .finWait1, .finWait2: updateWindow(now, &actions)
            case .closed, .listen, .synSent, .synReceived, .closeWait, .closing, .lastAck, .timeWait: break
            }
            return actions
        }
    }

    // MARK: 3.10.4 CLOSE

    /// CLOSE as the RFC means it: no more data to send, while the peer's is still read (the sockets' SHUT_WR).
    package mutating func shutdownSend(at now: Instant) -> Actions {
        var actions = Actions()
        switch phase {
        case .closed:
            return .failing(.noConnection)
        case .listen, .synSent:
            close(.orderly, &actions)
        case .synReceived:
            // "If no SENDs have been issued and there is no pending data to send, then form a FIN segment and send it,
            // and enter FIN-WAIT-1 state; otherwise, queue for processing after entering ESTABLISHED state."
            guard !send.isClosed else { return .failing(.closing) }
            send.isClosed = true
            if send.unsent == 0 {
                phase = .finWait1
                transmit(now, &actions)
            }
        case .established:
            send.isClosed = true
            phase = .finWait1
            transmit(now, &actions)
        case .finWait1, .finWait2:
            // "Strictly speaking, this is an error and should receive an "error: connection closing" response."
            return .failing(.closing)
        case .closeWait:
            send.isClosed = true
            phase = .lastAck
            transmit(now, &actions)
        case .closing, .lastAck, .timeWait:
            return .failing(.closing)
        }
        return actions
    }

    /// No more reading (SHUT_RD): as on Linux nothing happens on the wire, and data is still taken and acknowledged.
    package mutating func shutdownReceive(at now: Instant) -> Actions {
        switch phase {
        case .closed, .listen, .synSent: .failing(.noConnection)
        case .synReceived, .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck, .timeWait: Actions()
        }
    }

    /// The application lets go of the connection altogether (the sockets' close): nothing is read any more. With data
    /// unread the peer gets a reset, that it may know (section 3.6.1, SHLD-3; RFC 2525, section 2.17); else this is CLOSE.
    package mutating func close(at now: Instant) -> Actions {
        if receive.unread > 0 {
            switch phase {
            case .synReceived, .established, .finWait1, .finWait2, .closeWait:
                return abort(at: now)
            case .closing, .lastAck:
                // Our FIN is on its way already: only a reset can still say so.
                var actions = Actions()
                sendReset(now, &actions)
                close(.aborted, &actions)
                return actions
            case .closed, .listen, .synSent, .timeWait: break
            }
        }
        let wasOrphan = isOrphan
        switch phase {
        case .closed: return .failing(.noConnection)
        case .listen, .synSent, .synReceived, .established, .closeWait:
            isOrphan = true
            return send.isClosed ? Actions() : shutdownSend(at: now)
        case .finWait2:
            guard !wasOrphan else { return .failing(.closing) }
            isOrphan = true
            var actions = Actions()
            armFinWait2(now, &actions)
            return actions
        case .finWait1, .closing, .lastAck, .timeWait:
            guard !wasOrphan else { return .failing(.closing) }
            isOrphan = true
            return Actions()
        }
    }

    // MARK: 3.10.5 ABORT

    /// The connection ends now; the peer gets a reset where it knows of the connection.
    package mutating func abort(at now: Instant) -> Actions {
        var actions = Actions()
        switch phase {
        case .closed:
            return .failing(.noConnection)
        case .listen, .synSent:
            close(.aborted, &actions)
        case .synReceived, .established, .finWait1, .finWait2, .closeWait:
            sendReset(now, &actions)
            close(.aborted, &actions)
        case .closing, .lastAck, .timeWait:
            close(.aborted, &actions)
        }
        return actions
    }

    // MARK: 3.9.2.2, what the network layer reports

    /// An ICMP error for this connection came.
    package mutating func unreachable(_ error: NetworkError, at now: Instant) -> Actions {
        var actions = Actions()
        switch (phase, error) {
        case (.closed, _), (.listen, _), (.timeWait, _):
            break
        case (.synSent, .hard), (.synReceived, .hard):
            close(.unreachable, &actions)
        case (.established, .hard), (.finWait1, .hard), (.finWait2, .hard), (.closeWait, .hard), (.closing, .hard),
            (.lastAck, .hard), (_, .soft):
            // Section 3.9.2.2 would abort on a hard error; RFC 5927, section 4.1, which all stacks follow, treats one
            // in a synchronized state as soft, since it can be forged. MUST-56: a soft error never aborts.
            actions.trouble = .unreachable
        }
        return actions
    }
}
