import Sockets
import TCP

// What the socket is: its state, its queues, its ends, its keys.
extension Column {
    static let state = Column(
        name: "state", key: "state", english: "STATE", chinese: "状态", alignment: .left, table: .standard,
        text: { connection, _, out in out.append(connection.state.name) },
        plain: { connection, _, out in out.append(connection.state.keyBytes) },
        json: .string,
        sortKey: { connection, _ in .text(connection.state.keyBytes) })

    static let receiveQueue = Column.number("recv-q", "RECV-Q", "接收队列", .standard) { UInt64($0.receiveQueue) }
    static let sendQueue = Column.number("send-q", "SEND-Q", "发送队列", .standard) { UInt64($0.sendQueue) }
    static let local = Column.endpoint("local", "LOCAL", "本地地址") { $0.local }
    static let remote = Column.endpoint("remote", "REMOTE", "远端地址") { $0.remote }

    /// Hexadecimal, as `ss -e` shows it; a string in JSON, for it may be past 2^53. 0 is no cookie.
    static let cookie: Column = {
        let write: Writer = { connection, _, out in out.append(hexadecimal: connection.cookie) }
        return Column(
            name: "cookie", key: "cookie", english: "COOKIE", chinese: "COOKIE", alignment: .right, table: .all,
            text: { connection, rows, out in
                if connection.cookie == 0 { out.append(.unknown) } else { write(connection, rows, &out) }
            },
            plain: { connection, rows, out in
                if connection.cookie != 0 { write(connection, rows, &out) }
            },
            json: .string,
            sortKey: { connection, _ in SortKey(connection.cookie == 0 ? nil : connection.cookie) })
    }()

    static let inode = Column.number("inode", "INODE", "INODE") { $0.inode == 0 ? nil : UInt64($0.inode) }
    static let mark = Column.number("mark", "MARK", "标记") { $0.mark.map(UInt64.init) }
    static let cgroup = Column.number("cgroup", key: "cgroup_id", "CGROUP", "CGROUP") { $0.cgroup }

    static let transport = Column.word("transport", "TRANSPORT", "传输", .wide) { connection in
        switch connection.transport {
        case .tcp: "tcp"
        case .subflow: "subflow"
        case .mptcp: "mptcp"
        }
    }

    static let family = Column.word("family", "FAMILY", "协议族") { connection in
        switch connection.family {
        case .ipv4: "ipv4"
        case .ipv6: "ipv6"
        }
    }

    static let interface = Column.label("interface", "INTERFACE", "网卡") { connection, rows in
        rows.interface(of: connection)
    }

    static let namespace = Column.label("netns", "NETNS", "网络命名空间", .standard) { connection, rows in
        rows.namespace(of: connection)
    }

    /// One of a few words of ours, the same for people and programs.
    private static func word(
        _ name: String, _ english: String, _ chinese: String, _ table: Table = .all,
        _ value: @escaping @Sendable (Connection) -> StaticString
    ) -> Column {
        let write: Writer = { connection, _, out in out.append(value(connection)) }
        return Column(
            name: name, key: name, english: english, chinese: chinese, alignment: .left, table: table, text: write,
            plain: write, json: .string,
            sortKey: { connection, _ in .text(Array(value(connection).description.utf8)) })
    }
}

extension State {
    /// `key` as bytes, made once.
    var keyBytes: [UInt8] { Self.keys[Int(rawValue)] }

    private static let keys: [[UInt8]] = (0...11).map { number in
        State(rawValue: UInt8(number)).map { Array($0.key.utf8) } ?? []
    }
}
