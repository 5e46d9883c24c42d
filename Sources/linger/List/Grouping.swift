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

/// Connections with something in common.
struct Group: Sendable {
    /// As a program reads it.
    var key: String
    /// As a person reads it; safe on a terminal.
    var title: String
    var count: Int
    /// By state, most first.
    var states: [(state: State, count: Int)]
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
            return Group(
                key: name(of: key), title: title(of: key), count: states.reduce(0) { $0 + $1.count }, states: states)
        }.sorted { ($1.count, $0.key) < ($0.count, $1.key) }
    }

    private func name(of key: Grouping.Key) -> String {
        switch key {
        case .state(let state): state.key
        case .process(let index): rows.processes.indices.contains(index) ? text(rows.processes[index].title.plain) : ""
        case .holding(let holding, _): holding.key.description
        case .endpoint(let endpoint): text { $0.append(endpoint) }
        case .address(let address): text { $0.append(address) }
        case .listener(let index?): text { $0.append(rows.connections[index].local) }
        case .listener(nil), .unknown: ""
        case .unit(let name): text(name)
        case .namespace(let index): rows.namespaces.indices.contains(index) ? text(rows.namespaces[index].plain) : ""
        }
    }

    private func title(of key: Grouping.Key) -> String {
        switch key {
        case .state(let state): return state.name.description
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
                    out.append(rows.connections[listener].local)
                    out.append(")")
                }
            case .orphan: return words.orphan.description
            case .timeWait: return words.timeWait.description
            case .request: return words.request.description
            case .kernelOrInFlight: return words.inFlight.description
            case .unseen: return words.unseen.description
            }
        default:
            let name = name(of: key).escapedForTerminal
            return name.isEmpty ? "-" : name
        }
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private func text(_ text: Text) -> String { String(decoding: text.bytes, as: UTF8.self) }

    private func text(_ write: (inout ByteBuffer) -> Void) -> String {
        var buffer = ByteBuffer(capacity: 64)
        write(&buffer)
        return buffer.text()
    }
}
