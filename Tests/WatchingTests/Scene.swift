import Sockets
import TCP
import Watching

/// Transitions as the kernel makes them, for one connection after another. Time goes on by a millisecond each.
struct Scene {
    var now: UInt64 = 1_000_000_000
    var local = Endpoint(address: IPAddress(v4: 0x7f00_0001), port: 6800)
    var remote = Endpoint(address: IPAddress(v4: 0x7f00_0002), port: 40000)
    static let namespace: UInt32 = 4_026_531_840
    static let millisecond: UInt64 = 1_000_000

    /// - Parameter path: from the first old state to the last new one, CLOSED as the kernel says it.
    mutating func transitions(
        _ cookie: UInt64, _ path: [State], error: UInt16 = 0, flags: Transition.Flags = [], acked: UInt64 = 0
    ) -> [Transition] {
        zip(path, path.dropFirst()).enumerated().map { index, pair in
            now += Self.millisecond
            let isLast = index == path.count - 2
            return Transition(
                time: now, cookie: cookie, namespace: Self.namespace, old: pair.0, new: pair.1, local: local,
                remote: remote, bytesAcked: acked, error: isLast ? error : 0, flags: isLast ? flags : [])
        }
    }

    func opening(_ cookie: UInt64, _ way: Opening.Way, pid: Int32 = 812, frames: [UInt64] = []) -> Opening {
        Opening(
            time: now, cookie: cookie, namespace: Self.namespace, way: way,
            process: ProcessIdentity(pid: pid, startTicks: 7, command: "server"), descriptor: 5, frames: frames)
    }

    func connection(_ cookie: UInt64, _ state: State, timer: Timer = .off, holding: Holding = .unseen) -> Connection {
        Connection(
            cookie: cookie, inode: 1, state: state, local: local, remote: remote, timer: timer, holding: holding)
    }

    func snapshot(_ connections: [Connection]) -> Snapshot {
        Snapshot(
            namespaces: [NetworkNamespace(inode: Self.namespace, name: nil, isOwn: true, pid: nil)],
            connections: connections, holders: [Holder(process: 0, descriptor: 9)],
            processes: [ProcessRecord(pid: 99, command: "old")])
    }
}

extension Life {
    var states: [State] { (0..<Int(stateCount)).map { state(at: $0) } }
}
