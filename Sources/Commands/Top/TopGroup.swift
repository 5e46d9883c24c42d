import Sockets
import TCP

/// Connections with something in common, as the screen counts them.
struct TopGroup: Sendable {
    let key: TopKey
    let title: String
    /// By the state's raw value.
    private(set) var counts = [Int](repeating: 0, count: 12)
    /// Indices of its connections in the sample; without listeners.
    private(set) var members: [Int] = []
    /// The longest that one of them is in a state that should pass.
    private(set) var oldest = TopAge.unknown
    /// Of a listener: how many wait to be accepted, and how many may.
    fileprivate(set) var queue: (waiting: Int, backlog: Int)?

    fileprivate init(key: TopKey, title: String) {
        self.key = key
        self.title = title
    }

    subscript(state: State) -> Int { counts[Int(state.rawValue)] }
    var total: Int { members.count }

    func count(in states: State...) -> Int { states.reduce(0) { $0 + self[$1] } }

    /// Of what it is told how often it opens and closes.
    var rateKey: TopKey {
        if case .listener(let namespace, let endpoint) = key { .port(namespace, endpoint.port) } else { key }
    }

    /// The state that its explanation is about: what piles up goes before what is many.
    var worstState: State? {
        if self[.closeWait] > 0 { return .closeWait }
        return State.allCases.filter { self[$0] > 0 && $0 != .listen }.max { self[$0] < self[$1] }
            ?? (self[.listen] > 0 ? .listen : nil)
    }

    fileprivate mutating func add(_ connection: Connection, _ index: Int, _ age: TopAge) {
        counts[Int(connection.state.rawValue)] += 1
        guard connection.state != .listen else { return }
        members.append(index)
        switch connection.state {
        case .closeWait, .finWait1, .finWait2, .closing, .lastAck, .synSent, .synReceived:
            if let milliseconds = age.milliseconds, milliseconds >= oldest.milliseconds ?? 0 { oldest = age }
        case .established, .timeWait, .closed, .listen: break
        }
    }

    fileprivate mutating func add(_ listener: Connection) {
        let known = queue ?? (0, 0)
        queue = (known.waiting + Int(listener.receiveQueue), known.backlog + Int(listener.sendQueue))
    }
}

extension TopSample {
    /// The groups of the connections that match, in no order.
    func groups(by grouping: TopGrouping, _ filter: Filter) -> [TopGroup] {
        var groups: [TopGroup] = []
        // Two listeners of one address are one group; so first by number, then by what it stands for.
        var places: [TopKey: Int] = [:]
        var known: [Grouping.Key: Int] = [:]
        let prepared = filter.prepared(for: snapshot)
        let states = filter.namesStates ? filter.states : filter.states.subtracting(.init(.closed))
        let titles = Listing(rows: rows, order: [], columns: [])

        func place(_ key: Grouping.Key) -> Int {
            if let place = known[key] { return place }
            let stable = self.key(key)
            let place = places[stable] ?? groups.count
            if place == groups.count {
                groups.append(TopGroup(key: stable, title: titles.title(of: key)))
                places[stable] = place
            }
            known[key] = place
            return place
        }

        for (index, connection) in connections.enumerated() {
            guard states.contains(connection.state), prepared.matches(connection) else { continue }
            if connection.state == .listen {
                // A listener itself came through none, and is connected to nobody.
                switch grouping {
                case .process:
                    for key in grouping.grouping.keys(of: connection, rows) {
                        groups[place(key)].add(connection, index, .unknown)
                    }
                case .listener: groups[place(.listener(index))].add(connection, index, .unknown)
                case .remote: break
                }
                continue
            }
            let age = self.age(of: index)
            if grouping == .listener {
                groups[place(.listener(rows.listener(of: connection)))].add(connection, index, age)
            } else {
                for key in grouping.grouping.keys(of: connection, rows) {
                    groups[place(key)].add(connection, index, age)
                }
            }
        }
        if grouping == .listener {
            for (index, connection) in connections.enumerated() where connection.state == .listen {
                if let place = places[key(.listener(index))] { groups[place].add(connection) }
            }
        }
        return groups
    }

    /// What a key of this sample stands for.
    func key(_ key: Grouping.Key) -> TopKey {
        switch key {
        case .process(let index):
            guard snapshot.processes.indices.contains(index) else { return .unheld(.unseen, listener: nil) }
            return .process(snapshot.processes[index].pid, snapshot.processes[index].startTicks ?? 0)
        case .holding(let holding, let listener):
            return .unheld(holding, listener: listener.map { connections[$0].local })
        case .endpoint(let endpoint): return .remote(endpoint)
        case .address(let address): return .client(address)
        case .listener(let index?):
            return .listener(inode(ofNamespace: connections[index].namespace), connections[index].local)
        case .listener(nil), .state, .unit, .namespace, .unknown: return .outgoing
        }
    }
}
