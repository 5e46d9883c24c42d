import Foundation
import Sockets
import TCP
import Testing

@testable import Kernel

/// One host of Linux 6.18 with a few sockets of each kind, asked in both ways within a second (Fuzz/corpus/netlink/real-*).
@Suite("a real host, asked by sock_diag and by the iterators")
struct RealDumpTests {
    /// Without the byte that chooses the parser.
    private static func read(_ name: String) throws -> [UInt8] {
        let file = URL(filePath: #filePath).appending(path: "../../../Fuzz/corpus/netlink/\(name)").standardized
        return Array([UInt8](try Data(contentsOf: file)).dropFirst())
    }

    private static func dump(
        _ name: String, _ transport: SockDiagRequest.Transport = .tcp
    ) throws -> [Connection] {
        let decoder = DiagMessage.decode(try read(name), transport: transport)
        #expect(decoder.outcome == NetlinkMessages.Outcome(isComplete: true))
        #expect(decoder.undecoded == 0)
        return decoder.connections
    }

    private static func iterated() throws -> [Connection] {
        var records = SocketRecords()
        try read("real-iterator").withUnsafeBytes { records.consume($0.bytes) }
        #expect(records.undecoded == 0)
        let gathering = Gathering()
        gathering.add(
            records.takeBlocks(isEnd: true), SocketRecordDecoder(namespace: 3, hertz: 250),
            isMultipath: records.hasSubflows)
        return gathering.connections().connections
    }

    @Test("both tell the same of every socket that both saw")
    func same() throws {
        let dumped = try Self.dump("real-ipv4") + Self.dump("real-ipv6")
        let iterated = Dictionary(uniqueKeysWithValues: try Self.iterated().map { ($0.cookie, $0) })
        var compared = 0
        for one in dumped {
            guard let other = iterated[one.cookie] else { continue }
            compared += 1
            #expect(one.state == other.state && one.transport == other.transport)
            #expect(one.local == other.local && one.remote == other.remote && one.interface == other.interface)
            #expect(one.holding == other.holding && one.uid == other.uid && one.inode == other.inode)
            #expect(one.cgroup == other.cgroup)
            // sock_diag tells IPV6_V6ONLY of listeners only (`net/ipv4/inet_diag.c`).
            #expect(one.state != .listen || one.isV6Only == other.isV6Only)
            #expect(one.receiveQueue == other.receiveQueue && one.sendQueue == other.sendQueue)
            #expect(one.timer.kind == other.timer.kind)
            #expect(one.keepalive == nil || one.keepalive == other.keepalive)
            #expect(one.info.rto == other.info.rto && one.info.rtt == other.info.rtt)
            #expect(one.info.bytesAcked == other.info.bytesAcked)
            #expect(one.info.sendWindow == other.info.sendWindow && one.info.notSent == other.info.notSent)
            #expect(one.memory.receiveBuffer == other.memory.receiveBuffer)
            #expect(one.memory.sendBuffer == other.memory.sendBuffer)
        }
        #expect(compared == 16)
        #expect(dumped.count == 16)
    }

    @Test("every holding is there")
    func holdings() throws {
        let iterated = try Self.iterated()
        #expect(Set(iterated.map(\.holding)) == [.unseen, .unaccepted, .timeWait, .orphan])
        #expect(iterated.count { $0.transport == .subflow } == 3)
    }

    @Test("an MPTCP connection shares its inode with its subflow, and both with a descriptor")
    func mptcp() throws {
        let connections = try Self.dump("real-mptcp", .mptcp)
        #expect(connections.map(\.transport) == [.mptcp, .mptcp, .mptcp])
        #expect(connections.allSatisfy { $0.info.retransmits == nil && $0.memory.receiveBuffer != nil })
        let subflows = try Self.iterated().filter { $0.transport == .subflow }
        #expect(Set(subflows.map(\.inode)) == Set(connections.map(\.inode)))

        var listing = DescriptorListing()
        try Self.read("real-descriptors").withUnsafeBytes { listing.consume($0.bytes) }
        #expect(listing.undecoded == 0)
        for byCookie in [true, false] {
            var all = connections + subflows
            let index = DescriptorIndex(listing.descriptors, byCookie: byCookie)
            let joined = HolderJoin(&all, listing.descriptors, index) { $0 }
            #expect(joined.holders.count == 6)
            let snapshot = Snapshot(connections: all, holders: joined.holders)
            for one in all {
                let same = all.filter { $0.inode == one.inode }.map { Array(snapshot.holders(of: $0)) }
                #expect(same.count == 2 && same[0].count == 1 && same[0] == same[1])
            }
        }
    }
}
