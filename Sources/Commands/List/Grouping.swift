import ArgumentParser
import Sockets
import TCP

/// What connections are counted by.
enum Grouping: String, CaseIterable, Sendable {
    case state, process, remote, listener, unit, netns

    /// Groups are told apart by this; their titles are made once at the end.
    enum Key: Hashable {
        case state(State)
        /// Index into `Snapshot.processes`.
        case process(Int)
        /// No process holds it. With the first listener whose queue it stands in, for connections not accepted.
        case holding(Holding, listener: Int?)
        case endpoint(Endpoint)
        case address(IPAddress)
        /// Index into `Snapshot.connections`; `nil` for outgoing connections.
        case listener(Int?)
        case unit([UInt8])
        case namespace(Int)
        case unknown
    }

    /// The groups that a connection counts in. A socket that several processes share counts in each of them.
    func keys(of connection: Connection, _ rows: Rows) -> [Key] {
        switch self {
        case .state: return [.state(connection.state)]
        case .process:
            let holders = rows.holders(of: connection)
            if holders.isEmpty { return [unheld(connection, rows)] }
            var keys: [Key] = []
            for holder in holders {
                let key = Key.process(rows.processIndex(holder))
                if !keys.contains(key) { keys.append(key) }
            }
            return keys
        case .remote:
            // The port of a client that came in is chance; the port of a server that we went out to is a name.
            if connection.state == .listen { return [.unknown] }
            let isIncoming = !rows.listeners(of: connection).isEmpty
            return [isIncoming ? .address(connection.remote.address) : .endpoint(connection.remote)]
        case .listener: return [.listener(rows.listeners(of: connection).first)]
        case .unit:
            guard let process = rows.firstHolder(of: connection), let unit = process.container ?? process.unit else {
                return [.unknown]
            }
            return [.unit(Array(unit.plain.bytes))]
        case .netns: return [.namespace(Int(connection.namespace))]
        }
    }

    private func unheld(_ connection: Connection, _ rows: Rows) -> Key {
        let listener = connection.holding == .unaccepted ? rows.listeners(of: connection).first : nil
        return .holding(connection.holding, listener: listener)
    }
}

extension Grouping {
    /// The keys, in JSON and CSV, of what tells groups apart. The first one is the grouping's own name.
    var fields: [String] {
        switch self {
        case .process: ["process", "pid", "holding", "listener", "netns"]
        case .listener: ["listener", "netns"]
        case .state, .remote, .unit, .netns: [rawValue]
        }
    }
}

/// Connections with something in common.
struct Group: Sendable {
    enum Value: Sendable, Equatable { case text(String), number(Int) }

    /// As a program reads it: a value for each of `Grouping.fields`, `nil` for what does not apply.
    let values: [Value?]
    /// As a person reads it; safe on a terminal.
    let title: String
    let count: Int
    /// By state, most first.
    let states: [(state: State, count: Int)]
    /// Its values as one text, for order.
    let key: String

    init(_ values: [Value?], title: String, states: [(state: State, count: Int)]) {
        self.values = values
        self.title = title
        self.states = states
        count = states.reduce(0) { $0 + $1.count }
        key = values.lazy.compactMap { value in
            switch value {
            case .text(let text): text
            case .number(let number): "\(number)"
            case nil: nil
            }
        }.joined(separator: " ")
    }
}

extension Listing {
    /// The groups, largest first, then by name.
    func groups(by grouping: Grouping) -> [Group] {
        var counts: [Grouping.Key: [Int]] = [:]
        for index in order {
            let connection = rows.connections[index]
            for key in grouping.keys(of: connection, rows) {
                counts[key, default: Array(repeating: 0, count: 12)][Int(connection.state.rawValue)] += 1
            }
        }
        return counts.map { key, byState in
            let states = State.allCases.map { (state: $0, count: byState[Int($0.rawValue)]) }
                .filter { $0.count > 0 }
                .sorted { ($1.count, $0.state.rawValue) < ($0.count, $1.state.rawValue) }
            return Group(values(of: key), title: title(of: key), states: states)
        }.sorted { ($1.count, $0.key) < ($0.count, $1.key) }
    }

    /// In the order of `Grouping.fields`.
    private func values(of key: Grouping.Key) -> [Group.Value?] {
        switch key {
        case .state(let state): [.text(state.key)]
        case .process(let index):
            if rows.processes.indices.contains(index) {
                [
                    .text(text(rows.processes[index].name.plain)), .number(Int(rows.processes[index].pid)),
                    .text("held"), nil, nil,
                ]
            } else {
                [nil, nil, .text("held"), nil, nil]
            }
        case .holding(let holding, let index): [nil, nil, .text(holding.key.description)] + listener(index)
        case .endpoint(let endpoint): [.text(text { $0.append(endpoint) })]
        case .address(let address): [.text(text { $0.append(address) })]
        case .listener(let index): listener(index)
        case .unknown: [nil]
        case .unit(let name): [.text(text(name))]
        case .namespace(let index): [namespace(index)]
        }
    }

    /// Its address and namespace: in two namespaces the same address is two listeners.
    private func listener(_ index: Int?) -> [Group.Value?] {
        guard let index else { return [nil, nil] }
        let listener = rows.connections[index]
        return [.text(text { $0.append(listener.local) }), namespace(Int(listener.namespace))]
    }

    private func namespace(_ index: Int) -> Group.Value? {
        rows.namespaces.indices.contains(index) ? .text(text(rows.namespaces[index].plain)) : nil
    }

    /// As a person reads it; safe on a terminal.
    func title(of key: Grouping.Key) -> String {
        switch key {
        case .state(let state): return state.name.description
        case .process(let index):
            return rows.processes.indices.contains(index) ? text(rows.processes[index].title.shown) : "-"
        case .endpoint(let endpoint): return text { $0.append(endpoint) }
        case .address(let address): return text { $0.append(address) }
        case .listener(let index?): return text { write(listener: index, &$0) }
        case .listener(nil), .unknown: return "-"
        case .unit(let name): return text(name).escapedForTerminal
        case .namespace(let index):
            return rows.namespaces.indices.contains(index) ? text(rows.namespaces[index].shown) : "-"
        case .holding(let holding, let listener):
            let words = rows.words
            switch holding {
            case .held: return "-"
            case .unaccepted:
                guard let listener else { return words.notAccepted.description }
                return text { out in
                    out.append(words.notAccepted)
                    out.append(" (")
                    out.append(words.listener)
                    out.append(" ")
                    write(listener: listener, &out)
                    out.append(")")
                }
            case .orphan: return words.orphan.description
            case .timeWait: return words.timeWait.description
            case .request: return words.request.description
            case .kernelOrInFlight: return words.inFlight.description
            case .unseen: return words.unseen.description
            }
        }
    }

    /// With its namespace, where there are several.
    private func write(listener index: Int, _ out: inout ByteBuffer) {
        let listener = rows.connections[index]
        out.append(listener.local)
        guard rows.namespaces.count > 1, let namespace = rows.namespace(of: listener) else { return }
        out.append(" ")
        out.append(namespace.shown)
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private func text(_ text: Text) -> String { String(decoding: text.bytes, as: UTF8.self) }

    private func text(_ write: (inout ByteBuffer) -> Void) -> String {
        var buffer = ByteBuffer(capacity: 64)
        write(&buffer)
        return buffer.text()
    }
}
