internal import Glibc
internal import Sockets
internal import TCP

/// One look, step by step: namespaces, sockets and descriptors side by side, then who holds what.
struct LookRun {
    let inputs: Inputs
    private let look: Look
    private let host: HostFacts
    private var snapshot: Snapshot

    init(inputs: Inputs, look: Look) throws(KernelError) {
        self.inputs = inputs
        var look = look
        look.namespaces = try inputs.namespaces(look.namespaces)
        self.look = look
        host = try inputs.host()
        snapshot = Snapshot(
            time: host.time, monotonic: host.monotonic, host: host.host, kernel: host.kernel, observer: host.observer)
        snapshot.isOfAllNamespaces = look.namespaces == .all
    }

    consuming func run() throws(KernelError) -> Snapshot {
        let ways = try Ways(inputs, look, host)
        let needsPIDs = look.namespaces != .own || look.holders
        let pids = needsPIDs ? processes() : []
        let found = try namespaces(pids)

        // The descriptors are read on a thread of their own while this one goes through the namespaces.
        let (inputs, isNested) = (inputs, !host.seesAllProcesses)
        let descriptors: Worker<Result<DescriptorLook, KernelError>>? =
            look.holders
            ? try Worker {
                PhaseLog.shared.measure("descriptors") {
                    Result { () throws(KernelError) in try DescriptorLook(inputs, ways, pids, isNested: isNested) }
                }
            } : nil
        try observe(found, ways)
        if look.limits {
            snapshot.limits = LimitsReader(inputs: NamespaceInputs(inputs: inputs, inode: host.namespace))
                .host(pageSize: host.pageSize)
        }
        if let descriptors {
            let seen = try descriptors.join().get()
            snapshot.holderSource = seen.usesIterator ? .iterators : .procfs
            snapshot.gaps += seen.gaps
            PhaseLog.shared.measure("join") { join(seen, pids) }
        }
        return snapshot
    }

    // MARK: Where to look

    private func processes() -> [Int32] {
        ((try? inputs.entries("/proc")) ?? []).compactMap { Int32($0) }.sorted()
    }

    private mutating func namespaces(_ pids: [Int32]) throws(KernelError) -> NamespaceFinder.Found {
        let finder = NamespaceFinder(inputs: inputs, own: host.namespace)
        if look.namespaces == .own { return finder.ownOnly() }
        var found = finder.all(pids)
        if found.hidden > 0, look.namespaces == .all {
            // Root misses only processes with more capabilities than its own: said, but nothing that can be mended.
            snapshot.gaps.append(
                Gap(kind: .namespaces, reason: errorText(EACCES), count: found.hidden, isPartial: host.observer != 0))
        }
        let wanted: (Int) -> Bool
        switch look.namespaces {
        case .all, .own: return found
        case .named(let name): wanted = { found.namespaces[$0].name == name }
        case .inode(let inode): wanted = { found.namespaces[$0].inode == inode }
        case .process(let pid):
            let inode = namespaceInode(try inputs.link("/proc/\(pid)/ns/net"))
            wanted = { found.namespaces[$0].inode == inode }
        }
        guard let index = found.namespaces.indices.first(where: wanted) else {
            throw KernelError(
                call: "netns", subject: look.namespaces.text, code: ENOENT,
                hint: "no such network namespace; `ip netns list` and `lsns -t net` show those that there are")
        }
        found.namespaces = [found.namespaces[index]]
        found.paths = [found.paths[index]]
        return found
    }

    // MARK: Looking

    private mutating func observe(_ found: NamespaceFinder.Found, _ ways: Ways) throws(KernelError) {
        let (look, host) = (look, host)
        let program = try loadSockets(ways)
        let usesIterator = program != nil || inputs.isReplay && ways.socketIterator
        snapshot.socketSource = usesIterator ? .iterators : .sockDiag
        for (namespace, path) in zip(found.namespaces, found.paths) {
            let index = UInt16(clamping: snapshot.namespaces.count)
            let subject = namespace.name ?? "\(namespace.inode)"
            do throws(KernelError) {
                let seen = try PhaseLog.shared.measure("sockets") { () throws(KernelError) in
                    try inputs.inside(namespace, path: path) { inside in
                        NamespaceLook(
                            inside, index: index, look: look, host: host, program: program, usesIterator: usesIterator,
                            expected: namespace.isOwn ? ways.expectedSockets : 0, subject: subject)
                    }
                }
                var namespace = namespace
                namespace.limits = seen.limits
                snapshot.namespaces.append(namespace)
                snapshot.gaps += seen.gaps
                for (interface, name) in seen.interfaces {
                    snapshot.interfaces[.init(namespace: index, index: interface)] = name
                }
                if snapshot.connections.isEmpty {
                    snapshot.connections = seen.connections
                } else {
                    snapshot.connections += seen.connections
                }
            } catch {
                snapshot.gaps.append(Gap(kind: .namespace, subject: subject, reason: error.reason))
            }
        }
    }

