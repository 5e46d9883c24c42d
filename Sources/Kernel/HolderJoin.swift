internal import Sockets

/// Brings connections and descriptors together, on several threads.
///
/// The key is the socket cookie; a walk through /proc knows only the inode. An MPTCP subflow has its own cookie and its
/// connection's inode, so it is joined by that.
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
        let (size, count) = (512, connections.count)
        let pieces = stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
        let hasSubflows = connections.contains { $0.transport == .subflow }
        self = connections.withUnsafeMutableBufferPointer {
            HolderJoin($0, pieces, descriptors, index, hasSubflows: hasSubflows, fill: { _ in }, process: process)
        }
    }

    /// Sets `holding` of each connection that has holders.
    /// - Parameters:
    ///   - pieces: of the connections, in order: what one thread does at a time.
    ///   - fill: makes the connections of a piece, just before they are joined.
    init(
        _ connections: UnsafeMutableBufferPointer<Connection>, _ pieces: [Range<Int>],
        _ descriptors: [SocketDescriptor], _ index: DescriptorIndex, hasSubflows: Bool,
        fill: @escaping @Sendable (Int) -> Void, process: (Int32) -> Int32
    ) {
        let finder = Finder(index, descriptors, hasSubflows: hasSubflows)
        let shared = Shared(connections)
        // First how many holders each piece has …
        let counts = Team.map(pieces.count) { piece in
            fill(piece)
            return pieces[piece].reduce(0) { $0 + finder.find(&shared.memory[$1]) }
        }
        // … then where they stand. A socket has one connection, and a few subflows more. A hostile recording may give
        // all the same key.
        let limit = descriptors.count * 16
        let ends = counts.reduce(into: [0]) { $0.append(min(($0.last ?? 0) + $1, limit)) }
        var found = [UInt32](repeating: 0, count: ends.last ?? 0)
        unseen = found.withUnsafeMutableBufferPointer { found in
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

/// Finds a connection's descriptors by the key that joins it.
private struct Finder: Sendable {
    private let index: DescriptorIndex
    /// Subflows are few, mostly none.
    private let byInode: DescriptorIndex?

    init(_ index: DescriptorIndex, _ descriptors: [SocketDescriptor], hasSubflows: Bool) {
        self.index = index
        byInode = index.isByCookie && hasSubflows ? DescriptorIndex(descriptors, byCookie: false) : nil
    }

    private func table(_ connection: Connection) -> DescriptorIndex {
        if case .subflow = connection.transport, let byInode { byInode } else { index }
    }

    /// Notes as its holding which descriptor is the first and how many there are.
    func find(_ connection: inout Connection) -> Int {
        let table = table(connection)
        guard let found = table.find(table.isByCookie ? connection.cookie : UInt64(connection.inode)) else {
            return 0
        }
        connection.holding = .held(start: found.first, count: found.count)
        return Int(found.count)
    }

    /// Gives the descriptors that `find` noted their places, from `place` on.
    func place(
        _ connection: inout Connection, at place: inout Int, below end: Int,
        of places: UnsafeMutableBufferPointer<UInt32>
    ) {
        guard case .held(let first, let count) = connection.holding else { return }
        let start = place
        var one = Optional(first)
        while let found = one, place < end {
            places[place] = found
            place += 1
            one = count == 1 ? nil : table(connection).next(found)
        }
        connection.holding = place > start ? .held(start: UInt32(start), count: UInt32(place - start)) : .unseen
    }
}
