package import Sockets
import TCP

/// Connections of every state, family and holding, with made-up owners.
package func sampleSnapshot() -> Snapshot {
    var nginx = ProcessRecord(pid: 100, command: "nginx")
    nginx.uid = 33
    nginx.user = "www-data"
    nginx.unit = "nginx.service"
    var java = ProcessRecord(pid: 200, command: "java")
    java.uid = 0
    java.container = Container(runtime: .docker, id: "4f5e6d7c8b9a", pod: "pod-uid-1")
    let processes = [nginx, java, ProcessRecord(pid: 300, command: "(sd-pam)")]
    let holders = [
        Holder(process: 0, descriptor: 4), Holder(process: 1, descriptor: 5), Holder(process: 2, descriptor: 6),
    ]

    let addresses = [
        IPAddress(v4: 0x7f00_0001), IPAddress(v4: 0x0a00_0005), IPAddress(v6High: 0, low: 0),
        IPAddress(v6High: 0, low: 1),
        IPAddress(v6High: 0, low: 0xffff_0a00_0005), IPAddress(v6High: 0x2001_0db8_0000_0000, low: 1),
    ]
    let holdings: [Holding] = [
        .held(start: 0, count: 1), .held(start: 1, count: 2), .unaccepted, .orphan, .kernelOrInFlight, .unseen,
        .held(start: 2, count: 9),
    ]
    var connections: [Connection] = []
    for (index, state) in State.allCases.enumerated() {
        for (turn, address) in addresses.enumerated() {
            let holding = state == .timeWait ? .timeWait : holdings[(index + turn) % holdings.count]
            var connection = Connection(
                cookie: UInt64(connections.count + 1), inode: 1000, state: state,
                local: Endpoint(address: address, port: [443, 80, 40_000][turn % 3]),
                remote: Endpoint(address: address, port: UInt16(50_000 + index)), namespace: UInt16(turn % 3),
                interface: UInt32(turn % 2), uid: state == .timeWait ? nil : UInt32(turn * 33),
                receiveQueue: UInt32(index * 1024), mark: turn % 2 == 0 ? 0x10 : nil, cgroup: turn % 2 == 1 ? 42 : nil,
                holding: holding)
            if turn % 2 == 0 { connection.info.lastAckReceived = UInt32(turn) * 600_000 }
            if turn % 3 == 0 { connection.info.lastDataReceived = UInt32(index) * 60_000 }
            connections.append(connection)
        }
    }
    var limits = NamespaceLimits()
    limits.portRange = 32_768...60_999
    return Snapshot(
        namespaces: [
            NetworkNamespace(inode: 4_026_531_840, name: nil, isOwn: true, pid: 1, limits: limits),
            NetworkNamespace(inode: 4_026_532_000, name: "blue", isOwn: false, pid: nil),
        ],
        connections: connections, holders: holders, processes: processes)
}
