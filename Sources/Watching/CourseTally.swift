package import Sockets
package import TCP

/// What many whole connections came to, counted together by process, and by listener or destination: who has all of one
/// at once need not follow each.
package struct CourseTally: Sendable {
    /// Connections that are alike.
    package struct Group: Sendable {
        /// `nil` where nobody was seen to open them.
        package let process: ProcessIdentity?
        package let way: DwellGroup.Way
        /// Inode of the network namespace.
        package let namespace: UInt32
        /// By the state's raw value.
        fileprivate var stays = [Stay](repeating: Stay(), count: 12)
        package fileprivate(set) var orderly: UInt64 = 0
        package fileprivate(set) var orphaned: UInt64 = 0
        /// How long their process left them in CLOSE_WAIT.
        fileprivate(set) var past = ClosedPasts.Past()
        fileprivate let key: Key
        /// The process in the tracker's table, where it was looked up.
        fileprivate var owner: OwnerTable.Number?

        fileprivate init(_ course: Course, _ way: DwellGroup.Way, _ key: Key) {
            process = course.opener?.process
            self.way = way
            namespace = course.namespace
            self.key = key
        }

        package subscript(state: State) -> Stay { stays[Int(state.rawValue)] }
    }

    /// Of one state.
    package struct Stay: Sendable {
        package fileprivate(set) var entered = 0
        package fileprivate(set) var left = 0
        /// Microseconds.
        package fileprivate(set) var dwell = Histogram()
    }

    package private(set) var groups: [Group] = []
    /// Places of groups, by their keys' hashes; -1 for none. A power of two of them, half of them free.
    private var index = [Int32](repeating: -1, count: 64)
    package var isEmpty: Bool { groups.isEmpty }
    package var connections: UInt64 { groups.reduce(0) { $0 + $1.orderly + $1.orphaned } }

    /// - Parameters:
    ///   - last: its last transition.
    ///   - ending: orderly or orphaned.
    /// - Returns: the place of its group.
    fileprivate mutating func add(
        _ course: Course, _ last: Transition, _ ending: LifeEnding, _ way: DwellGroup.Way
    ) -> Int {
        let place = place(of: Key(course, way), course, way)
        groups[place].add(course, last, ending)
        return place
    }

    /// The tracker's number of the group's process, with one use more.
    fileprivate mutating func owner(at place: Int, in owners: inout OwnerTable) -> OwnerTable.Number? {
        guard let process = groups[place].process else { return nil }
        if let known = groups[place].owner.flatMap({ owners.retain($0, of: process) }) { return known }
        groups[place].owner = owners.retain(process)
        return groups[place].owner
    }

    // MARK: Groups

    private mutating func place(of key: Key, _ course: Course, _ way: DwellGroup.Way) -> Int {
        var slot = key.hash & (index.count - 1)
        while index[slot] >= 0 {
            if groups[Int(index[slot])].key == key { return Int(index[slot]) }
            slot = (slot + 1) & (index.count - 1)
        }
        groups.append(Group(course, way, key))
        index[slot] = Int32(groups.count - 1)
        if groups.count * 2 > index.count { grow() }
        return groups.count - 1
    }

    private mutating func grow() {
        index = [Int32](repeating: -1, count: index.count * 2)
        for (place, group) in groups.enumerated() {
            var slot = group.key.hash & (index.count - 1)
            while index[slot] >= 0 { slot = (slot + 1) & (index.count - 1) }
            index[slot] = Int32(place)
        }
    }

    /// The group as numbers, which are quicker to compare than names.
    fileprivate struct Key: Equatable, Sendable {
        private var startTicks: UInt64
        private var pid: Int32
        private var namespace: UInt32
        private var high: UInt64 = 0
        private var low: UInt64 = 0
        private var port: UInt16
        /// 0 for a listener, or the destination's family.
        private var family: UInt8 = 0

        init(_ course: Course, _ way: DwellGroup.Way) {
            // No process has the number -1.
            (pid, startTicks) = (course.opener?.pid ?? -1, course.opener?.startTicks ?? 0)
            namespace = course.namespace
            switch way {
            case .listener(_, let port): self.port = port
            case .destination(let endpoint):
                (high, low) = (endpoint.address.high, endpoint.address.low)
                (port, family) = (endpoint.port, endpoint.address.family.rawValue)
            }
        }

        var hash: Int {
            // Two rounds of multiplication spread what differs in a few bits (Fibonacci hashing).
            let one = (startTicks ^ UInt64(UInt32(bitPattern: pid)) << 32 ^ UInt64(namespace)) &* 0x9e37_79b9_7f4a_7c15
            let two = (one ^ one >> 29 ^ low ^ high &* 3 ^ UInt64(port) << 40) &* 0x9e37_79b9_7f4a_7c15
            return Int(truncatingIfNeeded: two >> 32)
        }
    }
}

