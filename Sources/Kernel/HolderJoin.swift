internal import Sockets

/// Brings connections and the descriptors that were found for them together, on several threads.
struct HolderJoin {
    /// Those of a connection lie together, in the order of the connections.
    private(set) var holders: [Holder] = []
    /// Descriptors that belong to no connection.
    private(set) var unmatched: [Int] = []
    /// Connections that somebody must hold and nobody was found for.
    private(set) var unseen: [Int] = []

    init() {}

    /// - Parameter process: the index of a process by its pid.
    init(
        _ connections: inout [Connection], _ descriptors: [SocketDescriptor], _ index: DescriptorIndex,
        process: (Int32) -> Int32
    ) {
        let finder = HolderFinder(index, descriptors)
        let isMultipath = connections.contains { $0.transport != .tcp }
        // Moved: there is memory for one list of them only.
        var moved: [Connection] = []
        swap(&moved, &connections)
        var gathered = Gathered(moved, (isMultipath ? finder.withInodes : nil) ?? finder)
        moved = []
        self.init(&gathered, descriptors, process: process)
        connections = gathered.connections
    }

    /// Sets `holding` of each connection that has holders.
    init(_ gathered: inout Gathered, _ descriptors: [SocketDescriptor], process: (Int32) -> Int32) {
        guard let finder = gathered.finder else { return }
        let pieces = gathered.pieces
        // Where each piece's holders stand. A socket has one connection, and a few subflows more. A hostile recording may
        // give all the same key.
        let limit = descriptors.count * 16
        let ends = gathered.counts.reduce(into: [0]) { $0.append(min(($0.last ?? 0) + $1, limit)) }
        var found = [UInt32](repeating: 0, count: ends.last ?? 0)
        unseen = gathered.connections.withUnsafeMutableBufferPointer { connections in
            let shared = Shared(connections)
            return found.withUnsafeMutableBufferPointer { found in
                let found = Shared(found)
                return Team.map(pieces.count) { piece in
                    var place = ends[piece]
                    return pieces[piece].filter { one in
                        finder.place(&shared.memory[one], at: &place, below: ends[piece + 1], of: found.memory)
                        if case .unseen = shared.memory[one].holding { return true }
                        return false
                    }
                }.flatMap { $0 }
            }
        }
        list(found, descriptors, process)
    }

    private mutating func list(_ found: [UInt32], _ descriptors: [SocketDescriptor], _ process: (Int32) -> Int32) {
        var isMatched = [Bool](repeating: false, count: descriptors.count)
        // Neighbours are of different processes, of which there are few.
        var known = [(pid: Int32, process: Int32)](repeating: (-1, 0), count: 256)
        holders.reserveCapacity(found.count)
        for one in found {
            isMatched[Int(one)] = true
            let descriptor = descriptors[Int(one)]
            let slot = Int(descriptor.pid & 255)
            if known[slot].pid != descriptor.pid { known[slot] = (descriptor.pid, process(descriptor.pid)) }
            holders.append(Holder(process: known[slot].process, descriptor: descriptor.descriptor))
        }
        unmatched = isMatched.indices.filter { !isMatched[$0] }
    }
}
