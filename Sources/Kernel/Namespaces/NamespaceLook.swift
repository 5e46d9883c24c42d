internal import Glibc
internal import Sockets
internal import TCP

/// Everything that one look learns inside one network namespace.
struct NamespaceLook: Sendable {
    var limits = NamespaceLimits()
    var interfaces: [UInt32: String] = [:]
    var gaps: [Gap] = []
    /// Gets the connections.
    private let gathering: Gathering
    /// Interfaces that sockets are bound to.
    private var bound: Set<UInt32> = []
    /// A TCP socket carries MPTCP, or we may not be shown whether it does.
    private var mayCarryMPTCP = false

    /// A dump that the kernel marks as interrupted is taken again this often.
    private static let attempts = 5

    init(
        _ inputs: NamespaceInputs, index: UInt16, look: Look, program: IteratorProgram?, usesIterator: Bool,
        subject: String, hertz: UInt32, into gathering: Gathering
    ) {
        self.gathering = gathering
        let before = CounterReader(inputs: inputs)
        if look.limits {
            var reader = LimitsReader(inputs: inputs)
            limits = reader.namespace()
            gaps += reader.gaps
        }
        if usesIterator {
            let decoder = SocketRecordDecoder(namespace: index, hertz: hertz)
            iterate(inputs, program: program, decoder, subject: subject)
        } else {
            if look.ipv4 { dump(inputs, index: index, family: .ipv4, transport: .tcp, look: look, subject: subject) }
            if look.ipv6 { dump(inputs, index: index, family: .ipv6, transport: .tcp, look: look, subject: subject) }
        }
        if look.mptcp, (try? inputs.file("/proc/sys/net/mptcp/enabled")) != nil,
            inputs.mayHaveMPTCP(isCarried: mayCarryMPTCP)
        {
            // One table for both families: the dump of AF_INET shows those of AF_INET6 to nobody.
            if look.ipv4 { dump(inputs, index: index, family: .ipv4, transport: .mptcp, look: look, subject: subject) }
            if look.ipv6 { dump(inputs, index: index, family: .ipv6, transport: .mptcp, look: look, subject: subject) }
        }
        if look.limits { limits.counters = before.read() }
        nameInterfaces(inputs)
    }

    /// An interface whose name is not known goes by its index.
    private mutating func nameInterfaces(_ inputs: NamespaceInputs) {
        for index in bound { interfaces[index] = inputs.interfaceName(index) ?? String(index) }
    }

    private mutating func iterate(
        _ inputs: NamespaceInputs, program: IteratorProgram?, _ decoder: SocketRecordDecoder, subject: String
    ) {
        var read = SocketRecords()
        let gathering = gathering
        do throws(KernelError) {
            try inputs.iterate(program, into: { read.room() }) {
                read.consume($0.bytes)
                gathering.add(read.takeBlocks(), decoder, isMultipath: read.hasSubflows)
            }
        } catch {
            mayCarryMPTCP = true
            gaps.append(
                Gap(kind: error.isReplay ? .recording : .namespace, subject: subject, reason: error.description))
        }
        gathering.add(read.takeBlocks(isEnd: true), decoder, isMultipath: read.hasSubflows)
        bound = read.interfaces
        if read.hasSubflows { mayCarryMPTCP = true }
        if read.undecoded > 0 { gaps.append(Gap(kind: .records, subject: subject, count: read.undecoded)) }
    }

    private mutating func dump(
        _ inputs: NamespaceInputs, index: UInt16, family: IPAddress.Family, transport: SockDiagRequest.Transport,
        look: Look, subject: String
    ) {
        let request = SockDiagRequest(
            family: family, transport: transport, states: look.states, memory: look.memory)
        var decoder = SockDiagDecoder(namespace: index, transport: transport)
        do throws(KernelError) {
            for _ in 0..<(inputs.inputs.isReplay ? 1 : Self.attempts) {
                decoder = SockDiagDecoder(namespace: index, transport: transport)
                // What is not used of it is never touched; to move connections into larger and larger pieces is.
                decoder.connections.reserveCapacity(2048)
                try inputs.dump(request) { decoder.consume($0.bytes) }
                if !decoder.outcome.isInterrupted { break }
            }
        } catch {
            if transport == .tcp { mayCarryMPTCP = true }
            report(error, request, subject)
            return
        }
        for connection in decoder.connections where connection.interface != 0 { bound.insert(connection.interface) }
        gathering.add(decoder.connections)
        let outcome = decoder.outcome
        let isWhole = outcome.code == 0 && outcome.isComplete
        if transport == .tcp, !isWhole || decoder.connections.contains(where: \.mayCarryMPTCP) { mayCarryMPTCP = true }
        if outcome.code != 0 {
            report(KernelError(call: "sock_diag", subject: request.key, code: outcome.code), request, subject)
        }
        if outcome.isInterrupted { gaps.append(Gap(kind: .interruptedDump, subject: subject)) }
        if !outcome.isComplete || outcome.trailingBytes > 0 {
            gaps.append(Gap(kind: .recording, subject: "\(subject) \(request.key)", reason: "cut short"))
        }
        if decoder.undecoded > 0 { gaps.append(Gap(kind: .records, subject: subject, count: decoder.undecoded)) }
    }

    private mutating func report(_ error: KernelError, _ request: SockDiagRequest, _ subject: String) {
        let isMPTCP = request.transport == .mptcp
        if error.isReplay {
            gaps.append(Gap(kind: .recording, subject: subject, reason: error.description))
            return
        }
        // A kernel without mptcp_diag, or without IPv6, has no such sockets to show.
        if isMPTCP, error.code == ENOENT || error.code == EINVAL { return }
        if request.family == .ipv6, error.code == ENOENT { return }
        gaps.append(
            Gap(kind: isMPTCP ? .mptcp : .namespace, subject: subject, reason: error.description, isPartial: !isMPTCP))
    }
}

extension Connection {
    /// Whom the kernel shows no mark (`net_admin` in `inet_diag_msg_attrs_fill`), an older one shows no subflows either.
    fileprivate var mayCarryMPTCP: Bool { transport == .subflow || mark == nil && !isSmall && state != .synReceived }
}
