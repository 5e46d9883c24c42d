import Sockets

/// Who holds a connection, as one answer: a set of processes, or nobody that could be seen.
struct HolderGroup: Equatable {
    enum Who: Equatable {
        case processes
        /// The socket's owner, where it is known.
        case unseen(uid: UInt32?)
        case kernelOrInFlight
    }

    var who: Who
    /// Indices into `Snapshot.processes`, ascending; empty unless `who` is `.processes`.
    var processes: [Int]
}

/// Numbers the sets of processes that hold connections. Number *n* below the count of processes is process *n* alone.
struct HolderGroups {
    private(set) var all: [HolderGroup]
    private let processCount: Int
    private var sets: [[Int32]: Int32] = [:]
    private var unseen: [UInt32?: Int32] = [:]
    private var inFlight: Int32?
    private var scratch: [Int32] = []
    private var last: (set: [Int32], number: Int32) = ([], -1)

    init(processCount: Int) {
        self.processCount = processCount
        all = (0..<processCount).map { HolderGroup(who: .processes, processes: [$0]) }
    }

    /// The number of the group, or -1 for a connection that nobody holds (unaccepted, orphan, TIME_WAIT, request).
    ///
    /// - Parameter numbers: what to call the snapshot's processes, -1 for one that is gone; `nil` calls them as they are.
    mutating func number(of connection: Connection, in snapshot: Snapshot, calling numbers: [Int32]? = nil) -> Int32 {
        switch connection.holding {
        case .unaccepted, .orphan, .timeWait, .request: return -1
        case .unseen: return pseudo(uid: connection.uid)
        case .kernelOrInFlight:
            if let inFlight { return inFlight }
            let number = append(HolderGroup(who: .kernelOrInFlight, processes: []))
            inFlight = number
            return number
        case .held(let start, let count):
            let first = Int(start)
            guard count > 0, first + Int(count) <= snapshot.holders.count else { return pseudo(uid: connection.uid) }
            if count == 1 { return called(snapshot.holders[first].process, numbers) }
            return set(snapshot.holders[first..<first + Int(count)], numbers)
        }
    }

    private func called(_ process: Int32, _ numbers: [Int32]?) -> Int32 {
        guard let numbers else { return process >= 0 && Int(process) < processCount ? process : -1 }
        return process >= 0 && Int(process) < numbers.count ? numbers[Int(process)] : -1
    }

    private mutating func set(_ holders: ArraySlice<Holder>, _ numbers: [Int32]?) -> Int32 {
        scratch.removeAll(keepingCapacity: true)
        for holder in holders {
            let process = called(holder.process, numbers)
            // Several descriptors of one process (dup) are one holder.
            if process >= 0, !scratch.contains(process) { scratch.append(process) }
        }
        guard scratch.count > 1 else { return scratch.first ?? -1 }
        scratch.sort()
        if scratch == last.set { return last.number }
        let number: Int32
        if let known = sets[scratch] {
            number = known
        } else {
            number = append(HolderGroup(who: .processes, processes: scratch.map(Int.init)))
            sets[scratch] = number
        }
        last = (scratch, number)
        return number
    }

    private mutating func pseudo(uid: UInt32?) -> Int32 {
        if let known = unseen[uid] { return known }
        let number = append(HolderGroup(who: .unseen(uid: uid), processes: []))
        unseen[uid] = number
        return number
    }

    private mutating func append(_ group: HolderGroup) -> Int32 {
        all.append(group)
        return Int32(all.count - 1)
    }
}
