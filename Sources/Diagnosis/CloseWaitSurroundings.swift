import Sockets
import TCP

/// What stands around the connections in CLOSE_WAIT, counted once for all of their holders.
struct CloseWaitSurroundings {
    private struct Target: Hashable {
        var group: Int32
        var destination: Endpoint
    }

    /// CLOSE_WAIT of the earlier look that is over now: somebody closed it.
    private var goneByGroup: [Int32: Int] = [:]
    private var goneByTarget: [Target: Int] = [:]
    private var establishedByTarget: [Target: Int] = [:]
    /// Listeners through which this side has closed, or is closing, connections.
    private var closingListeners: Set<Int32> = []

    init(_ evidence: Evidence) {
        let before = evidence.before?.connections ?? []
        for index in before.indices where before[index].state == .closeWait && evidence.groupBefore[index] >= 0 {
            let later = evidence.laterOf[index]
            if later >= 0, evidence.now.connections[Int(later)].state == .closeWait { continue }
            goneByGroup[evidence.groupBefore[index], default: 0] += 1
            goneByTarget[Target(group: evidence.groupBefore[index], destination: before[index].remote), default: 0] += 1
        }
        for state in [State.lastAck, .timeWait, .finWait1, .finWait2, .closing] {
            for index in evidence.connections(in: state) where evidence.listenerOf[Int(index)] >= 0 {
                closingListeners.insert(evidence.listenerOf[Int(index)])
            }
        }
        // Without an established connection that goes out, a group has nothing that a pool could stand beside.
        var hasLive = [Bool](repeating: false, count: evidence.groups.count)
        for index in evidence.connections(in: .established)
        where evidence.groupOf[Int(index)] >= 0 && evidence.listenerOf[Int(index)] < 0 {
            hasLive[Int(evidence.groupOf[Int(index)])] = true
        }
        var targets: Set<Target> = []
        var multipath: Set<UInt32> = []
        for index in evidence.connections(in: .closeWait) where evidence.listenerOf[Int(index)] < 0 {
            guard evidence.groupOf[Int(index)] >= 0, hasLive[Int(evidence.groupOf[Int(index)])] else { continue }
            let connection = evidence.now.connections[Int(index)]
            targets.insert(Target(group: evidence.groupOf[Int(index)], destination: connection.remote))
            if connection.transport == .mptcp { multipath.insert(connection.inode) }
        }
        guard !targets.isEmpty else { return }
        for index in evidence.connections(in: .established)
        where evidence.groupOf[Int(index)] >= 0 && evidence.listenerOf[Int(index)] < 0 {
            let connection = evidence.now.connections[Int(index)]
            let target = Target(group: evidence.groupOf[Int(index)], destination: connection.remote)
            // The subflows of an MPTCP connection in CLOSE_WAIT are no live connections beside it.
            if connection.transport == .subflow, multipath.contains(connection.inode) { continue }
            if targets.contains(target) { establishedByTarget[target, default: 0] += 1 }
        }
    }

    func gone(from groups: Set<Int32>) -> Int { groups.reduce(0) { $0 + (goneByGroup[$1] ?? 0) } }

    func gone(from group: Int32, to destination: Endpoint) -> Int {
        goneByTarget[Target(group: group, destination: destination)] ?? 0
    }

    func established(of group: Int32, to destination: Endpoint) -> Int {
        establishedByTarget[Target(group: group, destination: destination)] ?? 0
    }

    func closes(through listener: Int32) -> Bool { closingListeners.contains(listener) }
}
