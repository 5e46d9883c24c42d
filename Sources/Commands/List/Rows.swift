import Sockets
import TCP

/// A snapshot made ready for its rows: whatever many rows share is turned into bytes once. Immutable, so rows can be
/// written on several threads.
final class Rows: Sendable {
    let snapshot: Snapshot
    /// The snapshot's own, at hand: a cell must not touch the whole snapshot to reach them.
    let connections: [Connection]
    private let holders: [Holder]
    let words: Words
    private let arena = TextArena()
    /// By index of `Snapshot.processes`.
    let processes: [ProcessTexts]
    /// By index of `Snapshot.namespaces`: the name, or the inode.
    let namespaces: [Label]
    private let interfaces: [Snapshot.InterfaceKey: Label]
    /// By number; few, and asked for by every row.
    private let users: [(uid: UInt32, name: Label)]
    private let listeners: ListenerLookup

    init(_ snapshot: Snapshot, language: Language) {
        self.snapshot = snapshot
        connections = snapshot.connections
        holders = snapshot.holders
        words = Words(language)
        let arena = arena
        processes = snapshot.processes.map { ProcessTexts($0, arena) }
        namespaces = snapshot.namespaces.map { arena.label($0.name ?? "net:[\($0.inode)]") }
        interfaces = snapshot.interfaces.mapValues(arena.label)
        var names: [UInt32: Label] = [:]
        for process in snapshot.processes {
            if let uid = process.uid, let user = process.user { names[uid] = arena.label(user) }
        }
        users = names.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        listeners = ListenerLookup(snapshot)
    }

    /// Index of the process of the holder with that index, see `holders(of:)`. An index, for a cell reads one text of it.
    func process(_ holder: Int) -> Int? {
        let index = processIndex(holder)
        return processes.indices.contains(index) ? index : nil
    }

    func processIndex(_ holder: Int) -> Int { Int(holders[holder].process) }

    func descriptor(_ holder: Int) -> Int32 { holders[holder].descriptor }

    /// Indices of the descriptors that hold a connection: a range, where a slice would count references.
    func holders(of connection: Connection) -> Range<Int> {
        guard case .held(let start, let count) = connection.holding, Int(start) + Int(count) <= holders.count else {
            return 0..<0
        }
        return Int(start)..<Int(start) + Int(count)
    }

    func firstProcess(of connection: Connection) -> Int? { holders(of: connection).first.flatMap(process) }

    func firstHolder(of connection: Connection) -> ProcessTexts? { firstProcess(of: connection).map { processes[$0] } }

    /// The interface that it is bound to, or that scopes its link-local address: the name, or the index.
    func interface(of connection: Connection) -> Label? {
        guard connection.interface != 0 else { return nil }
        let key = Snapshot.InterfaceKey(namespace: connection.namespace, index: connection.interface)
        return interfaces[key]
    }

    func namespace(of connection: Connection) -> Label? {
        let index = Int(connection.namespace)
        return namespaces.indices.contains(index) ? namespaces[index] : nil
    }

    /// The name of a user whose process was seen.
    func user(_ uid: UInt32) -> Label? {
        var places = users.indices
        while !places.isEmpty {
            let middle = (places.lowerBound + places.upperBound) / 2
            if users[middle].uid == uid { return users[middle].name }
            places = users[middle].uid < uid ? middle + 1..<places.upperBound : places.lowerBound..<middle
        }
        return nil
    }

    /// Indices of the listeners that the connection came through; empty for an outgoing connection and for a listener.
    func listeners(of connection: Connection) -> [Int] { listeners.listeners(of: connection) }

    /// The first of them.
    func listener(of connection: Connection) -> Int? { listeners.listener(of: connection) }
}

/// What cells say of one process.
struct ProcessTexts: Sendable {
    let pid: Int32
    let name: Label
    /// `nginx 812`
    let title: Label
    /// `nginx 812/`: a descriptor's number follows.
    let holderPrefix: Text
    /// `{"pid":812,"name":"nginx","fd":`: a descriptor's number and `}` follow.
    let jsonPrefix: Text
    let commandLine: Label?
    let unit: Label?
    let container: Label?

    init(_ process: ProcessRecord, _ arena: TextArena) {
        pid = process.pid
        name = arena.label(process.command)
        title = arena.label("\(process.command) \(process.pid)")
        holderPrefix = arena.keep(Array(title.shown.bytes) + [UInt8(ascii: "/")])
        var json = ByteBuffer(capacity: 64)
        json.append("{\"pid\":")
        json.append(decimal: process.pid)
        json.append(",\"name\":")
        json.append(json: process.command)
        json.append(",\"fd\":")
        jsonPrefix = arena.keep(json.withBytes { Array($0) })
        commandLine = process.commandLine.flatMap { $0.isEmpty ? nil : arena.label($0) }
        unit = process.unit.map(arena.label)
        container = process.container.map { container in
            // As docker and crictl show it; a name stays whole.
            let isHash = container.id.count == 64 && container.id.allSatisfy(\.isHexDigit)
            return arena.label(
                "\(container.runtime.rawValue):\(isHash ? String(container.id.prefix(12)) : container.id)")
        }
    }
}
