internal import Glibc
internal import Sockets

/// One look, step by step: namespaces, sockets and descriptors side by side, then who holds what.
struct LookRun {
    let inputs: Inputs
    let look: Look
    private let host: HostFacts
    private var snapshot: Snapshot

    init(inputs: Inputs, look: Look) throws(KernelError) {
        self.inputs = inputs
        self.look = look
        host = try inputs.host()
        snapshot = Snapshot(
            time: host.time, monotonic: host.monotonic, host: host.host, kernel: host.kernel, observer: host.observer)
    }

    consuming func run() throws(KernelError) -> Snapshot {
        let size = HostSize(NamespaceInputs(inputs: inputs, inode: host.namespace))
        let (method, program) = try chooseMethod(size)
        snapshot.socketSource = method == .bpf ? .iterators : .sockDiag
        snapshot.holderSource = method == .bpf ? .iterators : .procfs

        let needsPIDs = look.namespaces != .own || look.holders && method == .proc
        let pids = needsPIDs ? processes() : []
        let found = try namespaces(pids)

        // The descriptors are read on a thread of their own while this one goes through the namespaces.
        let inputs = inputs
        let descriptors: Worker<Result<DescriptorListing, KernelError>>? =
            look.holders
            ? try Worker {
                PhaseLog.shared.measure("descriptors") {
                    Self.descriptors(inputs, method: method, program: program, pids: pids)
                }
            } : nil
        observe(found, method: method, program: program, expected: size.sockets)
        if look.limits {
            snapshot.limits = LimitsReader(inputs: NamespaceInputs(inputs: inputs, inode: host.namespace))
                .host(pageSize: host.pageSize)
        }
        if let descriptors {
            let listing = try descriptors.join()
            PhaseLog.shared.measure("join") { join(listing, method: method) }
        }
        return snapshot
    }

    // MARK: How to look

    /// The way that is taken, with the program loaded where that is the iterators'. What was decided is an input too:
    /// a replay goes the same way.
    private mutating func chooseMethod(_ size: HostSize) throws(KernelError) -> (Look.Method, IteratorProgram?) {
        if inputs.isReplay {
            let recorded = try inputs.bytes("method") { () throws(KernelError) in [] }
            return (Look.Method(rawValue: String(decoding: recorded, as: UTF8.self)) ?? .proc, nil)
        }
        let program = try loadIfWorthwhile(size)
        let method = program == nil ? Look.Method.proc : .bpf
        _ = try inputs.bytes("method") { () throws(KernelError) in Array(method.rawValue.utf8) }
        return (method, program)
    }

