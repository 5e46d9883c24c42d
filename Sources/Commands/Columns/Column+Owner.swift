import Sockets
import TCP

// Who holds the socket, and where it belongs.
extension Column {
    /// Every descriptor of every process that holds it: `nginx 812/14 nginx 813/14`. What no process holds is told apart.
    static let holders = Column(
        name: "holders", key: "holders", english: "HOLDERS", chinese: "持有者", alignment: .left, table: .standard,
        needsHolders: true,
        text: { connection, rows, out in
            switch connection.holding {
            case .held: writeHolders(rows.holders(of: connection), rows, &out)
            case .unaccepted: writeUnaccepted(connection, rows, &out)
            case .orphan: out.append(rows.words.orphan)
            case .timeWait: out.append(.unknown)
            case .request: out.append(rows.words.request)
            case .kernelOrInFlight: out.append(rows.words.inFlight)
            case .unseen: out.append(.unknown)
            }
        },
        plain: { connection, rows, out in
            var isFirst = true
            for holder in rows.holders(of: connection) {
                guard let process = rows.process(holder) else { continue }
                if !isFirst { out.append(UInt8(ascii: " ")) }
                isFirst = false
                out.append(rows.processes[process].title.plain)
                out.append(UInt8(ascii: "/"))
                out.append(decimal: rows.descriptor(holder))
            }
        },
        json: .nested { connection, rows, out in
            if connection.holding == .unseen { return out.append("null") }
            writeJSON(rows.holders(of: connection), rows, &out)
        },
        sortKey: { connection, rows in
            guard let first = rows.holders(of: connection).first, let process = rows.process(first) else {
                return .unknown
            }
            return .text(Array(rows.processes[process].title.plain.bytes))
        })

    static let holding = Column(
        name: "holding", key: "holding", english: "HOLDING", chinese: "持有方式", alignment: .left, table: .all,
        needsHolders: true,
        text: { connection, _, out in out.append(connection.holding.key) },
        plain: { connection, _, out in out.append(connection.holding.key) },
        json: .string,
        sortKey: { connection, _ in .text(Array(connection.holding.key.description.utf8)) })

    /// The systemd unit of the first holder, or its container.
    static let unit = Column.label(
        "unit", "UNIT", "单元/容器", .standard, needsHolders: true, needsProcessDetails: true
    ) { connection, rows in
        rows.firstProcess(of: connection).flatMap { rows.processes[$0].container ?? rows.processes[$0].unit }
    }

    static let container = Column.label(
        "container", "CONTAINER", "容器", needsHolders: true, needsProcessDetails: true
    ) { connection, rows in
        rows.firstProcess(of: connection).flatMap { rows.processes[$0].container }
    }

    static let commandLine = Column.label(
        "command", "COMMAND", "命令行", .wide, needsHolders: true, needsProcessDetails: true
    ) { connection, rows in
        rows.firstProcess(of: connection).flatMap { rows.processes[$0].commandLine }
    }

    static let uid = Column.number("uid", "UID", "UID") { $0.uid.map(UInt64.init) }

    /// The owner's name where one of its processes was seen, else its number.
    static let user = Column(
        name: "user", key: "user", english: "USER", chinese: "用户", alignment: .left, table: .wide, needsHolders: true,
        needsProcessDetails: true,
        text: { connection, rows, out in
            guard let uid = connection.uid else { return out.append(.unknown) }
            if let name = rows.user(uid) { out.append(name.shown) } else { out.append(decimal: uid) }
        },
        plain: { connection, rows, out in
            if let uid = connection.uid, let name = rows.user(uid) { out.append(name.plain) }
        },
        json: .string,
        sortKey: { connection, rows in
            guard let uid = connection.uid else { return .unknown }
            return .text(rows.user(uid).map { Array($0.plain.bytes) } ?? Array(String(uid).utf8))
        })

    /// The listener that an incoming connection came through.
    static let listener = Column(
        name: "listener", key: "listener", english: "LISTENER", chinese: "监听者", alignment: .left, table: .all,
        needsHolders: true,
        text: { connection, rows, out in
            guard let index = rows.listener(of: connection) else { return out.append(.unknown) }
            out.append(rows.connections[index].local)
        },
        plain: { connection, rows, out in
            guard let index = rows.listener(of: connection) else { return }
            out.append(rows.connections[index].local)
        },
        json: .nested { connection, rows, out in
            guard let index = rows.listener(of: connection) else { return out.append("null") }
            let listener = rows.connections[index]
            out.append("{\"local\":\"")
            out.append(listener.local)
            out.append("\",\"holders\":")
            writeJSON(rows.holders(of: listener), rows, &out)
            out.append(UInt8(ascii: "}"))
        },
        sortKey: { connection, rows in
            rows.listener(of: connection).map { .endpoint(rows.connections[$0].local) } ?? .unknown
        })

    private static func writeHolders(_ holders: some Collection<Int>, _ rows: Rows, _ out: inout ByteBuffer) {
        var isFirst = true
        for holder in holders {
            guard let process = rows.process(holder) else { continue }
            if !isFirst { out.append(UInt8(ascii: " ")) }
            isFirst = false
            out.append(rows.processes[process].holderPrefix)
            out.append(decimal: rows.descriptor(holder))
        }
        if isFirst { out.append(.unknown) }
    }

    private static func writeUnaccepted(_ connection: Connection, _ rows: Rows, _ out: inout ByteBuffer) {
        out.append(rows.words.notAccepted)
        let holders = rows.listeners(of: connection).flatMap {
            rows.holders(of: rows.connections[$0])
        }
        guard !holders.isEmpty else { return }
        out.append(" (")
        out.append(rows.words.listener)
        out.append(UInt8(ascii: " "))
        // A pool of workers shares its listener: a few names tell whose it is.
        let shown = 3
        writeHolders(holders.prefix(shown), rows, &out)
        if holders.count > shown {
            out.append(" +")
            out.append(decimal: holders.count - shown)
        }
        out.append(UInt8(ascii: ")"))
    }

    private static func writeJSON(_ holders: some Collection<Int>, _ rows: Rows, _ out: inout ByteBuffer) {
        out.append(UInt8(ascii: "["))
        var isFirst = true
        for holder in holders {
            guard let process = rows.process(holder) else { continue }
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            out.append(rows.processes[process].jsonPrefix)
            out.append(decimal: rows.descriptor(holder))
            out.append(UInt8(ascii: "}"))
        }
        out.append(UInt8(ascii: "]"))
    }
}

extension Holding {
    /// As JSON and CSV write it, never translated.
    var key: StaticString {
        switch self {
        case .held: "held"
        case .unaccepted: "unaccepted"
        case .orphan: "orphan"
        case .timeWait: "time_wait"
        case .request: "request"
        case .kernelOrInFlight: "kernel_or_in_flight"
        case .unseen: "unseen"
        }
    }
}
