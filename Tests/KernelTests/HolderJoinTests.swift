import Sockets
import TCP
import Testing

@testable import Kernel

@Suite("who holds which connection")
struct HolderJoinTests {
    private static func connection(
        cookie: UInt64, inode: UInt32, _ transport: Connection.Transport = .tcp
    ) -> Connection {
        let endpoint = Endpoint(address: IPAddress(v4: 1), port: 1)
        return Connection(
            cookie: cookie, inode: inode, state: .established, transport: transport, local: endpoint, remote: endpoint)
    }

    private static func descriptor(
        cookie: UInt64 = 0, inode: UInt32 = 0, pid: Int32, _ number: Int32
    ) -> SocketDescriptor {
        SocketDescriptor(cookie: cookie, inode: inode, pid: pid, descriptor: number, state: 1, port: 0)
    }

    /// Processes have their pid for an index.
    private static func join(
        _ connections: inout [Connection], _ descriptors: [SocketDescriptor], byCookie: Bool
    ) -> HolderJoin {
        HolderJoin(&connections, descriptors, DescriptorIndex(descriptors, byCookie: byCookie)) { $0 }
    }

    @Test("by cookie: inodes do not count")
    func byCookie() {
        var connections = [Self.connection(cookie: 1, inode: 9), Self.connection(cookie: 2, inode: 8)]
        let joined = Self.join(
            &connections, [Self.descriptor(cookie: 2, inode: 9, pid: 10, 3)], byCookie: true)
        #expect(connections.map(\.holding) == [.unseen, .held(start: 0, count: 1)])
        #expect(joined.holders == [Holder(process: 10, descriptor: 3)])
        #expect(joined.unmatched.isEmpty)
    }

    @Test("by inode: cookies do not count")
    func byInode() {
        var connections = [Self.connection(cookie: 1, inode: 9), Self.connection(cookie: 2, inode: 8)]
        let joined = Self.join(&connections, [Self.descriptor(cookie: 2, inode: 9, pid: 10, 3)], byCookie: false)
        #expect(connections.map(\.holding) == [.held(start: 0, count: 1), .unseen])
        #expect(joined.holders == [Holder(process: 10, descriptor: 3)])
    }

    @Test("holders of several connections lie side by side, each connection's together", arguments: [true, false])
    func layout(byCookie: Bool) {
        var connections = (1...4).map { Self.connection(cookie: UInt64($0), inode: UInt32($0)) }
        let held: [(UInt64, Int32)] = [(3, 10), (1, 10), (3, 11), (9, 12), (1, 12), (3, 12), (4, 12)]
        let joined = Self.join(
            &connections,
            held.enumerated().map {
                Self.descriptor(cookie: $1.0, inode: UInt32($1.0), pid: $1.1, Int32($0))
            }, byCookie: byCookie)
        #expect(
            connections.map(\.holding) == [
                .held(start: 0, count: 2), .unseen, .held(start: 2, count: 3), .held(start: 5, count: 1),
            ])
        #expect(joined.holders.map(\.process) == [10, 12, 10, 11, 12, 12])
        #expect(joined.holders.map(\.descriptor) == [1, 4, 0, 2, 5, 6])
        #expect(joined.unmatched == [3])
    }

    @Test("cookie 0 and inode 0 match nothing", arguments: [true, false])
    func zero(byCookie: Bool) {
        var connections = [
            Self.connection(cookie: 0, inode: 0), Self.connection(cookie: 0, inode: 0, .subflow),
            Self.connection(cookie: 0, inode: 0, .mptcp),
        ]
        let joined = Self.join(&connections, [Self.descriptor(pid: 10, 3)], byCookie: byCookie)
        #expect(connections.map(\.holding) == [.unseen, .unseen, .unseen])
        #expect(joined.holders.isEmpty)
        #expect(joined.unmatched == [0])
    }

    @Test("an MPTCP connection and its subflows are held by one descriptor", arguments: [true, false])
    func multipath(byCookie: Bool) {
        var connections = [
            Self.connection(cookie: 1, inode: 70, .subflow), Self.connection(cookie: 2, inode: 70, .subflow),
            Self.connection(cookie: 3, inode: 70, .mptcp), Self.connection(cookie: 4, inode: 71),
        ]
        let joined = Self.join(
            &connections,
            [Self.descriptor(cookie: 3, inode: 70, pid: 10, 3), Self.descriptor(cookie: 4, inode: 71, pid: 10, 4)],
            byCookie: byCookie)
        #expect(connections.map(\.holding) == (0..<4).map { .held(start: $0, count: 1) })
        #expect(joined.holders.map(\.descriptor) == [3, 3, 3, 4])
        #expect(joined.unmatched.isEmpty)
    }

    @Test("nothing with nothing")
    func empty() {
        var connections: [Connection] = []
        #expect(Self.join(&connections, [], byCookie: true).holders.isEmpty)
        let joined = Self.join(&connections, [Self.descriptor(cookie: 1, inode: 1, pid: 1, 1)], byCookie: true)
        #expect(joined.unmatched == [0])
        connections = [Self.connection(cookie: 1, inode: 1)]
        #expect(Self.join(&connections, [], byCookie: true).holders.isEmpty)
        #expect(connections[0].holding == .unseen)
    }

    @Test("thousands of sockets are joined as a dictionary would", arguments: [true, false], [1, 2, 3] as [UInt64])
    func random(byCookie: Bool, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        // Keys that differ in their low bits only, and ones from all over.
        let keys = (0..<4000).map { index in
            index.isMultiple(of: 2) ? UInt64(index + 1) : UInt64(UInt32.random(in: 10_000 ... .max, using: &random))
        }
        let unique = Array(Set(keys)).sorted()
        var connections = unique.map { Self.connection(cookie: $0, inode: UInt32($0)) }
        connections.shuffle(using: &random)
        let descriptors = (0..<6000).map { number in
            let key =
                Bool.random(using: &random)
                ? unique.randomElement(using: &random) ?? 1 : UInt64.random(in: 0...9000, using: &random)
            return Self.descriptor(
                cookie: key, inode: UInt32(key), pid: Int32.random(in: 1...50, using: &random), Int32(number))
        }
        let joined = Self.join(&connections, descriptors, byCookie: byCookie)

        var expected: [UInt64: [Holder]] = [:]
        for descriptor in descriptors {
            expected[descriptor.cookie, default: []].append(
                Holder(process: descriptor.pid, descriptor: descriptor.descriptor))
        }
        let snapshot = Snapshot(connections: connections, holders: joined.holders)
        var next: UInt32 = 0
        for connection in connections {
            let wanted = expected[connection.cookie] ?? []
            #expect(Array(snapshot.holders(of: connection)) == wanted)
            #expect(connection.holding == (wanted.isEmpty ? .unseen : .held(start: next, count: UInt32(wanted.count))))
            next += UInt32(wanted.count)
        }
        #expect(Int(next) == joined.holders.count)
        let known = Set(unique)
        #expect(joined.unmatched == descriptors.indices.filter { !known.contains(descriptors[$0].cookie) })
    }
}
