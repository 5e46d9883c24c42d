import CLinux
import Glibc
import Sockets
import TCP
import Testing

@testable import Kernel

@Suite("records of the iterator over sockets")
struct SocketRecordDecoderTests {
    private static func bucket(_ change: (inout linger_bucket) -> Void = { _ in }) -> linger_bucket {
        var bucket = linger_bucket()
        bucket.cookie = 42
        withUnsafeMutableBytes(of: &bucket.local) { $0.copyBytes(from: [10, 0, 0, 5]) }
        withUnsafeMutableBytes(of: &bucket.remote) { $0.copyBytes(from: [192, 0, 2, 7]) }
        bucket.local_port = 443
        bucket.remote_port = 50_000
        bucket.family = UInt16(AF_INET)
        bucket.state = State.established.rawValue
        bucket.size = UInt16(MemoryLayout<linger_bucket>.size)
        change(&bucket)
        return bucket
    }

    /// Every field has a number of its own; times are 250 ticks apart.
    private static func socket(_ change: (inout linger_socket) -> Void = { _ in }) -> linger_socket {
        var socket = linger_socket()
        socket.bucket = bucket {
            $0.size = UInt16(MemoryLayout<linger_socket>.size)
            $0.flags = UInt8(LINGER_ATTACHED.rawValue)
            $0.retransmits = 3
            $0.backoff = 4
            $0.probes = 5
        }
        (socket.cgroup, socket.bytes_acked, socket.bytes_received) = (77, 1001, 1002)
        (socket.inode, socket.uid, socket.mark, socket.receive_queue, socket.send_queue) = (4711, 33, 0x11, 16, 17)
        (socket.last_data_sent, socket.last_data_received, socket.last_ack_received, socket.rto) = (250, 500, 750, 50)
        (socket.srtt_us8, socket.unacked, socket.total_retransmissions) = (8000, 21, 22)
        (socket.send_window, socket.not_sent) = (23, 24)
        (socket.receive_allocated, socket.receive_buffer, socket.send_allocated) = (31, 32, 33)
        (socket.send_buffer, socket.forward_allocated, socket.send_queued) = (34, 35, 36)
        (socket.option_memory, socket.backlog, socket.drops) = (37, 38, 39)
        change(&socket)
        return socket
    }

    private static func decode(
        _ bytes: [UInt8], hertz: UInt32 = 250
    ) -> (connections: [Connection], undecoded: Int) {
        var records = SocketRecords()
        bytes.withUnsafeBytes { records.consume($0.bytes) }
        let gathering = Gathering()
        gathering.add(
            records.takeBlocks(isEnd: true), SocketRecordDecoder(namespace: 3, hertz: hertz), isMultipath: false)
        return (gathering.connections().connections, records.undecoded)
    }

