internal import Sockets
internal import TCP

// Sockets that somebody must hold, and no process was found to have.
extension LookRun {
    /// Sockets and descriptors are read side by side, so a connection may be newer than the descriptors of its process,
    /// or be closed by now. Not held by any, when every process could be looked at.
    mutating func settleUnheld(
        _ unheld: [Int], _ listing: inout DescriptorListing, _ seen: DescriptorLook, _ pids: [Int32],
        _ table: inout ProcessTable
    ) {
        guard !unheld.isEmpty else { return reportHidden(listing.hidden, isPartial: false) }
        let isRoot = host.observer == 0
        let explainable = unheld.filter { canBeExplained(snapshot.connections[$0], by: seen) }
        if unexplained.isNews(explainable.map { snapshot.connections[$0].identity }) {
            hold(unheld, by: seen.again(inputs, pids), byCookie: seen.usesIterator, &table)
        }
        unexplained.keep(explainable.filter(isUnseen).map { snapshot.connections[$0].identity })
        // Processes that have started since. And the iterator passes over those that we may not trace, without a word;
        // a user with CAP_BPF sees all that there are.
        let known = Set(pids)
        let counted = listing.counts
        let later = processes(again: true).filter {
            !known.contains($0) || isRoot && seen.usesIterator && counted[$0] == nil
        }
        let more = DescriptorWalk(inputs: inputs).run(later)
        listing.hidden += more.hidden
        listing.counts.merge(more.counts) { first, _ in first }
        hold(unheld, by: more.descriptors, byCookie: false, &table)

        var left = unheld.filter(isUnseen)
        if listing.failure != nil {
            // Nothing is said of who holds them.
        } else if listing.hidden.isEmpty, host.seesAllProcesses, isRoot || seen.usesIterator {
            settle(left)
        } else if listing.hidden.isEmpty, !left.isEmpty {
            reportOutOfSight()
        } else if isRoot, host.seesAllProcesses {
            // A process that even root may not look into can hold only what is still there.
            let gone = UnheldCheck(inputs: inputs).gone(left.map { snapshot.connections[$0] }) { connection in
                let namespace = snapshot.namespaces[Int(connection.namespace)]
                return (namespace, namespacePaths[namespace.inode] ?? [])
            }
            settle(left.filter { gone.contains(snapshot.connections[$0].identity) })
            left = left.filter(isUnseen)
        }
        reportHidden(listing.hidden, isPartial: !left.isEmpty)
    }

    private func isUnseen(_ index: Int) -> Bool { snapshot.connections[index].holding == .unseen }

    private mutating func settle(_ connections: [Int]) {
        for index in connections where snapshot.connections[index].canBeUnheld {
            snapshot.connections[index].holding = .kernelOrInFlight
        }
    }

    /// Whether to read the descriptors again may find who holds it: not what we may not look into, nor a socket without a
    /// key that both know (before Linux 6.18 the iterator over sockets knows no inode, and /proc knows nothing else).
    private func canBeExplained(_ connection: Connection, by seen: DescriptorLook) -> Bool {
        guard connection.state != .listen, host.observer == 0 || connection.uid == host.observer else { return false }
        return connection.inode != 0 || seen.usesIterator && connection.transport == .tcp
    }

    /// Gives connections the holders that a later walk found.
    private mutating func hold(
        _ unheld: [Int], by descriptors: [SocketDescriptor], byCookie: Bool, _ table: inout ProcessTable
    ) {
        guard !descriptors.isEmpty else { return }
        let places = unheld.filter(isUnseen)
        var connections = places.map { snapshot.connections[$0] }
        let index = DescriptorIndex(descriptors, byCookie: byCookie)
        let joined = HolderJoin(&connections, descriptors, index) { table.index(of: $0) }
        let before = UInt32(snapshot.holders.count)
        for (place, connection) in zip(places, connections) {
            guard case .held(let start, let count) = connection.holding else { continue }
            snapshot.connections[place].holding = .held(start: before + start, count: count)
        }
        snapshot.holders += joined.holders
    }
}

extension Connection {
    /// A subflow of a kernel that keeps no inode in the socket (before Linux 6.18) cannot be joined: not known.
    fileprivate var canBeUnheld: Bool { transport != .subflow || inode != 0 }
}
