internal import Sockets
internal import TCP

// Sockets that the iterator passed over.
extension LookRun {
    /// The kernel's walk over a table that changes can miss a socket that was there all the time: seen about once in two
    /// hundred looks, at thousands of new sockets a second. Its descriptor gives it away, and a second walk finds it.
    /// - Parameter unmatched: descriptors that belong to no connection so far.
    /// - Returns: whether connections were added.
    mutating func addMissed(_ unmatched: [SocketDescriptor]) -> Bool {
        guard socketIterator.isUsed, look.ipv4, look.ipv6 else { return false }
        let missed = missedCookies(unmatched)
        guard !missed.isEmpty else { return false }
        let before = snapshot.connections.count
        let (host, program) = (host, socketIterator.program)
        for (place, namespace) in snapshot.namespaces.enumerated() {
            let found = try? inputs.inside(namespace, paths: namespacePaths[namespace.inode] ?? []) { inside in
                let decoder = SocketRecordDecoder(namespace: UInt16(clamping: place), hertz: host.hertz)
                var found: [Connection] = []
                try? inside.iterate(program, again: true) { piece in
                    found += decoder.decode(piece.bytes).filter { missed.contains($0.cookie) }
                }
                return found
            }
            // The first walk may have missed one that has closed meanwhile: then there is nothing to add.
            snapshot.connections += found ?? []
        }
        return snapshot.connections.count > before
    }

    /// Cookies of sockets that should have been listed: of a wanted state, held in a namespace of this look.
    private func missedCookies(_ unmatched: [SocketDescriptor]) -> Set<UInt64> {
        var looked = LookedProcesses(self)
        var missed: Set<UInt64> = []
        for descriptor in unmatched {
            guard descriptor.cookie != 0, let state = State(kernelNumber: descriptor.state), state != .closed,
                look.states.contains(state), looked.contains(descriptor.pid)
            else { continue }
            missed.insert(descriptor.cookie)
        }
        return missed
    }
}
