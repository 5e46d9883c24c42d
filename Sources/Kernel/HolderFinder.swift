internal import Sockets

/// Finds a connection's descriptors by the key that joins it: the socket cookie, or the inode, which is all that a walk
/// through /proc knows.
///
/// What belongs to MPTCP is joined by the inode. A subflow has its own cookie and its connection's inode. And the kernel
/// clones a connection that was accepted from its listener together with the cookie, if anybody had asked for that
/// (`mptcp_sk_clone_init`, seen on Linux 6.18): all connections of a listener may have the same.
struct HolderFinder: Sendable {
    private let index: DescriptorIndex
    private let descriptors: [SocketDescriptor]
    private var byInode: DescriptorIndex?

    init(_ index: DescriptorIndex, _ descriptors: [SocketDescriptor]) {
        self.index = index
        self.descriptors = descriptors
    }

    /// One that finds those of MPTCP too; `nil` if this one does.
    var withInodes: HolderFinder? {
        guard index.isByCookie, byInode == nil else { return nil }
        var finder = self
        finder.byInode = DescriptorIndex(descriptors, byCookie: false)
        return finder
    }

    private func table(_ connection: Connection) -> DescriptorIndex {
        if connection.transport != .tcp, let byInode { byInode } else { index }
    }

    /// Notes as their holding which descriptor is the first and how many there are.
    /// - Returns: how many there are of all.
    func find(_ connections: UnsafeMutableBufferPointer<Connection>, _ piece: Range<Int>) -> Int {
        piece.reduce(0) { $0 + find(&connections[$1]) }
    }

    private func find(_ connection: inout Connection) -> Int {
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