extension CourseTally.Group {
    fileprivate mutating func add(_ course: Course, _ last: Transition, _ ending: LifeEnding) {
        if ending == .orderly { orderly += 1 } else { orphaned += 1 }
        for index in 0..<course.count {
            let state = Int(course.state(at: index).rawValue)
            stays[state].entered += 1
            let isLast = index == course.count - 1
            // A small socket stays in it.
            if isLast, last.new == course.state(at: index) { continue }
            let dwell = (isLast ? last.time : course.entered(at: index + 1)) - course.entered(at: index)
            stays[state].left += 1
            stays[state].dwell.record(dwell / 1000)
            if course.state(at: index) == .closeWait { past.note(dwell) }
        }
        if last.new == .timeWait { stays[Int(State.timeWait.rawValue)].entered += 1 }
    }
}

extension Tracker {
    /// Takes a whole connection at once, where it was an ordinary one and nothing else is known of it. Otherwise it is to be
    /// told event by event, and nothing is done.
    package func consume(_ course: Course) -> Bool {
        guard let last = course.last, last.isLast, case let ending = LifeEnding(last),
            ending == .orderly || ending == .orphaned, store.place(of: course.cookie) == nil,
            !early.isKept(course.cookie)
        else { return false }
        let way: DwellGroup.Way
        switch course.state(at: 0) {
        case .synSent: way = .destination(course.remote)
        case .synReceived: way = .listener(course.namespace, course.local.port)
        default: return false
        }
        let group = tally.add(course, last, ending, way)
        if last.isHandedOver {
            keepSmall(course, last, owner: tally.owner(at: group, in: &owners))
        } else {
            look?.closed.insert(course.cookie)
        }
        return true
    }

    /// A small socket carries it on.
    private func keepSmall(_ course: Course, _ last: Transition, owner: OwnerTable.Number?) {
        var life = Life(cookie: course.cookie, namespace: course.namespace, local: course.local, remote: course.remote)
        for index in 0..<course.count { life.enter(course.state(at: index), at: course.entered(at: index)) }
        life.note(last)
        life.ownerNumber = owner?.raw ?? .max
        life.descriptor = course.opener?.descriptor
        if course.opener?.way == .accept { life.flags.insert(.isAccepted) }
        _ = store.insert(life)
        census.move(from: nil, to: life.state)
        timers.insert(TimerQueue.Entry(due: last.time &+ length(of: life.state), cookie: life.cookie))
    }

    /// What ordinary courses came to since the last time; their times are filed now.
    package func takeTally() -> CourseTally {
        guard !tally.isEmpty else { return tally }
        let taken = tally
        tally = CourseTally()
        for group in taken.groups {
            if group.past.closed > 0 {
                pasts.add(group.past, ClosedPasts.Key(owner: group.process, way: group.way)) { owners.contains($0) }
            }
            let dwells = DwellGroup(command: group.process?.command, way: group.way)
            for state in State.allCases where group[state].dwell.count > 0 {
                self.dwells.add(group[state].dwell, in: state, of: dwells)
            }
        }
        return taken
    }
}
