internal import Glibc
internal import Sockets

/// One look, step by step: namespaces, sockets and descriptors side by side, then who holds what.
struct LookRun {
    let inputs: Inputs
    let look: Look
    let host: HostFacts
    let unexplained: Unexplained
    var snapshot: Snapshot
    /// Processes whose namespace may not be seen.
    var hidden: [Int32] = []
    /// The iterator over sockets, where that is the way; no program in a replay.
    var socketIterator: (program: IteratorProgram?, isUsed: Bool) = (nil, false)
    /// Ways to enter a namespace, by its inode.
    var namespacePaths: [UInt32: [String]] = [:]

    init(inputs: Inputs, look: Look, unexplained: Unexplained) throws(KernelError) {
        self.inputs = inputs
        self.unexplained = unexplained
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
        let pids = look.namespaces != .own || look.holders ? processes() : []
        let found = try namespaces(pids)

        var seen: Result<DescriptorLook?, KernelError> = .success(nil)
        let gathering = Gathering()
        var gathered = gathering.connections(room: ways.expectedSockets) {
            seen = Result { () throws(KernelError) in try read(found, pids, ways, into: gathering) }
            return (try? seen.get())?.finder
        }
        let descriptors = try seen.get()
        if look.limits {
            var reader = LimitsReader(inputs: NamespaceInputs(inputs: inputs, inode: host.namespace))
            snapshot.limits = reader.host(pageSize: host.pageSize)
            // The namespaces have read /proc/net/sockstat too.
            snapshot.gaps += reader.gaps.filter { !snapshot.gaps.contains($0) }
        }
        if let descriptors {
            snapshot.holderSource = descriptors.usesIterator ? .iterators : .procfs
            snapshot.gaps += descriptors.gaps
            PhaseLog.shared.measure("join") { join(&gathered, descriptors, pids) }
        } else {
            snapshot.connections = gathered.connections
            if look.holders { reportOutOfSight() }
            reportHidden([], isPartial: false)
        }
        return snapshot
    }

    /// The descriptors are read on a thread of their own while this one goes through the namespaces. It has less to read,
    /// and then makes connections of what has come.
    private mutating func read(
        _ found: NamespaceFinder.Found, _ pids: [Int32], _ ways: Ways, into gathering: Gathering
    ) throws(KernelError) -> DescriptorLook? {
        let (inputs, isNested) = (inputs, !host.seesAllProcesses)
        let descriptors: Worker<Result<DescriptorLook, KernelError>>? =
            look.holders && host.isProcOurs
            ? try Worker {
                let seen = PhaseLog.shared.measure("descriptors") {
                    Result { () throws(KernelError) in try DescriptorLook(inputs, ways, pids, isNested: isNested) }
                }
                if let finder = (try? seen.get())?.finder {
                    PhaseLog.shared.measure("decode") { gathering.help(finder) }
                }
                return seen
            } : nil
        let observed = Result { () throws(KernelError) in try observe(found, ways, into: gathering) }
        gathering.end()
        // The thread is waited for before an error of this one is thrown.
        let seen = try descriptors?.join()
        try observed.get()
        return try seen?.get()
    }

    // MARK: Where to look

    /// The processes that /proc shows.
    /// - Parameter again: at a later moment. A recording of before it was told apart has only the last one.
    mutating func processes(again: Bool = false) -> [Int32] {
        do throws(KernelError) {
            let later = again ? try? inputs.entries("/proc", again: true) : nil
            let names = if let later { later } else { try inputs.entries("/proc") }
            return names.compactMap { Int32($0) }.sorted()
        } catch {
            snapshot.gaps.append(Gap(kind: .file, subject: "/proc", reason: error.reason))
            return []
        }
    }

    private mutating func namespaces(_ pids: [Int32]) throws(KernelError) -> NamespaceFinder.Found {
        let finder = NamespaceFinder(inputs: inputs, own: host.namespace)
        if look.namespaces == .own { return finder.ownOnly() }
        var found = finder.all(pids)
        if look.namespaces == .all { hidden = found.hidden }
        let wanted: (Int) -> Bool
        switch look.namespaces {
        case .all, .own: return found
        case .named(let name): wanted = { found.namespaces[$0].name == name }
        case .inode(let inode): wanted = { found.namespaces[$0].inode == inode }
        case .process(let pid):
            let inode = try namespace(of: pid)
            wanted = { found.namespaces[$0].inode == inode }
        }
        guard let index = found.namespaces.indices.first(where: wanted) else {
            throw KernelError(
                call: "netns", subject: look.namespaces.spelling, code: ENOENT,
                hint: "no such network namespace; `ip netns list` and `lsns -t net` show those that there are")
        }
        found.namespaces = [found.namespaces[index]]
        found.paths = [found.paths[index]]
        return found
    }

    private func namespace(of pid: Int32) throws(KernelError) -> UInt32? {
        do throws(KernelError) {
            return namespaceInode(try inputs.link("/proc/\(pid)/ns/net"))
        } catch {
            let hint = error.isPermission ? "run it as root" : "no such process; `ps -e` shows those that there are"
            throw KernelError(call: "netns", subject: "pid:\(pid)", code: error.code, hint: hint)
        }
    }

    // MARK: Looking

    private mutating func observe(
        _ found: NamespaceFinder.Found, _ ways: Ways, into gathering: Gathering
    ) throws(KernelError) {
        let (look, hertz) = (look, host.hertz)
        let kind = IteratorProgram.Kind.sockets(states: look.states, ipv4: look.ipv4, ipv6: look.ipv6)
        let loaded = try ways.load(kind, wanted: ways.socketIterator, inputs)
        snapshot.gaps += loaded.gaps
        let (program, usesIterator) = (loaded.program, loaded.isUsed)
        socketIterator = (program, usesIterator)
        snapshot.socketSource = usesIterator ? .iterators : .sockDiag
        for (namespace, paths) in zip(found.namespaces, found.paths) {
            let index = UInt16(clamping: snapshot.namespaces.count)
            let subject = namespace.name ?? "\(namespace.inode)"
            namespacePaths[namespace.inode] = paths
            do throws(KernelError) {
                let seen = try PhaseLog.shared.measure("sockets") { () throws(KernelError) in
                    try inputs.inside(namespace, paths: paths) { inside in
                        NamespaceLook(
                            inside, index: index, look: look, program: program, usesIterator: usesIterator,
                            subject: subject, hertz: hertz, into: gathering)
                    }
                }
                var namespace = namespace
                namespace.limits = seen.limits
                snapshot.namespaces.append(namespace)
                snapshot.gaps += seen.gaps
                for (interface, name) in seen.interfaces {
                    snapshot.interfaces[.init(namespace: index, index: interface)] = name
                }
            } catch {
                snapshot.gaps.append(Gap(kind: .namespace, subject: subject, reason: error.reason))
            }
        }
    }
}
