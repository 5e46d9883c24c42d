internal import Glibc
internal import Sockets
internal import TCP

// Who holds what.
extension LookRun {
    mutating func join(_ gathered: inout Gathered, _ seen: DescriptorLook, _ pids: [Int32]) {
        var listing = seen.listing
        if listing.undecoded > 0 {
            snapshot.gaps.append(Gap(kind: .records, subject: "descriptors", count: listing.undecoded))
        }
        if let failure = listing.failure {
            snapshot.gaps.append(Gap(kind: .file, subject: failure.subject, reason: failure.reason))
        }
        let descriptors = listing.descriptors
        var table = ProcessTable()
        var joined = HolderJoin(&gathered, descriptors) { table.index(of: $0) }
        swap(&snapshot.connections, &gathered.connections)
        if addMissed(joined.unmatched.map { descriptors[$0] }) {
            joined = HolderJoin(&snapshot.connections, descriptors, seen.index) { table.index(of: $0) }
        }
        snapshot.holders = joined.holders
        settleUnheld(joined.unseen, &listing, seen, pids, &table)
        if look.closedSockets { findClosed(joined.unmatched.map { descriptors[$0] }, seen, &table) }
        readProcesses(table.pids, listing.counts, olderThanLook: Set(pids))
    }

    /// Sockets whose process is nowhere to be seen: in another PID namespace, or hidden by /proc's mount.
    mutating func reportOutOfSight() {
        let count = snapshot.connections.count { $0.holding == .unseen }
        guard count > 0 else { return }
        snapshot.gaps.append(Gap(kind: .outOfSight, count: count))
    }

    /// One line for processes that could not be looked into, and one for what a user without privilege misses besides.
    mutating func reportHidden(_ descriptors: [Int32], isPartial: Bool) {
        let isRoot = host.observer == 0
        let pids = isRoot ? Array(Set(descriptors + hidden)).sorted() : descriptors
        if !pids.isEmpty {
            // Root misses only processes with more capabilities than its own: few, so they are named.
            let names = pids.prefix(3).map { "pid \($0)" }.joined(separator: ", ")
            snapshot.gaps.append(
                Gap(
                    kind: isRoot ? .protectedProcesses : .processDescriptors, subject: isRoot ? names : "",
                    reason: errorText(EACCES), count: pids.count, isPartial: !isRoot || isPartial))
        }
        if !isRoot, !hidden.isEmpty {
            snapshot.gaps.append(Gap(kind: .namespaces, reason: errorText(EACCES), count: hidden.count))
        }
    }

    private mutating func findClosed(
        _ unmatched: [SocketDescriptor], _ seen: DescriptorLook, _ table: inout ProcessTable
    ) {
        var looked = LookedProcesses(self, otherwise: look.namespaces == .all)
        var closed: [ClosedSocketFinder.Closed] = []
        if seen.usesIterator {
            closed = unmatched.filter { $0.state == State.closed.rawValue }.map(ClosedSocketFinder.Closed.init)
        } else {
            // A socket is asked through a copy of its descriptor, and the copy makes us a holder for that moment: none is
            // made of what other namespaces explain.
            let candidates = unmatched.filter { looked.contains($0.pid) }
            do throws(KernelError) {
                closed = try ClosedSocketFinder(inputs: inputs).find(candidates)
            } catch {
                snapshot.gaps.append(Gap(kind: .recording, subject: "closed_sockets", reason: error.reason))
            }
        }
        for one in closed where look.namespaces == .all || looked.contains(one.pid) {
            snapshot.closedSockets.append(
                ClosedSocket(
                    inode: one.inode, cookie: one.cookie,
                    holder: Holder(process: table.index(of: one.pid), descriptor: one.descriptor), localPort: one.port))
        }
    }

    private mutating func readProcesses(
        _ pids: [Int32], _ counts: [Int32: DescriptorCount], olderThanLook: Set<Int32>
    ) {
        let reader = ProcessReader(inputs: inputs, host: host)
        var gone = 0
        for pid in pids {
            // One that had its descriptors listed and started after that has the number of one that is gone.
            var record = reader.read(pid, details: look.processDetails, startedBefore: olderThanLook.contains(pid))
            if record == nil { gone += 1 }
            record = record ?? ProcessRecord(pid: pid, command: "")
            record?.descriptors = counts[pid]?.all
            record?.socketDescriptors = counts[pid]?.sockets
            if let record { snapshot.processes.append(record) }
        }
        if gone > 0 { snapshot.gaps.append(Gap(kind: .processes, count: gone, isPartial: false)) }
    }
}

/// Which processes are in a network namespace of this look: a socket that no dump shows tells no namespace, and is taken
/// to be of its process's.
struct LookedProcesses {
    private let inputs: Inputs
    private let namespaces: Set<UInt32>
    private let otherwise: Bool
    private var known: [Int32: Bool] = [:]

    /// - Parameter otherwise: what holds for a process whose namespace cannot be read.
    init(_ run: LookRun, otherwise: Bool = false) {
        inputs = run.inputs
        namespaces = Set(run.snapshot.namespaces.map(\.inode))
        self.otherwise = otherwise
    }

    mutating func contains(_ pid: Int32) -> Bool {
        if let isIn = known[pid] { return isIn }
        let namespace = (try? inputs.link("/proc/\(pid)/ns/net")).flatMap(namespaceInode)
        let isIn = namespace.map(namespaces.contains) ?? otherwise
        known[pid] = isIn
        return isIn
    }
}

/// Gives each process that holds something an index, in the order in which they are met.
struct ProcessTable {
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