    /// What a kernel allows depends on capabilities, lockdown and how it was built: it is asked by loading.
    private mutating func loadIfWorthwhile(_ size: HostSize) throws(KernelError) -> IteratorProgram? {
        guard look.method == .bpf || look.method == .auto && size.prefersIterators else { return nil }
        do throws(KernelError) {
            return try PhaseLog.shared.measure("load") { () throws(KernelError) in
                try IteratorProgram(states: look.states, ipv4: look.ipv4, ipv6: look.ipv6)
            }
        } catch {
            guard look.method == .auto else {
                throw KernelError(
                    call: error.call, subject: error.subject, code: error.code,
                    hint: "this host does not let us run the eBPF iterators; leave `--method bpf` away, or run as root")
            }
            snapshot.gaps.append(Gap(kind: .bpf, reason: error.description, isPartial: false))
            return nil
        }
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

    private mutating func observe(
        _ found: NamespaceFinder.Found, method: Look.Method, program: IteratorProgram?, expected: Int
    ) {
        let look = look
        let host = host
        for (namespace, path) in zip(found.namespaces, found.paths) {
            let index = UInt16(clamping: snapshot.namespaces.count)
            let subject = namespace.name ?? "\(namespace.inode)"
            do throws(KernelError) {
                let seen = try PhaseLog.shared.measure("sockets") { () throws(KernelError) in
                    try inputs.inside(namespace, path: path) { inside in
                        NamespaceLook(
                            inside, index: index, look: look, host: host, program: program,
                            usesIterators: method == .bpf, expected: namespace.isOwn ? expected : 0, subject: subject)
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

    private static func descriptors(
        _ inputs: Inputs, method: Look.Method, program: IteratorProgram?, pids: [Int32]
    ) -> Result<DescriptorListing, KernelError> {
        guard method == .bpf else { return .success(DescriptorWalk(inputs: inputs).run(pids)) }
        var listing = DescriptorListing()
        do throws(KernelError) {
            try inputs.stream("iter.task_file", live: { (consume) throws(KernelError) in
                guard let program else { throw KernelError(call: "bpf", code: ENOSYS) }
                try program.read(.descriptors, consume: consume)
            }, consume: { listing.consume($0.bytes) })
        } catch {
            return .failure(error)
        }
        return .success(listing)
    }

    // MARK: Who holds what

    private mutating func join(_ result: Result<DescriptorListing, KernelError>, method: Look.Method) {
        var listing: DescriptorListing
        switch result {
        case .success(let found): listing = found
        case .failure(let error):
            snapshot.gaps.append(Gap(kind: .processDescriptors, reason: error.description))
            return
        }
        if listing.undecoded > 0 {
            snapshot.gaps.append(Gap(kind: .records, subject: "descriptors", count: listing.undecoded))
        }
        var table = ProcessTable()
        let joined = HolderJoin(
            &snapshot.connections, listing.descriptors, byCookie: method == .bpf, process: { table.index(of: $0) })
        snapshot.holders = joined.holders
        settleUnheld(&listing, method)
        if look.closedSockets { findClosed(joined.unmatched.map { listing.descriptors[$0] }, method, &table) }
        readProcesses(table.pids, listing.counts)
    }

    /// A socket with an inode that no process has: not held by any, when every process could be looked at.
    private mutating func settleUnheld(_ listing: inout DescriptorListing, _ method: Look.Method) {
        let unheld = snapshot.connections.indices.filter { snapshot.connections[$0].holding == .unseen }
        if method == .bpf, !unheld.isEmpty {
            // The iterator passes over processes that we may not trace, without a word.
            let counted = listing.counts
            listing.hidden += DescriptorWalk(inputs: inputs).run(processes().filter { counted[$0] == nil }).hidden
        }
        if listing.hidden == 0, host.seesAllProcesses {
            for index in unheld { snapshot.connections[index].holding = .kernelOrInFlight }
        } else if listing.hidden > 0 {
            snapshot.gaps.append(
                Gap(
                    kind: .processDescriptors, reason: errorText(EACCES), count: listing.hidden,
                    isPartial: host.observer != 0 || !unheld.isEmpty))
        }
    }

    private mutating func findClosed(
        _ unmatched: [SocketDescriptor], _ method: Look.Method, _ table: inout ProcessTable
    ) {
        if method == .bpf {
            for descriptor in unmatched where descriptor.state == 7 {
                snapshot.closedSockets.append(
                    ClosedSocket(
                        inode: descriptor.inode, cookie: descriptor.cookie,
                        holder: Holder(process: table.index(of: descriptor.pid), descriptor: descriptor.descriptor),
                        localPort: descriptor.port == 0 ? nil : descriptor.port))
            }
            return
        }
        do throws(KernelError) {
            for closed in try ClosedSocketFinder(inputs: inputs).find(unmatched) {
                snapshot.closedSockets.append(
                    ClosedSocket(
                        inode: closed.inode, cookie: closed.cookie,
                        holder: Holder(process: table.index(of: closed.pid), descriptor: closed.descriptor),
                        localPort: closed.port))
            }
        } catch {
            snapshot.gaps.append(Gap(kind: .recording, subject: "closed_sockets", reason: error.reason))
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

/// How much there is to look at, known before looking.
private struct HostSize {
    /// TCP sockets of all namespaces and TIME_WAIT of this one.
    let sockets: Int
    /// Open files of all processes.
    let files: Int

    /// Loading the iterators takes 30 to 70 ms; walking /proc takes about a microsecond and a half a descriptor, and a
    /// sock_diag dump as much a socket.
    private static let filesWorthLoading = 30_000
    private static let socketsWorthLoading = 30_000

    var prefersIterators: Bool { files >= Self.filesWorthLoading || sockets >= Self.socketsWorthLoading }

    init(_ inputs: NamespaceInputs) {
        let sockstat = Sockstat(inputs)
        // Bounded: a recording may claim any number.
        sockets = Int(min(1 << 20, sockstat["alloc"] ?? 0) + min(1 << 20, sockstat["tw"] ?? 0))
        let fileNumbers = (try? inputs.file("/proc/sys/fs/file-nr")).map { ProcText($0).words } ?? []
        files = fileNumbers.first.flatMap { ProcText.integer($0) } ?? 0
    }
}

extension Look.Namespaces {
    fileprivate var text: String {
        switch self {
        case .all: "all"
        case .own: "own"
        case .named(let name): name
        case .process(let pid): "pid:\(pid)"
        case .inode(let inode): "\(inode)"
        }
    }
}
