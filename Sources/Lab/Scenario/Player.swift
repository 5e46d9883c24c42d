internal import Kernel
package import Sockets
internal import TCP

/// Plays a scenario and draws its figure. The kernel's states are read from the kernel after each segment (sock_diag),
/// the peer's from its machine.
package final class Player {
    package let scenario: Scenario
    package private(set) var figure: Figure
    package let rig: Rig

    private let kernelEnd: Endpoint
    private let peerEnd: Endpoint
    private var lookup: SocketLookup
    private var listener: LabSocket?
    private var socket: LabSocket?
    private var peerListener: Stack.Socket?
    private var peerSocket: Stack.Socket?
    /// A connection has been seen: a listener that is shown instead of it means CLOSED.
    private var kernelHadConnection = false
    private var peerHadConnection = false
    private var numbers = ReadableNumbers()
    private var isHidden = false
    private let start: Instant

    /// Longer than any delayed acknowledgment (40 ms): when the link was quiet for that long, nothing more comes.
    private static let quiet: Microseconds = 60_000

    /// - Parameter capture: takes the bytes of a capture file.
    package init(
        _ scenario: Scenario, family: IPAddress.Family = .ipv4, capture: (([UInt8]) -> Void)? = nil
    ) throws(LabError) {
        self.scenario = scenario
        rig = try Rig(family, configuration: scenario.peer, settings: scenario.settings)
        let isServer = scenario.kernelSide == .server
        kernelEnd = rig.endpoint(.kernel, isServer ? 8080 : 40_000)
        peerEnd = rig.endpoint(.stack, isServer ? 40_000 : 8080)
        do throws(KernelError) { lookup = try SocketLookup() } catch { throw LabError(error) }
        figure = Figure(
            title: scenario.title, kernelName: kernelEnd.description, peerName: peerEnd.description,
            showsTimes: scenario.showsTimes)
        start = rig.now
        if scenario.steps.contains(where: { if case .segment = $0 { true } else { false } }) {
            // The peer's TCP knows nothing of what goes past it, and must not reset it.
            rig.stack.settings.answersUnknown = false
        }
        if let capture {
            rig.devices = DeviceChain([PacketCapture.Writer(offset: MonotonicClock.offsetSince1970, write: capture)])
        }
        rig.onPacket = { [unowned self] packet, direction, fate, time throws(LabError) in
            try note(packet, direction, fate, time)
        }
    }

    /// - Returns: whether all expectations held; `false` also after Ctrl-C.
    package func play() throws(LabError) -> Bool {
        for step in scenario.steps {
            try perform(step)
            if rig.isAskedToEnd { return false }
        }
        return figure.holds
    }

    // MARK: Steps

    private func perform(_ step: Step) throws(LabError) {
        switch step {
        case .say(let text): append(.say(text))
        case .hide: isHidden = true
        case .show:
            isHidden = false
            append(.states(kernel: try kernelState(), peer: peerState()))
        case .call(let party, let call):
            try announce(party, call)
            try settle()
        case .together(let steps):
            rig.isCrossing = true
            for step in steps {
                guard case .call(let party, let call) = step else { continue }
                try announce(party, call)
                try rig.letLeave()
            }
            try settle()
            rig.isCrossing = false
        case .withhold(let what, let party, let count):
            rig.withheld.append(Withhold(what, party == .kernel ? .fromKernel : .toKernel, count: count))
        case .pass:
            rig.withheld = []
            try settle()
        case .segment(let segment):
            emit(segment)
            try settle()
        case .wait(let duration): try rig.run(until: rig.now + duration)
        case .expect(let expectation): try expect(expectation)
        }
    }

    /// Until nothing has moved for a while.
    private func settle() throws(LabError) {
        try rig.settle()
        try rig.run(until: rig.now + Self.quiet)
    }

    private func append(_ entry: Figure.Entry) { if !isHidden { figure.append(entry) } }

    private func expect(_ wanted: Expectation) throws(LabError) {
        let holds = try rig.run(until: rig.now + wanted.within) { () throws(LabError) in
            let kernel = try kernelState()
            return (wanted.kernel ?? kernel) == kernel && (wanted.peer ?? peerState()) == peerState()
        }
        guard !holds, !rig.isAskedToEnd else { return }
        let place = wanted.line.map { "line \($0): " } ?? ""
        let found = (kernel: try kernelState(), peer: peerState())
        for (party, wanted, found) in [("kernel", wanted.kernel, found.kernel), ("peer", wanted.peer, found.peer)] {
            guard let wanted, wanted != found else { continue }
            figure.append(.failure("\(place)expected the \(party) in \(wanted.name); it is in \(found.name)"))
        }
    }

    private func emit(_ raw: RawSegment) {
        let next = numbers.ends[.toKernel] ?? SequenceNumber(1000)
        var segment = Segment(sequence: next + raw.sequence, control: raw.control, window: raw.window)
        if raw.control.contains(.ack) {
            segment.acknowledgment = (numbers.ends[.fromKernel] ?? SequenceNumber(0)) + raw.acknowledgment
        }
        let data = [UInt8](repeating: UInt8(ascii: "x"), count: raw.data)
        data.withUnsafeBytes {
            rig.stack.emit(segment, Endpoints(local: peerEnd, remote: kernelEnd), payload: $0, at: rig.now)
        }
    }

    // MARK: Calls

    private func announce(_ party: Party, _ call: Call) throws(LabError) {
        append(.call(party, call.text))
        switch party {
        case .kernel: try attempt { try callKernel(call) }
        case .peer: try attempt { try callPeer(call) }
        }
        if call == .listen { append(.states(kernel: try kernelState(), peer: peerState())) }
    }

    private func callKernel(_ call: Call) throws {
        switch call {
        case .listen:
            let socket = try LabSocket(rig.family)
            try socket.bind(to: kernelEnd)
            try socket.listen(backlog: 16)
            listener = socket
        case .connect:
            let socket = try LabSocket(rig.family)
            try socket.bind(to: kernelEnd)
            self.socket = socket
            kernelHadConnection = true
            try socket.connect(to: peerEnd)
        case .accept: socket = try listener?.accept()
        case .send(let count): _ = try own().send([UInt8](repeating: UInt8(ascii: "x"), count: count))
        case .receive: while let bytes = try own().receive(), !bytes.isEmpty {}
        case .shutdown: try own().shutSending()
        case .close: socket = nil
        case .abort:
            try own().resetOnClose()
            socket = nil
        case .keepAlive(let idle, let interval, let count):
            try own().keepAlive(idle: idle, interval: interval, count: count)
        case .userTimeout(let time): try own().userTimeout(milliseconds: Int(time / 1000))
        }
    }

    private func own() throws(LabError) -> LabSocket {
        guard let socket else {
            throw LabError("the kernel's end has no connection yet", next: "connect or accept first")
        }
        return socket
    }

    private func callPeer(_ call: Call) throws {
        let now = rig.now
        switch call {
        case .listen: peerListener = try rig.stack.listen(at: peerEnd, backlog: 16)
        case .connect:
            peerSocket = try rig.stack.connect(from: peerEnd, to: kernelEnd, at: now)
            peerHadConnection = true
        case .accept:
            if let peerListener { peerSocket = try rig.stack.accept(peerListener) }
        case .send(let count):
            let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: count)
            let socket = try theirs()
            _ = try bytes.withUnsafeBytes { try rig.stack.send($0, on: socket, at: now) }
        case .receive:
            let socket = try theirs()
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while let count = try buffer.withUnsafeMutableBytes({
                try rig.stack.receive(into: $0, on: socket, at: now)
            }), count > 0 {}
        case .shutdown: try rig.stack.shutdownSending(try theirs(), at: now)
        case .close: try rig.stack.close(try theirs(), at: now)
        case .abort: try rig.stack.abort(try theirs(), at: now)
        case .keepAlive(let idle, let interval, let count):
            try rig.stack.configure(try theirs(), at: now) {
                $0.keepsAlive = true
                $0.keepAliveIdle = Microseconds(idle) * 1_000_000
                $0.keepAliveInterval = Microseconds(interval) * 1_000_000
                $0.keepAliveCount = UInt8(clamping: count)
            }
        case .userTimeout(let time): try rig.stack.configure(try theirs(), at: now) { $0.userTimeout = time }
        }
    }

    private func theirs() throws(LabError) -> Stack.Socket {
        guard let peerSocket else { throw LabError("the peer has no connection yet", next: "connect or accept first") }
        return peerSocket
    }

    // MARK: What is seen

    private func note(_ packet: Packet, _ direction: Direction, _ fate: PacketFate, _ time: Instant) throws(LabError) {
        // A listener's connection is found by what arrives for it.
        if direction == .fromKernel { kernelHadConnection = true }
        if direction == .toKernel, fate == .left { peerHadConnection = true }
        let shown = numbers.readable(packet.segment, direction)
        guard !isHidden else { return }
        let since = time - start
        switch fate {
        case .left, .withheld:
            let sender = direction == .fromKernel ? try kernelState() : peerState()
            figure.left(
                Figure.Line(
                    direction: direction, segment: shown, sender: sender, isWithheld: fate == .withheld, time: since))
        case .arrived:
            if direction == .toKernel, packet.segment.control.contains(.syn) { kernelHadConnection = true }
            let receiver = direction == .toKernel ? try kernelState() : peerState()
            figure.arrived(shown, direction, receiver: receiver, time: since)
        }
    }

    /// As the kernel shows it now.
    private func kernelState() throws(LabError) -> State {
        let (local, remote) = (kernelEnd, peerEnd)
        guard let found = try attempt({ try lookup.socket(local: local, remote: remote) }) else { return .closed }
        return found.state == .listen && kernelHadConnection ? .closed : found.state
    }

    private func peerState() -> State {
        let endpoints = Endpoints(local: peerEnd, remote: kernelEnd)
        if let socket = rig.stack.sockets.first(where: {
            rig.stack.endpoints(of: $0) == endpoints && rig.stack.ending(of: $0) == nil
        }) {
            return rig.stack.state(of: socket) ?? .closed
        }
        return peerListener != nil && !peerHadConnection ? .listen : .closed
    }
}

extension Call {
    /// As it is written in C: `shutdown(SHUT_WR)`.
    var text: String {
        switch self {
        case .listen: "listen"
        case .connect: "connect"
        case .accept: "accept"
        case .send(let count): "send \(count) bytes"
        case .receive: "receive"
        case .shutdown: "shutdown, sending half"
        case .close: "close"
        case .abort: "abort"
        case .keepAlive(let idle, let interval, let count):
            "keepalive: idle \(idle) s, \(count) probes, \(interval) s apart"
        case .userTimeout(let time): "user timeout \(time / 1000) ms"
        }
    }
}
