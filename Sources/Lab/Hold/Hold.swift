internal import Kernel
package import Sockets
package import TCP

/// Real kernel sockets in one state, against a peer in user space. They are gone with the value or the process.
package final class Hold {
    package let state: HeldState
    package let side: HeldSide
    package let count: Int
    /// The port of the server, on whichever side it is; of LISTEN the first of many.
    package let port: UInt16
    package let rig: Rig

    private var listener: LabSocket?
    private var peerListener: Stack.Socket?
    /// Those that are held by a descriptor.
    private var sockets: [LabSocket] = []
    private var made = 0
    /// What TIME_WAIT is restarted with: the number behind the peer's last segment, and what it acknowledged.
    private var last: [Endpoints: (sequence: SequenceNumber, acknowledgment: SequenceNumber)] = [:]

    /// How long it takes at most to bring a portion of sockets into its state.
    private static let patience: Microseconds = 20_000_000
    private static let portion = 128
    /// Well below 2 MSL, Linux's 60 seconds.
    private static let restartInterval: Microseconds = 20_000_000

    /// Makes them, and returns when the kernel shows them all.
    /// - Parameter side: `nil`: the usual one of that state.
    package init(
        _ state: HeldState, count: Int = 1, side: HeldSide? = nil, family: IPAddress.Family = .ipv4, port: UInt16 = 8080
    ) throws(LabError) {
        self.state = state
        self.side = side ?? state.sides[0]
        self.count = count
        self.port = port
        guard state.sides.contains(self.side) else {
            throw LabError(
                "\(state.state.name) is a state of the \(state.sides[0].rawValue)'s side alone",
                next: "leave --side away")
        }
        try Self.check(state, count, port)
        rig = try Rig(family, configuration: Self.patientPeer, settings: Self.settings(family))
        // What no connection of the peer's knows gets no answer: a reset would end what is held.
        rig.stack.settings.answersUnknown = false
        if state.state == .timeWait {
            rig.onPacket = { [unowned self] packet, direction, fate, _ in
                if direction == .toKernel, fate == .arrived { note(packet) }
            }
        }
        try prepare()
        while made < count {
            let some = min(Self.portion, count - made)
            try make(some)
            made += some
        }
        // What restarts TIME_WAIT must arrive.
        if state.state == .timeWait { rig.withheld = [] }
        guard try held() == count else {
            throw LabError(
                "\(try held()) of \(count) sockets are in \(state.state.name)", next: "try a smaller --count")
        }
    }

    private static func check(_ state: HeldState, _ count: Int, _ port: UInt16) throws(LabError) {
        let descriptors = try attempt { try OwnProcess.raiseDescriptorLimit() }
        let reserve = 64
        var most = 50_000
        var reason = "one address has no more ports to give"
        if state.needsDescriptors, descriptors - reserve < most {
            most = descriptors - reserve
            reason = "each takes a descriptor of this process, whose limit is \(descriptors) (ulimit -Hn)"
        }
        if state == .listen, Int(UInt16.max) - Int(port) < most {
            most = Int(UInt16.max) - Int(port)
            reason = "each listens on a port of its own, from \(port) on"
        }
        guard count >= 1, count <= most else {
            throw LabError("--count \(count) cannot be held in \(state.rawValue)", next: "give 1 to \(most): \(reason)")
        }
    }

    /// A peer that never gives up and never asks.
    private static var patientPeer: Configuration {
        var configuration = Configuration(.linux)
        configuration.retries = 255
        configuration.orphanRetries = 255
        configuration.synRetries = 255
        configuration.synAckRetries = 255
        configuration.finWait2Timeout = nil
        return configuration
    }

    /// A kernel that doesn't either: in this namespace alone.
    private static func settings(_ family: IPAddress.Family) -> [(name: String, value: String)] {
        [
            ("net.ipv4.tcp_syn_retries", "127"), ("net.ipv4.tcp_synack_retries", "255"),
            ("net.ipv4.tcp_retries2", "255"), ("net.ipv4.tcp_orphan_retries", "255"),
            ("net.ipv4.tcp_fin_timeout", "1000000"), ("net.ipv4.tcp_max_tw_buckets", "1000000"),
            ("net.ipv4.tcp_tw_reuse", "0"), ("net.ipv4.tcp_syncookies", "0"),
            ("net.ipv4.tcp_max_syn_backlog", "65536"), ("net.core.somaxconn", "65536"),
            ("net.ipv4.ip_local_port_range", "10000 65535"),
        ]
    }

    // MARK: Reading the kernel

    /// How many the kernel shows in the state now (sock_diag; for CLOSED, which it does not show, TCP_INFO of each).
    package func held() throws(LabError) -> Int {
        if state == .closed {
            var count = 0
            for socket in sockets where try attempt({ try socket.state() }) == .closed { count += 1 }
            return count
        }
        return try attempt { try SocketCensus.sockets() }.count(where: isHeld)
    }

    private func isHeld(_ connection: Connection) -> Bool {
        guard connection.state == state.state else { return false }
        return switch state {
        case .listen: true
        case .finWait2: connection.inode != 0
        case .finWait2Orphan: connection.inode == 0
        default: connection.remote.port != 0
        }
    }

    // MARK: Making them

    private func prepare() throws(LabError) {
        switch state {
        case .synSent: rig.withheld = [Withhold(.everything, .fromKernel)]
        case .synReceived:
            rig.withheld = [Withhold(.afterSyn, .toKernel)]
            if side == .client { rig.withheld.append(Withhold(.syn, .fromKernel)) }
        case .finWait1, .closing, .timeWaitClosing, .lastAck: rig.withheld = [Withhold(.fin, .fromKernel)]
        case .timeWaitFinAck: rig.withheld = [Withhold(.ackOfFin, .toKernel)]
        case .listen, .established, .finWait2, .finWait2Orphan, .timeWait, .closeWait, .closed: break
        }
        switch state {
        case .listen, .synSent: break
        case _ where side == .server: listener = try listen(on: port)
        case .synReceived: break
        default:
            let endpoint = rig.endpoint(.stack, port)
            peerListener = try attempt { try rig.stack.listen(at: endpoint, backlog: 65_535) }
        }
    }

    private func listen(on port: UInt16) throws(LabError) -> LabSocket {
        let socket = try attempt { try LabSocket(rig.family) }
        try attempt { try socket.bind(to: rig.endpoint(.kernel, port)) }
        try attempt { try socket.listen(backlog: 65_535) }
        return socket
    }

    /// So many further ones.
    private func make(_ some: Int) throws(LabError) {
        switch state {
        case .listen:
            for index in 0..<some { sockets.append(try listen(on: port + UInt16(made + index))) }
        case .synSent:
            for _ in 0..<some { sockets.append(try connectToPeer()) }
        case .synReceived where side == .server:
            for _ in 0..<some { _ = try connectFromPeer() }
        case .synReceived:
            for _ in 0..<some { try openBoth() }
        default:
            var opened = try open(some)
            try finish(&opened, some)
        }
        try wait(for: made + some, "\(made + some) sockets in \(state.state.name)") { () throws(LabError) in try held()
        }
    }

    /// Moves packets until `count` is reached.
    private func wait(for wanted: Int, _ what: String, _ count: () throws(LabError) -> Int) throws(LabError) {
        let deadline = rig.now + Self.patience
        while try count() < wanted {
            try rig.run(until: min(deadline, rig.now + 5_000))
            if rig.isAskedToEnd { throw LabError("stopped before all sockets were there", next: "") }
            guard rig.now < deadline else {
                throw LabError(
                    "after \(Self.patience / 1_000_000) s still not so: \(what); there are \(try count())",
                    next: "try again on a quieter host, or with a smaller --count")
            }
        }
    }

    // MARK: Opening

    /// Both ends of some connections; which belongs to which does not matter.
    private typealias Opened = (ours: [LabSocket], theirs: [Stack.Socket])

    private func open(_ some: Int) throws(LabError) -> Opened {
        var opened: Opened = ([], [])
        switch side {
        case .server:
            for _ in 0..<some { opened.theirs.append(try connectFromPeer()) }
            try wait(for: some, "\(some) connections accepted") { () throws(LabError) in
                while let socket = try attempt({ try listener?.accept() }) { opened.ours.append(socket) }
                return opened.ours.count
            }
        case .client:
            for _ in 0..<some { opened.ours.append(try connectToPeer()) }
            try wait(for: some, "\(some) connections accepted by the peer") { () throws(LabError) in
                guard let peerListener else { return 0 }
                while let socket = try attempt({ try rig.stack.accept(peerListener) }) {
                    opened.theirs.append(socket)
                }
                return opened.theirs.count
            }
        }
        return opened
    }

    private func connectFromPeer() throws(LabError) -> Stack.Socket {
        let (server, now) = (rig.endpoint(.kernel, port), rig.now)
        return try attempt { try rig.stack.connect(to: server, at: now) }
    }

    private func connectToPeer() throws(LabError) -> LabSocket {
        let socket = try attempt { try LabSocket(rig.family) }
        try attempt { try socket.connect(to: rig.endpoint(.stack, port)) }
        return socket
    }

    /// Both ends send SYN; the kernel's does not arrive.
    private func openBoth() throws(LabError) {
        let socket = try connectToPeer()
        sockets.append(socket)
        try rig.settle()
        let (own, remote, now) = (rig.endpoint(.stack, port), rig.endpoint(.kernel, socket.localPort), rig.now)
        _ = try attempt { try rig.stack.connect(from: own, to: remote, at: now) }
    }

    // MARK: From ESTABLISHED on

    private func finish(_ opened: inout Opened, _ some: Int) throws(LabError) {
        switch state {
        case .listen, .synSent, .synReceived: break
        case .established: keep(&opened)
        case .finWait1, .finWait2Orphan: close(&opened)
        case .finWait2:
            for socket in opened.ours { try attempt { try socket.shutSending() } }
            keep(&opened)
        case .closeWait:
            try shut(opened.theirs)
            keep(&opened)
        case .closed:
            for socket in opened.theirs { try attempt { try rig.stack.abort(socket, at: rig.now) } }
            let ours = opened.ours
            try wait(for: some, "\(some) connections reset") { () throws(LabError) in try count(ours, in: .closed) }
            keep(&opened)
        case .lastAck:
            try shut(opened.theirs)
            let ours = opened.ours
            try wait(for: some, "\(some) sockets in CLOSE_WAIT") { () throws(LabError) in
                try count(ours, in: .closeWait)
            }
            close(&opened)
        case .closing:
            close(&opened)
            try shut(opened.theirs)
        case .timeWait:
            close(&opened)
            try wait(for: some, "\(some) sockets in FIN_WAIT_2") { () throws(LabError) in try shown(in: .finWait2) }
            try end(opened.theirs)
        case .timeWaitFinAck:
            close(&opened)
            try wait(for: some, "\(some) FINs at the peer") { () throws(LabError) in
                opened.theirs.count { rig.stack.state(of: $0) == .closeWait }
            }
            try end(opened.theirs)
        case .timeWaitClosing:
            close(&opened)
            try end(opened.theirs)
            try wait(for: some, "\(some) sockets in CLOSING") { () throws(LabError) in try shown(in: .closing) }
            // The FIN comes again, and arrives now.
            let withheld = rig.withheld
            rig.withheld = []
            try wait(for: made + some, "\(made + some) sockets in TIME_WAIT") { () throws(LabError) in try held() }
            rig.withheld = withheld
        }
    }

    private func keep(_ opened: inout Opened) {
        sockets += opened.ours
        opened.ours = []
    }

    /// close(2), and what it sends.
    private func close(_ opened: inout Opened) { opened.ours = [] }

    /// The peers send FIN and stay.
    private func shut(_ theirs: [Stack.Socket]) throws(LabError) {
        try rig.settle()
        for socket in theirs {
            let now = rig.now
            try attempt { try rig.stack.shutdownSending(socket, at: now) }
        }
    }

    /// The peers send FIN and are forgotten when they are CLOSED.
    private func end(_ theirs: [Stack.Socket]) throws(LabError) {
        try rig.settle()
        for socket in theirs {
            let now = rig.now
            try attempt { try rig.stack.close(socket, at: now) }
        }
    }

    private func count(_ sockets: [LabSocket], in wanted: State) throws(LabError) -> Int {
        var count = 0
        for socket in sockets where try attempt({ try socket.state() }) == wanted { count += 1 }
        return count
    }

    private func shown(in wanted: State) throws(LabError) -> Int {
        try attempt { try SocketCensus.sockets() }.count { $0.state == wanted }
    }

    // MARK: Holding

    /// Lets time pass until the deadline (`nil`: none) or Ctrl-C.
    package func hold(until deadline: Instant?) throws(LabError) {
        while !rig.isAskedToEnd {
            let next = rig.now + Self.restartInterval
            if try rig.run(until: deadline.map { min($0, next) } ?? next) { return }
            if let deadline, rig.now >= deadline { return }
            try restart()
        }
    }

    /// The kernel starts 2 MSL again with any segment that acknowledges nothing new, and answers nothing
    /// (net/ipv4/tcp_minisocks.c, tcp_timewait_state_process).
    private func restart() throws(LabError) {
        for (endpoints, numbers) in last {
            let segment = Segment(
                sequence: numbers.sequence, acknowledgment: numbers.acknowledgment, control: .ack, window: 1024)
            rig.stack.emit(segment, endpoints, payload: UnsafeRawBufferPointer(start: nil, count: 0), at: rig.now)
        }
        try rig.settle()
    }

    private func note(_ packet: Packet) {
        last[packet.endpoints] = (packet.segment.range.end, packet.segment.acknowledgment)
    }
}
