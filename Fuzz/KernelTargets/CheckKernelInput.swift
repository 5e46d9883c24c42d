// Room Kernel's parsers are no business of other rooms: they are seen where the build allows testing.
#if DEBUG || FUZZING
    import Sockets
    import TCP

    @testable import Kernel

    /// What must hold for the parsers of what the kernel tells, whatever the bytes: the first one chooses the parser.
    ///
    /// - Returns: what does not hold; `nil` if all does.
    package func checkKernelInput(_ bytes: [UInt8]) -> String? {
        guard let choice = bytes.first else { return nil }
        let input = Array(bytes.dropFirst())
        switch choice % 6 {
        case 0: return checkSockDiag(input, .tcp)
        case 1: return checkSockDiag(input, .mptcp)
        case 2: return checkSocketRecords(input)
        case 3: return checkDescriptors(input)
        case 4: return checkTexts(input)
        default: return checkProcess(input)
        }
    }

    private func checkSockDiag(_ bytes: [UInt8], _ transport: SockDiagRequest.Transport) -> String? {
        func decode(_ bytes: ArraySlice<UInt8>) -> SockDiagDecoder {
            var decoder = SockDiagDecoder(namespace: 1, transport: transport)
            bytes.withUnsafeBytes { decoder.consume($0.bytes) }
            return decoder
        }
        let whole = decode(bytes[...])
        // nlmsghdr and inet_diag_msg
        if whole.connections.count * 88 > bytes.count { return "more connections than there are bytes for" }
        if whole.outcome.trailingBytes > bytes.count { return "more bytes left than there were" }
        for connection in whole.connections {
            if let broken = check(connection) { return broken }
            if (transport == .mptcp) != (connection.transport == .mptcp), connection.transport != .subflow {
                return "MPTCP and TCP mixed up"
            }
            if connection.transport == .mptcp || connection.state == .listen, connection.info.retransmits != nil {
                return "TCP_INFO of what has none"
            }
        }
        let cut = decode(bytes.prefix(bytes.count / 2))
        if !whole.connections.map(\.cookie).starts(with: cut.connections.map(\.cookie)) {
            return "a cut message made a connection"
        }
        return nil
    }

    private func checkSocketRecords(_ bytes: [UInt8]) -> String? {
        var records = SocketRecords()
        bytes.withUnsafeBytes { records.consume($0.bytes) }
        let gathering = Gathering()
        gathering.add(
            records.takeBlocks(isEnd: true), SocketRecordDecoder(namespace: 1, hertz: 250),
            isMultipath: records.hasSubflows)
        let found = gathering.connections().connections
        if (found.count + max(0, records.undecoded - 1)) * 64 > bytes.count {
            return "more records than there are bytes for"
        }
        for connection in found {
            if let broken = check(connection) { return broken }
            if connection.transport == .mptcp { return "an MPTCP connection out of a TCP iterator" }
        }
        // The same bytes as descriptors: some keys meet.
        var listing = DescriptorListing()
        bytes.withUnsafeBytes { listing.consume($0.bytes) }
        for byCookie in [true, false] {
            var connections = found
            let index = DescriptorIndex(listing.descriptors, byCookie: byCookie)
            let joined = HolderJoin(&connections, listing.descriptors, index) { $0 }
            let snapshot = Snapshot(connections: connections, holders: joined.holders)
            var next: UInt32 = 0
            for connection in connections {
                guard case .held(let start, let count) = connection.holding else { continue }
                if start != next || count == 0 { return "holders are not laid out one behind the other" }
                if snapshot.holders(of: connection).count != Int(count) { return "holders beyond the end" }
                next += count
            }
            if Int(next) != joined.holders.count { return "holders of nothing" }
            if joined.unmatched.count > listing.descriptors.count { return "more unmatched than there are" }
        }
        return nil
    }

    private func check(_ connection: Connection) -> String? {
        if case .held = connection.holding { return "held before anybody looked" }
        if connection.local.address.family != connection.remote.address.family { return "two families" }
        if connection.family == .ipv4, connection.local.address.low >> 32 != 0 {
            return "an IPv4 address beyond 32 bits"
        }
        return nil
    }

    private func checkDescriptors(_ bytes: [UInt8]) -> String? {
        var listing = DescriptorListing()
        bytes.withUnsafeBytes { listing.consume($0.bytes) }
        if listing.descriptors.count + listing.counts.count > bytes.count / 24 { return "more records than bytes" }
        if listing.undecoded != (bytes.count % 24 == 0 ? 0 : 1) { return "a rest that was not counted" }
        return nil
    }

    private func checkTexts(_ bytes: [UInt8]) -> String? {
        let text = ProcText(bytes)
        if text.words.contains(where: \.isEmpty) { return "an empty word" }
        var totals: [String: UInt64] = [:]
        CounterReader.parse(text, into: &totals)
        _ = Sockstat(text)["tw"]
        if let facts = try? HostFacts(decoding: bytes) {
            guard let again = try? HostFacts(decoding: facts.encoded), again == facts else {
                return "facts that change when they are written down"
            }
        }
        _ = namespaceInode(String(decoding: bytes, as: UTF8.self))
        let wanted = Look.Namespaces(text: String(decoding: bytes, as: UTF8.self))
        if Look.Namespaces(text: wanted.text) != wanted { return "namespaces that change when they are written down" }
        guard let cgroup = CgroupPath(file: bytes) else { return nil }
        if let unit = cgroup.unit, !cgroup.path.contains(unit) { return "a unit that is not in the path" }
        if let container = cgroup.container, container.id.isEmpty { return "a container without an id" }
        return nil
    }

    private let reader = ProcessReader(
        inputs: Inputs(mode: .replay("/nonexistent")),
        host: HostFacts(
            time: 0, monotonic: 0, boottime: 1_000_000, host: "", kernel: "", observer: 0, pageSize: 4096,
            ticksPerSecond: 100, hertz: 250, namespace: 1, seesAllProcesses: true, isProcOurs: true))

    private func checkProcess(_ bytes: [UInt8]) -> String? {
        let limits = ProcessReader.descriptorLimits(bytes)
        if bytes.count < 15, limits.soft != nil || limits.hard != nil { return "a limit out of nothing" }
        guard let record = reader.parseStat(bytes, pid: 7) else { return nil }
        if !bytes.contains(UInt8(ascii: "(")) { return "a process without a name" }
        if let age = record.age, age > 1_000_000 { return "a process older than the host" }
        if record.age != nil, record.startTicks == nil { return "an age without a start" }
        return nil
    }
#endif
