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
        if unheld.contains(where: { mayBeNew(snapshot.connections[$0]) }) {
            hold(unheld, by: seen.again(inputs, pids), &table)
        }
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
        hold(unheld, by: more.descriptors, &table)

        var left = unheld.filter { snapshot.connections[$0].holding == .unseen }
        if listing.hidden.isEmpty, host.seesAllProcesses, isRoot || seen.usesIterator {
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
            left = left.filter { snapshot.connections[$0].holding == .unseen }
        }
        reportHidden(listing.hidden, isPartial: !left.isEmpty)
    }

    private mutating func settle(_ connections: [Int]) {
        for index in connections where snapshot.connections[index].canBeUnheld {
            snapshot.connections[index].holding = .kernelOrInFlight
        }
    }

    /// Whether the descriptors are worth reading again for it: it may have come since, and a process that may be looked
    /// into may have it. One that the kernel itself holds is there all the time, mostly idle, and no reason.
    private func mayBeNew(_ connection: Connection) -> Bool {
        guard connection.state != .listen, host.observer == 0 || connection.uid == host.observer else { return false }
        return (connection.info.lastAckReceived ?? 0) < 10_000
    }

    /// Gives connections the holders that a later walk found.
    private mutating func hold(_ unheld: [Int], by descriptors: [SocketDescriptor], _ table: inout ProcessTable) {
        guard !descriptors.isEmpty else { return }
        let index = DescriptorIndex(descriptors, byCookie: false)
        for connection in unheld where snapshot.connections[connection].holding == .unseen {
            let start = snapshot.holders.count
            var found = index.find(UInt64(snapshot.connections[connection].inode))?.first
            while let one = found {
                let descriptor = descriptors[Int(one)]
                snapshot.holders.append(
                    Holder(process: table.index(of: descriptor.pid), descriptor: descriptor.descriptor))
                found = index.next(one)
            }
            if snapshot.holders.count > start {
                snapshot.connections[connection].holding = .held(
                    start: UInt32(start), count: UInt32(snapshot.holders.count - start))
            }
        }
    }
}

extension Connection {
    /// A subflow of a kernel that keeps no inode in the socket (before Linux 6.18) cannot be joined: not known.
    fileprivate var canBeUnheld: Bool { transport != .subflow || inode != 0 }
}
