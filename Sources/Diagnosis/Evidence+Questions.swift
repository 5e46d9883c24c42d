import Sockets
import TCP

/// What rules ask about connections and processes, answered from both looks.
extension Evidence {
    func connection(_ index: Int32) -> Connection { now.connections[Int(index)] }

    func group(_ index: Int32) -> HolderGroup? {
        let number = groupOf[Int(index)]
        return number >= 0 ? groups[Int(number)] : nil
    }

    /// The connection in the earlier look, if it was there in the same state.
    func wasSame(_ index: Int32) -> Bool {
        guard let before, earlierOf[Int(index)] >= 0 else { return false }
        return before.connections[Int(earlierOf[Int(index)])].state == now.connections[Int(index)].state
    }

    /// Milliseconds in the present state: exactly where the daemon saw it enter, else at least, by what the socket tells,
    /// what the daemon has seen of it, or that both looks saw it so.
    func age(_ index: Int32) -> UInt64? {
        let remembered = remembered(index)
        if let remembered, remembered.isExact { return remembered.age }
        // No copy of the connection: this is asked of every one in CLOSE_WAIT.
        let isMultipath = now.connections[Int(index)].transport == .mptcp
        let age = isMultipath ? multipath.age(now.connections[Int(index)]) : now.connections[Int(index)].ageAtLeast
        let told = age.map(UInt64.init)
        let watched = wasSame(index) ? before.map { now.monotonic - $0.monotonic } : nil
        return [told, watched, remembered?.age].compactMap { $0 }.max()
    }

    /// Milliseconds that a connection waits to be accepted, at least. It cannot have sent data, and the kernel starts
    /// that clock when the connection is made (`tcp_create_openreq_child`).
    func waiting(_ index: Int32) -> UInt64? {
        let info = now.connections[Int(index)].info
        return [info.lastDataSent, info.lastAckReceived].compactMap { $0.map(UInt64.init) }.max()
    }

    /// Timeouts in a row without an answer: the larger of what the timer and TCP_INFO say.
    func retries(_ connection: Connection) -> UInt8 {
        max(connection.timer.kind == .retransmit ? connection.timer.retries : 0, connection.info.retransmits ?? 0)
    }

    /// The longest of a time that connections tell; `nil` when none does.
    func longest(_ members: [Int32], _ time: (Connection) -> UInt64?) -> UInt64? {
        members.compactMap { time(now.connections[Int($0)]) }.max()
    }

    /// Splits connections by a key, in the order in which the keys first appear. Neighbours mostly share a key.
    func grouped<Key: Hashable>(
        _ indices: some Sequence<Int32>, by key: (Int32) -> Key?
    ) -> [(key: Key, members: [Int32])] {
        var places: [Key: Int] = [:]
        var result: [(key: Key, members: [Int32])] = []
        var last: (key: Key, place: Int)?
        for index in indices {
            guard let wanted = key(index) else { continue }
            let place: Int
            if let last, last.key == wanted {
                place = last.place
            } else if let known = places[wanted] {
                place = known
            } else {
                place = result.count
                places[wanted] = place
                result.append((wanted, []))
            }
            last = (wanted, place)
            result[place].members.append(index)
        }
        return result
    }

    func census<Key: CensusKey>(_ indices: [Int32], by key: (Int32) -> Key) -> Census<Key> {
        var census = Census<Key>(indices.count)
        for index in indices { census.add(key(index)) }
        return census
    }

    /// The key that occurs most often, and how often.
    func mostFrequent<Key: CensusKey>(_ indices: [Int32], by key: (Int32) -> Key) -> (key: Key, count: Int)? {
        census(indices, by: key).top
    }

    /// How many different keys there are.
    func distinct<Key: CensusKey>(_ indices: [Int32], by key: (Int32) -> Key) -> Int {
        census(indices, by: key).keys.count
    }

    func remoteAddress(_ index: Int32) -> IPAddress { now.connections[Int(index)].remote.address.unmapped }

    func limits(_ namespace: UInt16) -> NamespaceLimits? {
        Int(namespace) < now.namespaces.count ? now.namespaces[Int(namespace)].limits : nil
    }

    /// The namespace that all of them are in.
    func commonNamespace(_ indices: [Int32]) -> Int? {
        guard let first = indices.first.map({ connection($0).namespace }),
            indices.allSatisfy({ now.connections[Int($0)].namespace == first })
        else { return nil }
        return Int(first)
    }

    /// The listener that all of them came through.
    func commonListener(_ indices: [Int32]) -> Int? {
        guard let first = indices.first.map({ listenerOf[Int($0)] }), first >= 0,
            indices.allSatisfy({ listenerOf[Int($0)] == first })
        else { return nil }
        return Int(first)
    }

