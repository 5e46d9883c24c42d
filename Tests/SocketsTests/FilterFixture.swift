import Sockets
import TCP

/// A small host: each connection by the name that the tables use.
struct FilterFixture {
    static let names = [
        "web", "leak", "mapped", "ssh", "listener", "timewait", "orphan", "waiting", "connecting", "unseen",
    ]

    static let resolver = NameResolver(
        service: { ["https": 443, "http": 80, "ssh": 22][$0] },
        host: {
            switch $0 {
            case "db": [IPAddress(v4: 0x0a00_0006), IPAddress(v4: 0x0a00_0009)]
            case "six": [address("2001:db8::2")]
            default: []
            }
        },
        interface: { $0 == "eth0" ? 2 : nil }, user: { ["www-data": 33, "root": 0][$0] },
        cgroup: { $0 == "system.slice/nginx.service" ? 77 : nil })

    static func address(_ text: String) -> IPAddress { IPAddress(text) ?? IPAddress(v4: 0) }

    static func parse(_ words: String...) throws -> Filter { try Filter(parsing: words, resolver: resolver) }

    /// The names of what a filter matches.
    static func matches(_ text: String) throws -> [String] {
        let filter = try parse(text)
        let prepared = filter.prepared(for: snapshot)
        return zip(names, snapshot.connections).filter { prepared.matches($0.1) }.map(\.0)
    }

    static let snapshot: Snapshot = {
        var nginx = ProcessRecord(pid: 100, command: "nginx")
        (nginx.uid, nginx.user, nginx.unit) = (33, "www-data", "nginx.service")
        var oracle = ProcessRecord(pid: 22725, command: "oracle")
        (oracle.uid, oracle.user, oracle.unit) = (501, "oracle9i", "oracle-xe.service")
        var child = oracle
        child.pid = 22726
        var java = ProcessRecord(pid: 200, command: "a-process-with-")
        (java.uid, java.user) = (0, "root")
        java.container = Container(runtime: .docker, id: "4f5e6d7c8b9a0011")
        let unknown = ProcessRecord(pid: 300, command: "(sd-pam)")

        func end(_ text: String, _ port: UInt16) -> Endpoint { Endpoint(address: address(text), port: port) }
        var web = Connection(
            cookie: 1, inode: 11, state: .established, local: end("10.0.0.5", 443), remote: end("192.168.1.7", 50000),
            interface: 2, uid: 33, sendQueue: 4096, mark: 0x11, cgroup: 77, holding: .held(start: 0, count: 1))
        (web.info.lastDataSent, web.info.lastDataReceived) = (2000, 500)
        var leak = Connection(
            cookie: 2, inode: 12, state: .closeWait, local: end("10.0.0.5", 6800), remote: end("10.0.0.9", 2174),
            uid: 501, receiveQueue: 5000, mark: 0x21, cgroup: 78, holding: .held(start: 1, count: 2))
        (leak.info.lastAckReceived, leak.info.lastDataReceived) = (3_600_000, 3_700_000)
        var mapped = Connection(
            cookie: 3, inode: 13, state: .established, local: end("::ffff:10.0.0.5", 8080),
            remote: end("::ffff:10.1.2.3", 40000), uid: 0, holding: .held(start: 3, count: 2))
        mapped.info.lastDataReceived = 0
        let ssh = Connection(
            cookie: 4, inode: 14, state: .established, local: end("2001:db8::1", 22), remote: end("2001:db8::2", 55555),
            uid: 0, holding: .held(start: 5, count: 1))
        let listener = Connection(
            cookie: 5, inode: 15, state: .listen, local: end("::", 8080), remote: end("::", 0), uid: 0, receiveQueue: 3,
            sendQueue: 128, holding: .held(start: 6, count: 1))
        let timewait = Connection(
            cookie: 6, inode: 0, state: .timeWait, local: end("10.0.0.5", 45000), remote: end("93.184.216.34", 80),
            timer: Timer(kind: .timeWait, retries: 0, expires: 10_000), holding: .timeWait)
        var orphan = Connection(
            cookie: 7, inode: 0, state: .finWait2, local: end("10.0.0.5", 45001), remote: end("93.184.216.34", 443),
            uid: 0,
            holding: .orphan)
        orphan.info.lastAckReceived = 20_000
        let waiting = Connection(
            cookie: 8, inode: 0, state: .closeWait, local: end("10.0.0.5", 8080), remote: end("10.0.0.8", 41000),
            uid: 0,
            receiveQueue: 1, holding: .unaccepted)
        let connecting = Connection(
            cookie: 9, inode: 19, state: .synSent, local: end("10.0.0.5", 45002), remote: end("203.0.113.1", 5432),
            namespace: 1, uid: 1000, sendQueue: 1, holding: .held(start: 7, count: 1))
        let unseen = Connection(
            cookie: 10, inode: 20, state: .established, local: end("10.0.0.5", 1500), remote: end("10.0.0.6", 3306),
            namespace: 1, holding: .unseen)

        var limits = NamespaceLimits()
        limits.portRange = 32768...60999
        var snapshot = Snapshot(
            namespaces: [
                NetworkNamespace(inode: 4_026_531_840, name: nil, isOwn: true, pid: 1, limits: limits),
                NetworkNamespace(inode: 4_026_532_999, name: "blue", isOwn: false, pid: 300),
            ],
            connections: [web, leak, mapped, ssh, listener, timewait, orphan, waiting, connecting, unseen],
            holders: [
                Holder(process: 0, descriptor: 4), Holder(process: 1, descriptor: 4), Holder(process: 2, descriptor: 4),
                // Two descriptors of one process.
                Holder(process: 3, descriptor: 9), Holder(process: 3, descriptor: 10),
                Holder(process: 4, descriptor: 3),
                Holder(process: 3, descriptor: 7), Holder(process: 4, descriptor: 5),
            ],
            processes: [nginx, oracle, child, java, unknown])
        snapshot.interfaces = [.init(namespace: 1, index: 2): "eth1"]
        return snapshot
    }()
}
