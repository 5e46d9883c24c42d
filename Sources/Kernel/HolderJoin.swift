internal import Sockets

/// Brings connections and descriptors together.
///
/// The key is the socket cookie; a walk through /proc knows only the inode. An MPTCP subflow has its own cookie and its
/// connection's inode, so it is joined by that.
struct HolderJoin {
    private(set) var holders: [Holder] = []
    /// Descriptors that belong to no connection.
    private(set) var unmatched: [Int] = []

    /// Sets `holding` of each connection that has holders.
    /// - Parameters:
    ///   - index: of the same descriptors, where it was made already.
    ///   - process: the index of a process by its pid.
    init(
        _ connections: inout [Connection], _ descriptors: [SocketDescriptor], byCookie: Bool,
        index: DescriptorIndex? = nil, process: (Int32) -> Int32
    ) {
        let index = index ?? DescriptorIndex(descriptors, byCookie: byCookie)
        // Subflows are few, mostly none.
        let hasSubflows = byCookie && connections.contains { $0.transport == .subflow }
        let byInode = hasSubflows ? DescriptorIndex(descriptors, byCookie: false) : nil
        var isMatched = [Bool](repeating: false, count: descriptors.count)
        var matches = 0
        var last: (pid: Int32, process: Int32) = (-1, 0)
        holders.reserveCapacity(descriptors.count)
        // A socket has one connection, and a few subflows more. A hostile recording may give all the same key.
        let limit = descriptors.count * 16

        for place in connections.indices {
            let start = holders.count
            let (key, table) =
                if byCookie, connections[place].transport != .subflow {
                    (connections[place].cookie, index)
                } else {
                    (UInt64(connections[place].inode), byInode ?? index)
                }
            var found = table.first(key)
            while let one = found, holders.count < limit {
                let descriptor = descriptors[one]
                if descriptor.pid != last.pid { last = (descriptor.pid, process(descriptor.pid)) }
                holders.append(Holder(process: last.process, descriptor: descriptor.descriptor))
                if !isMatched[one] {
                    isMatched[one] = true
                    matches += 1
                }
                found = table.next(one)
            }
            if holders.count > start {
                connections[place].holding = .held(start: UInt32(start), count: UInt32(holders.count - start))
            }
        }
        if matches < descriptors.count { unmatched = isMatched.indices.filter { !isMatched[$0] } }
    }
}