    /// The remote end that all of them have.
    func commonRemote(_ indices: [Int32]) -> Endpoint? {
        guard let first = indices.first.map({ connection($0).remote }),
            indices.allSatisfy({ now.connections[Int($0)].remote == first })
        else { return nil }
        return first
    }

    /// Every process that holds one of them.
    func holders(of members: [Int32]) -> [Int] {
        let groups = Set(members.map { groupOf[Int($0)] }).filter { $0 >= 0 }
        return Set(groups.flatMap { self.groups[Int($0)].processes }).sorted()
    }

    /// The processes that hold a listener.
    func owners(ofListener index: Int) -> [Int] { group(Int32(index))?.processes ?? [] }

    /// The process holds something that was looked at, or runs in a namespace that was looked at. Where the look was at
    /// one namespace, the processes of others are somebody else's.
    func isInScope(_ process: Int) -> Bool {
        guard heldBy[process] == 0, let namespace = now.processes[process].namespace else { return true }
        return now.namespaces.contains { $0.inode == namespace }
    }

    /// What is left of the descriptors of the process that has the fewest left, and how fast they go.
    func descriptors(of processes: [Int]) -> Forecast? {
        let known = processes.compactMap { index -> (Forecast, UInt64)? in
            let process = now.processes[index]
            guard let used = process.descriptors.map(UInt64.init), let limit = process.descriptorLimit, limit > 0,
                limit < UInt64(Int64.max)
            else { return nil }
            let forecast = Forecast(
                resource: .descriptors, used: used, limit: limit, growth: descriptorGrowth(of: index), process: index)
            return (forecast, limit > used ? limit - used : 0)
        }
        return known.min { $0.1 < $1.1 }?.0
    }

    /// Descriptors opened less descriptors closed. Where most of them are connections, the daemon's counts of these tell it.
    func descriptorGrowth(of process: Int) -> Growth? {
        guard let used = now.processes[process].descriptors else { return nil }
        if heldBy[process] * 2 >= used,
            let growth = recordedGrowth(of: [process], in: nil, count: Int(heldBy[process]))
        {
            return growth
        }
        guard let before, processBefore[process] >= 0,
            let earlier = before.processes[Int(processBefore[process])].descriptors
        else { return nil }
        return growth(net: Int(used) - Int(earlier), moved: Int(moved[process]))
    }

    /// How often the kernel repeats what an orphan sent before it gives up; 0 stands for 8 (`tcp_orphan_retries`).
    func orphanRetries(in namespace: Int?) -> UInt64 {
        let set = namespace.flatMap { limits(UInt16($0))?.orphanRetries } ?? 0
        return set == 0 ? 8 : set
    }

    /// What a counter of the namespace gained over the sample; `nil` where it was not read twice.
    func gained(_ counter: String, in namespace: Int?) -> UInt64? {
        guard let namespace, namespace < now.namespaces.count else { return nil }
        return now.namespaces[namespace].limits.counters?.deltas?[counter]
    }

    func total(_ counter: String, in namespace: Int?) -> UInt64? {
        guard let namespace, namespace < now.namespaces.count else { return nil }
        return now.namespaces[namespace].limits.counters?.totals[counter]
    }

    /// It runs out so soon that nobody has time to think.
    func runsOutSoon(_ forecast: Forecast?) -> Bool {
        guard let left = forecast?.secondsLeft else { return false }
        // The daemon's counts can tell a growth from noise.
        if left > 0, let growth = forecast?.growth, growth.method == .record, growth.low <= 0 { return false }
        return left <= thresholds.forecastCriticalSeconds
    }

    /// The process of this host that has the other end of a connection, where both ends are here.
    func peer(of index: Int32) -> Int? {
        let wanted = connection(index)
        guard wanted.remote.address.isLoopback || wanted.remote.address == wanted.local.address else { return nil }
        let found = now.connections.indices.first {
            now.connections[$0].local.port == wanted.remote.port && now.connections[$0].remote.port == wanted.local.port
                && now.connections[$0].namespace == wanted.namespace
                && now.connections[$0].local.address.unmapped == wanted.remote.address.unmapped
                && now.connections[$0].remote.address.unmapped == wanted.local.address.unmapped
        }
        return found.flatMap { group(Int32($0))?.processes.first }
    }
}

extension UInt64 {
    /// The product, or the largest number where it does not fit: limits come from files that may say anything.
    func times(_ other: UInt64) -> UInt64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }
}