    @Test("a whole socket")
    func whole() throws {
        let decoder = Self.decode(Bytes(of: Self.socket()).all)
        let found = try #require(decoder.connections.first)
        #expect(decoder.connections.count == 1 && decoder.undecoded == 0)
        #expect(found.cookie == 42 && found.inode == 4711 && found.namespace == 3)
        #expect(found.state == .established && found.transport == .tcp && found.timer == .off)
        #expect(found.local == Endpoint(address: IPAddress(v4: 0x0a00_0005), port: 443))
        #expect(found.remote == Endpoint(address: IPAddress(v4: 0xc000_0207), port: 50_000))
        #expect(found.uid == 33 && found.mark == 0x11 && found.cgroup == 77)
        #expect(found.receiveQueue == 16 && found.sendQueue == 17)
        #expect(found.keepalive == false && !found.isV6Only)
        #expect(found.holding == .unseen)
        let info = found.info
        #expect(info.retransmits == 3 && info.backoff == 4 && info.probes == 5)
        #expect(info.lastDataSent == 1000 && info.lastDataReceived == 2000 && info.lastAckReceived == 3000)
        #expect(info.rto == 200 && info.rtt == 1000)
        #expect(info.unacked == 21 && info.totalRetransmissions == 22 && info.sendWindow == 23 && info.notSent == 24)
        #expect(info.bytesAcked == 1001 && info.bytesReceived == 1002)
        let memory = found.memory
        #expect(
            [
                memory.receiveAllocated, memory.receiveBuffer, memory.sendAllocated, memory.sendBuffer,
                memory.forwardAllocated, memory.sendQueued, memory.optionMemory, memory.backlog, memory.drops,
            ] == (31...39).map(UInt32.init))
    }

    @Test("a bucket has neither owner nor TCP_INFO")
    func bucketOnly() throws {
        let record = Self.bucket {
            $0.state = State.timeWait.rawValue
            $0.kind = UInt8(LINGER_TIMEWAIT.rawValue)
            $0.timer = 3
            $0.timer_jiffies = 15_000
        }
        let found = try #require(Self.decode(Bytes(of: record).all).connections.first)
        #expect(found.state == .timeWait && found.holding == .timeWait)
        #expect(found.timer == Timer(kind: .timeWait, retries: 0, expires: 60_000))
        #expect(found.uid == nil && found.inode == 0 && found.mark == nil && found.cgroup == nil)
        #expect(found.info.rto == nil && found.info.retransmits == nil && found.keepalive == nil)
        #expect(found.memory.drops == nil)
    }

    @Test(
        "flags tell who can hold it, the option and the kind",
        arguments: [
            (.established, 0, .unaccepted), (.established, 16, .unseen), (.closeWait, 0, .unaccepted),
            (.finWait2, 8, .orphan), (.finWait2, 16, .unseen), (.synReceived, 0, .request), (.listen, 16, .unseen),
        ] as [(State, UInt8, Holding)])
    func flags(state: State, flags: UInt8, holding: Holding) throws {
        for extra: UInt8 in 0..<8 {
            let record = Self.socket {
                $0.bucket.state = state.rawValue
                $0.bucket.flags = flags | extra
            }
            let found = try #require(Self.decode(Bytes(of: record).all).connections.first)
            #expect(found.holding == holding)
            #expect(found.keepalive == (extra & UInt8(LINGER_KEEPALIVE.rawValue) != 0))
            #expect(found.isV6Only == (extra & UInt8(LINGER_V6ONLY.rawValue) != 0))
            #expect(found.transport == (extra & UInt8(LINGER_SUBFLOW.rawValue) != 0 ? .subflow : .tcp))
        }
    }

    @Test("a listener has no TCP_INFO, a cgroup of 0 is none")
    func listener() throws {
        let record = Self.socket {
            $0.bucket.state = State.listen.rawValue
            $0.cgroup = 0
        }
        let found = try #require(Self.decode(Bytes(of: record).all).connections.first)
        #expect(found.info.rto == nil && found.info.retransmits == nil)
        #expect(found.cgroup == nil)
        #expect(found.receiveQueue == 16)
    }

    @Test("an IPv6 address stands in network order")
    func ipv6() throws {
        let record = Self.bucket {
            $0.family = UInt16(AF_INET6)
            withUnsafeMutableBytes(of: &$0.local) {
                $0.copyBytes(from: [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
            }
        }
        let found = try #require(Self.decode(Bytes(of: record).all).connections.first)
        #expect(found.local.address == IPAddress(v6High: 0x2001_0db8_0000_0000, low: 1))
    }

    @Test(
        "ticks become milliseconds at any HZ, without overflow",
        arguments: [(250, 250, 1000), (1000, 7, 7), (100, 1, 10), (300, 1, 3), (0, 1, 1000), (100, .max, .max)]
            as [(UInt32, UInt32, UInt32)])
    func hertz(hertz: UInt32, ticks: UInt32, milliseconds: UInt32) throws {
        let record = Self.bucket {
            $0.timer = 1
            $0.timer_jiffies = ticks
        }
        let found = try #require(Self.decode(Bytes(of: record).all, hertz: hertz).connections.first)
        #expect(found.timer.expires == milliseconds)
    }

    @Test("a record of a state or family that is none is counted, and the next one is read")
    func undecodable() {
        let records = [
            Self.bucket { $0.state = 0 }, Self.bucket { $0.state = 99 }, Self.bucket { $0.family = 1 }, Self.bucket(),
        ]
        let decoder = Self.decode(records.flatMap { Bytes(of: $0).all })
        #expect(decoder.connections.map(\.cookie) == [42])
        #expect(decoder.undecoded == 3)
    }

    @Test("a record of a wrong size ends the read", arguments: [0, 1, 63, 65, 183, 185, UInt16.max])
    func wrongSize(size: UInt16) {
        let good = Bytes(of: Self.bucket()).all
        let decoder = Self.decode(good + Bytes(of: Self.bucket { $0.size = size }).all + good)
        #expect(decoder.connections.count == 1)
        #expect(decoder.undecoded == 1)
    }

    @Test("records cut at any byte: the whole ones are read, a rest is counted")
    func cut() {
        let bytes = Bytes(of: Self.bucket()).all + Bytes(of: Self.socket()).all
        for length in 0...bytes.count {
            let decoder = Self.decode(Array(bytes.prefix(length)))
            #expect(decoder.connections.count == (length == bytes.count ? 2 : length >= 64 ? 1 : 0), "\(length)")
            #expect(decoder.undecoded == ([0, 64, bytes.count].contains(length) ? 0 : 1), "\(length)")
        }
    }
}

@Suite("what several namespaces showed")
struct GatheringTests {
    private static func bucket(_ cookie: UInt64) -> linger_bucket {
        var bucket = linger_bucket()
        (bucket.cookie, bucket.state, bucket.family) = (cookie, State.timeWait.rawValue, UInt16(AF_INET))
        bucket.size = UInt16(MemoryLayout<linger_bucket>.size)
        return bucket
    }

    private static func socket(_ cookie: UInt64) -> linger_socket {
        var socket = linger_socket()
        socket.bucket = bucket(cookie)
        socket.bucket.state = State.established.rawValue
        socket.bucket.size = UInt16(MemoryLayout<linger_socket>.size)
        return socket
    }

    private static func made(_ cookie: UInt64) -> Connection {
        let endpoint = Endpoint(address: IPAddress(v4: 1), port: 1)
        return Connection(
            cookie: cookie, inode: 1, state: .listen, transport: .mptcp, local: endpoint, remote: endpoint)
    }

    @Test("thousands of records of both sizes stay in their order, in one piece or in many", arguments: [1, 7, 5000])
    func order(piece: Int) {
        let cookies = Array(1...5000 as ClosedRange<UInt64>)
        var records = SocketRecords()
        for start in stride(from: 0, to: cookies.count, by: piece) {
            let part = cookies[start..<min(start + piece, cookies.count)]
            let bytes = part.flatMap {
                $0.isMultiple(of: 3) ? Bytes(of: Self.bucket($0)).all : Bytes(of: Self.socket($0)).all
            }
            bytes.withUnsafeBytes { records.consume($0.bytes) }
        }
        let gathering = Gathering()
        let decoder = SocketRecordDecoder(namespace: 0, hertz: 250)
        gathering.add(records.takeBlocks(isEnd: true), decoder, isMultipath: false)
        gathering.add([Self.made(9001), Self.made(9002)])
        gathering.add([], decoder, isMultipath: false)
        gathering.add([Self.made(9003)])
        #expect(gathering.connections().connections.map(\.cookie) == cookies + [9001, 9002, 9003])
        #expect(records.undecoded == 0 && !records.hasSubflows && records.interfaces.isEmpty)
    }

    /// Of every other socket.
    private static let descriptors = stride(from: 2, through: 5000, by: 2).map {
        SocketDescriptor(cookie: $0, inode: 0, pid: 7, descriptor: Int32($0), state: 1, port: 0)
    }

    @Test(
        "made while they come or at the end, with room for all of them or not: the same connections, the same holders",
        arguments: [0, 4000, 6000], [true, false])
    func meanwhile(room: Int, hasHelp: Bool) throws {
        let finder = HolderFinder(DescriptorIndex(Self.descriptors, byCookie: true), Self.descriptors)
        let gathering = Gathering()
        var gathered = gathering.connections(room: room) {
            let helper = hasHelp ? try? Worker { gathering.help(finder) } : nil
            var records = SocketRecords()
            for cookie in 1...5000 as ClosedRange<UInt64> {
                Bytes(of: Self.socket(cookie)).all.withUnsafeBytes { records.consume($0.bytes) }
                gathering.add(
                    records.takeBlocks(), SocketRecordDecoder(namespace: 0, hertz: 250), isMultipath: false)
            }
            gathering.add(
                records.takeBlocks(isEnd: true), SocketRecordDecoder(namespace: 0, hertz: 250), isMultipath: false)
            gathering.end()
            try? helper?.join()
            return finder
        }
        let joined = HolderJoin(&gathered, Self.descriptors) { $0 }
        #expect(gathered.connections.map(\.cookie) == Array(1...5000))
        #expect(joined.holders.map(\.descriptor) == (1...2500).map { $0 * 2 })
        #expect(joined.unmatched.isEmpty)
        for (place, connection) in gathered.connections.enumerated() {
            let isHeld = connection.cookie.isMultiple(of: 2)
            let expected = isHeld ? Holding.held(start: UInt32(place / 2), count: 1) : .unaccepted
            #expect(connection.holding == expected, "cookie \(connection.cookie)")
        }
    }

    @Test("records that make no connection leave no hole, wherever they stand")
    func refused() {
        var bytes: [UInt8] = []
        for cookie in 1...1000 as ClosedRange<UInt64> {
            var bucket = Self.bucket(cookie)
            if !cookie.isMultiple(of: 3) { bucket.family = 99 }
            bytes += Bytes(of: bucket).all
        }
        var records = SocketRecords()
        bytes.withUnsafeBytes { records.consume($0.bytes) }
        let gathering = Gathering()
        gathering.add(
            records.takeBlocks(isEnd: true), SocketRecordDecoder(namespace: 0, hertz: 250), isMultipath: false)
        #expect(gathering.connections().connections.map(\.cookie) == (1...333).map { $0 * 3 })
        #expect(records.undecoded == 667)
    }

    @Test("subflows and interfaces are noted as the records come")
    func notes() {
        var socket = Self.socket(1)
        socket.bucket.flags = UInt8(LINGER_SUBFLOW.rawValue)
        socket.bucket.interface = 7
        var records = SocketRecords()
        Bytes(of: socket).all.withUnsafeBytes { records.consume($0.bytes) }
        #expect(records.hasSubflows && records.interfaces == [7])
    }
}

@Suite("records and links of descriptors")
struct DescriptorListingTests {
    private static func record(
        _ kind: linger_descriptor_kind, pid: UInt32 = 7, descriptor: UInt32, inode: UInt32, cookie: UInt64 = 0
    ) -> [UInt8] {
        var record = linger_descriptor()
        (record.cookie, record.inode, record.pid, record.descriptor) = (cookie, inode, pid, descriptor)
        (record.port, record.state, record.kind) = (8080, 7, UInt8(kind.rawValue))
        return Bytes(of: record).all
    }

    private static func consume(_ bytes: [UInt8]) -> DescriptorListing {
        var listing = DescriptorListing()
        bytes.withUnsafeBytes { listing.consume($0.bytes) }
        return listing
    }

    @Test("descriptors of a process, then how many it has")
    func listing() {
        let listing = Self.consume(
            Self.record(LINGER_DESCRIPTOR, descriptor: 5, inode: 4711, cookie: 42)
                + Self.record(LINGER_TOTAL, descriptor: 20, inode: 3))
        #expect(
            listing.descriptors == [
                SocketDescriptor(cookie: 42, inode: 4711, pid: 7, descriptor: 5, state: 7, port: 8080)
            ])
        #expect(listing.counts == [7: DescriptorCount(all: 20, sockets: 3)])
        #expect(listing.undecoded == 0)
    }

    @Test("a thread's copy of its process's descriptors is none of its own, what it opened itself is")
    func threads() {
        var listing = Self.consume(
            Self.record(LINGER_THREAD, descriptor: 5, inode: 4711, cookie: 42)
                + Self.record(LINGER_DESCRIPTOR, descriptor: 5, inode: 4711, cookie: 42)
                + Self.record(LINGER_THREAD, descriptor: 6, inode: 4712, cookie: 43)
                + Self.record(LINGER_THREAD, descriptor: 6, inode: 4712, cookie: 43)
                + Self.record(LINGER_THREAD, descriptor: 5, inode: 4713, cookie: 44))
        listing.settleThreads()
        #expect(listing.descriptors.map(\.descriptor) == [5, 6, 5])
        #expect(listing.descriptors.map(\.inode) == [4711, 4712, 4713])
        listing.settleThreads()
        #expect(listing.descriptors.count == 3)
    }

    @Test("numbers that no process has are no crash")
    func hostile() {
        let listing = Self.consume(Self.record(LINGER_TOTAL, pid: .max, descriptor: .max, inode: .max))
        #expect(listing.counts == [-1: DescriptorCount(all: .max, sockets: .max)])
    }

    @Test("records cut at any byte: the whole ones are read, a rest is counted")
    func cut() {
        let bytes = (0..<3).flatMap { Self.record(LINGER_DESCRIPTOR, descriptor: $0, inode: 1) }
        for length in 0...bytes.count {
            let listing = Self.consume(Array(bytes.prefix(length)))
            #expect(listing.descriptors.count == length / 24)
            #expect(listing.undecoded == (length % 24 == 0 ? 0 : 1))
        }
    }

    @Test("a recorded walk through /proc: sockets, other descriptors, hidden processes, and ones that ended")
    func walk() throws {
        let folder = try TemporaryFolder()
        var pairs = Bytes()
        for number: UInt32 in [3, 4711, 4, 0, 5, 4712] { pairs.append(number) }
        try folder.write(pairs.all, to: "proc/10/fd.sockets")
        try folder.write("\(EACCES)\n", to: "proc/11/fd.sockets.errno")
        try folder.write("\(ENOENT)\n", to: "proc/12/fd.sockets.errno")
        try folder.write(Array(pairs.all.prefix(13)), to: "proc/13/fd.sockets")
        let listing = DescriptorWalk(inputs: Inputs(mode: .replay(folder.path))).run([10, 11, 12, 13, 14])
        #expect(
            listing.descriptors == [
                SocketDescriptor(cookie: 0, inode: 4711, pid: 10, descriptor: 3, state: 0, port: 0),
                SocketDescriptor(cookie: 0, inode: 4712, pid: 10, descriptor: 5, state: 0, port: 0),
                SocketDescriptor(cookie: 0, inode: 4711, pid: 13, descriptor: 3, state: 0, port: 0),
            ])
        #expect(
            listing.counts == [
                10: DescriptorCount(all: 3, sockets: 2), 13: DescriptorCount(all: 1, sockets: 1),
            ])
        #expect(listing.hidden.count == 1)
        #expect(listing.gone == 1)
        // One was cut, one is not in the recording.
        #expect(listing.undecoded == 2)
    }
}
