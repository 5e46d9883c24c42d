import Sockets
import TCP

@testable import Commands

/// A host with one of each: what the outputs are shown on.
enum SampleHost {
    static func snapshot() -> Snapshot {
        var snapshot = Snapshot(
            time: 1_700_000_000_000, monotonic: 5_000_000, host: "web1", kernel: "6.18.0", observer: 0,
            socketSource: .sockDiag, holderSource: .procfs)
        snapshot.namespaces = [
            NetworkNamespace(inode: 4_026_531_840, name: nil, isOwn: true, pid: 1),
            NetworkNamespace(inode: 4_026_532_500, name: "blue", isOwn: false, pid: 900),
        ]
        snapshot.processes = [nginx(812), nginx(813), hostile, java]
        snapshot.interfaces = [.init(namespace: 0, index: 2): "eth0"]
        snapshot.holders = [
            Holder(process: 0, descriptor: 6), Holder(process: 1, descriptor: 6),  // the listener, by two workers
            Holder(process: 0, descriptor: 14), Holder(process: 1, descriptor: 14),  // one connection, over fork
            Holder(process: 2, descriptor: 3),
            Holder(process: 3, descriptor: 77),
        ]
        snapshot.connections = [
            listener, closeWait, unaccepted, established, timeWait, orphan, request, unseen, linkLocal,
        ]
        snapshot.gaps = [Gap(kind: .processDescriptors, subject: "", reason: "Permission denied", count: 12)]
        return snapshot
    }

    static func nginx(_ pid: Int32) -> ProcessRecord {
        var process = ProcessRecord(pid: pid, command: "nginx")
        process.commandLine = "nginx: worker process"
        process.uid = 33
        process.user = "www-data"
        process.unit = "nginx.service"
        return process
    }

    /// A process that named itself to clear the screen.
    static let hostile: ProcessRecord = {
        var process = ProcessRecord(pid: 4242, command: "a\u{1b}[2J\",\n\u{9b}b")
        process.commandLine = "evil \u{202e}gpj.exe, --x=\"1\""
        process.uid = 1000
        return process
    }()

    static let java: ProcessRecord = {
        var process = ProcessRecord(pid: 900, command: "订单服务")
        process.commandLine = "java -jar orders.jar"
        process.uid = 1001
        process.user = "orders"
        process.unit = "docker-abc.scope"
        process.container = Container(runtime: .docker, id: String(repeating: "0123456789abcdef", count: 4))
        return process
    }()

    static let web = Endpoint(address: IPAddress(v4: 0x0a00_0001), port: 80)
    static func client(_ last: UInt32, _ port: UInt16) -> Endpoint {
        Endpoint(address: IPAddress(v4: 0xc633_6400 + last), port: port)
    }
    static let anyV4 = Endpoint(address: IPAddress(v4: 0), port: 80)
    static let nowhere = Endpoint(address: IPAddress(v4: 0), port: 0)

    static let listener = Connection(
        cookie: 1, inode: 100, state: .listen, local: anyV4, remote: nowhere, uid: 33, receiveQueue: 1, sendQueue: 511,
        holding: .held(start: 0, count: 2))

    static let closeWait: Connection = {
        var info = TCPInfo()
        info.lastAckReceived = 754_000
        info.lastDataReceived = 760_000
        info.lastDataSent = 761_000
        info.rtt = 1234
        info.rto = 204
        info.retransmits = 0
        info.totalRetransmissions = 3
        info.unacked = 0
        info.bytesAcked = 5001
        info.bytesReceived = 812
        var memory = SocketMemory()
        memory.receiveAllocated = 2304
        memory.receiveBuffer = 131_072
        memory.sendAllocated = 0
        memory.sendBuffer = 87_040
        memory.forwardAllocated = 1792
        memory.sendQueued = 0
        memory.optionMemory = 0
        memory.backlog = 0
        memory.drops = 0
        return Connection(
            cookie: 2, inode: 101, state: .closeWait, local: web, remote: client(7, 50_001), uid: 33, receiveQueue: 412,
            info: info, memory: memory, keepalive: true, holding: .held(start: 2, count: 2))
    }()

    static let unaccepted: Connection = {
        var info = TCPInfo()
        info.lastAckReceived = 5200
        return Connection(
            cookie: 3, inode: 0, state: .closeWait, local: web, remote: client(8, 50_002), receiveQueue: 78, info: info,
            holding: .unaccepted)
    }()

    static let established: Connection = {
        var info = TCPInfo()
        info.lastDataSent = 250
        info.lastDataReceived = 19_000_000
        return Connection(
            cookie: 4, inode: 103, state: .established,
            local: Endpoint(address: IPAddress(v4: 0x0a00_0001), port: 41_000),
            remote: Endpoint(address: IPAddress(v6High: 0, low: 0xffff_c0a8_0105), port: 5432), uid: 1000,
            sendQueue: 1_048_576, timer: Timer(kind: .retransmit, retries: 4, expires: 3200), info: info,
            holding: .held(start: 4, count: 1))
    }()

    static let timeWait = Connection(
        cookie: 5, inode: 0, state: .timeWait, local: web, remote: client(9, 50_003),
        timer: Timer(kind: .timeWait, retries: 0, expires: 26_000), holding: .timeWait)

    static let orphan = Connection(
        cookie: 6, inode: 0, state: .finWait2, local: web, remote: client(10, 50_004), holding: .orphan)

    static let request = Connection(
        cookie: 7, inode: 0, state: .synReceived, local: web, remote: client(11, 50_005), holding: .request)

    static let unseen = Connection(
        cookie: 8, inode: 108, state: .established,
        local: Endpoint(address: IPAddress(v6High: 0x2001_0db8_0000_0000, low: 1), port: 443),
        remote: Endpoint(address: IPAddress(v6High: 0x2001_0db8_0000_0000, low: 2), port: 39_000), namespace: 1, uid: 0,
        holding: .unseen)

    static let linkLocal = Connection(
        cookie: 9, inode: 109, state: .synSent,
        local: Endpoint(address: IPAddress(v6High: 0xfe80_0000_0000_0000, low: 1), port: 40_000),
        remote: Endpoint(address: IPAddress(v6High: 0xfe80_0000_0000_0000, low: 2), port: 22), interface: 2, uid: 1001,
        timer: Timer(kind: .retransmit, retries: 0, expires: 800), holding: .held(start: 5, count: 1))
}

/// Collects what an output hands on.
final class Printed {
    var bytes: [UInt8] = []
    var text: String { String(decoding: bytes, as: UTF8.self) }
}