    private mutating func loadSockets(_ ways: Ways) throws(KernelError) -> IteratorProgram? {
        let kind = IteratorProgram.Kind.sockets(states: look.states, ipv4: look.ipv4, ipv6: look.ipv6)
        let loaded = try ways.load(kind, wanted: ways.socketIterator, inputs)
        snapshot.gaps += loaded.gaps
        return loaded.program
    }

    // MARK: Who holds what

    private mutating func join(_ seen: DescriptorLook, _ pids: [Int32]) {
        var listing = seen.listing
        if listing.undecoded > 0 {
            snapshot.gaps.append(Gap(kind: .records, subject: "descriptors", count: listing.undecoded))
        }
        var table = ProcessTable()
        let joined = HolderJoin(
            &snapshot.connections, listing.descriptors, byCookie: seen.usesIterator, index: seen.index,
            process: { table.index(of: $0) })
        snapshot.holders = joined.holders
        settleUnheld(&listing, seen, pids)
        if look.closedSockets { findClosed(joined.unmatched.map { listing.descriptors[$0] }, seen, &table) }
        readProcesses(table.pids, listing.counts)
    }

    /// A socket that somebody must hold and no process has: not held by any, when every process could be looked at.
    private mutating func settleUnheld(_ listing: inout DescriptorListing, _ seen: DescriptorLook, _ pids: [Int32]) {
        let unheld = snapshot.connections.indices.filter { snapshot.connections[$0].holding == .unseen }
        if seen.usesIterator, !unheld.isEmpty {
            // The iterator passes over processes that we may not trace, without a word.
            let counted = listing.counts
            listing.hidden += DescriptorWalk(inputs: inputs).run(pids.filter { counted[$0] == nil }).hidden
        }
        if listing.hidden == 0, host.seesAllProcesses {
            for index in unheld { snapshot.connections[index].holding = .kernelOrInFlight }
        } else if listing.hidden > 0 {
            let isRoot = host.observer == 0
            snapshot.gaps.append(
                Gap(
                    kind: isRoot ? .protectedProcesses : .processDescriptors, reason: errorText(EACCES),
                    count: listing.hidden, isPartial: !isRoot || !unheld.isEmpty))
        }
    }

    private mutating func findClosed(
        _ unmatched: [SocketDescriptor], _ seen: DescriptorLook, _ table: inout ProcessTable
    ) {
        var closed: [ClosedSocketFinder.Closed] = []
        if seen.usesIterator {
            closed = unmatched.filter { $0.state == State.closed.rawValue }.map(ClosedSocketFinder.Closed.init)
        } else {
            do throws(KernelError) {
                closed = try ClosedSocketFinder(inputs: inputs).find(unmatched)
            } catch {
                snapshot.gaps.append(Gap(kind: .recording, subject: "closed_sockets", reason: error.reason))
            }
        }
        // A closed socket shows no namespace: its process's tells whether it belongs to this look.
        let looked = Set(snapshot.namespaces.map(\.inode))
        var belongs: [Int32: Bool] = [:]
        for one in closed {
            if belongs[one.pid] == nil {
                let namespace = (try? inputs.link("/proc/\(one.pid)/ns/net")).flatMap(namespaceInode)
                belongs[one.pid] = look.namespaces == .all || namespace.map(looked.contains) ?? false
            }
            guard belongs[one.pid] == true else { continue }
            snapshot.closedSockets.append(
                ClosedSocket(
                    inode: one.inode, cookie: one.cookie,
                    holder: Holder(process: table.index(of: one.pid), descriptor: one.descriptor), localPort: one.port))
        }
    }

    private mutating func readProcesses(_ pids: [Int32], _ counts: [Int32: DescriptorCount]) {
        let reader = ProcessReader(inputs: inputs, host: host)
        var gone = 0
        for pid in pids {
            var record = reader.read(pid, details: look.processDetails)
            if record == nil { gone += 1 }
            record = record ?? ProcessRecord(pid: pid, command: "")
            record?.descriptors = counts[pid]?.all
            record?.socketDescriptors = counts[pid]?.sockets
            if let record { snapshot.processes.append(record) }
        }
        if gone > 0 { snapshot.gaps.append(Gap(kind: .processes, count: gone, isPartial: false)) }
    }
}

/// Gives each process that holds something an index, in the order in which they are met.
private struct ProcessTable {
    private(set) var pids: [Int32] = []
    private var indices: [Int32: Int32] = [:]

    mutating func index(of pid: Int32) -> Int32 {
        if let index = indices[pid] { return index }
        let index = Int32(pids.count)
        pids.append(pid)
        indices[pid] = index
        return index
    }
}
