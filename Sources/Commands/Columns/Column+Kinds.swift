import Sockets

// The shapes that most columns have.
extension Column {
    /// A number without unit.
    static func number(
        _ name: String, key: String? = nil, _ english: String, _ chinese: String, _ table: Table = .all,
        _ value: @escaping @Sendable (Connection) -> UInt64?
    ) -> Column {
        Column(
            name: name, key: key ?? name.snakeCase, english: english, chinese: chinese, alignment: .right, table: table,
            text: { connection, _, out in
                if let value = value(connection) { out.append(decimal: value) } else { out.append(.unknown) }
            },
            plain: { connection, _, out in
                if let value = value(connection) { out.append(decimal: value) }
            },
            json: .bare,
            sortKey: { connection, _ in SortKey(value(connection)) })
    }

    /// A span of time: `12m` for people, a whole number of its unit for programs.
    static func time(
        _ name: String, in unit: TimeUnit = .milliseconds, _ english: String, _ chinese: String, _ table: Table = .all,
        _ value: @escaping @Sendable (Connection) -> UInt32?
    ) -> Column {
        Column(
            name: name, key: name.snakeCase + unit.suffix, english: english, chinese: chinese, alignment: .right,
            table: table,
            text: { connection, _, out in
                guard let value = value(connection) else { return out.append(.unknown) }
                switch unit {
                case .milliseconds: out.append(duration: UInt64(value))
                case .microseconds: out.append(microseconds: UInt64(value))
                }
            },
            plain: { connection, _, out in
                if let value = value(connection) { out.append(decimal: UInt64(value)) }
            },
            json: .bare,
            sortKey: { connection, _ in SortKey(value(connection)) })
    }

    enum TimeUnit: Sendable {
        case milliseconds, microseconds

        var suffix: String {
            switch self {
            case .milliseconds: "_ms"
            case .microseconds: "_us"
            }
        }
    }

    /// A text that stands ready in `Rows`; empty or `nil` is unknown.
    static func label(
        _ name: String, key: String? = nil, _ english: String, _ chinese: String, _ table: Table = .all,
        needsHolders: Bool = false, needsProcessDetails: Bool = false,
        _ value: @escaping @Sendable (Connection, Rows) -> Label?
    ) -> Column {
        Column(
            name: name, key: key ?? name.snakeCase, english: english, chinese: chinese, alignment: .left, table: table,
            needsHolders: needsHolders, needsProcessDetails: needsProcessDetails,
            text: { connection, rows, out in
                if let label = value(connection, rows) { out.append(label.shown) } else { out.append(.unknown) }
            },
            plain: { connection, rows, out in
                if let label = value(connection, rows) { out.append(label.plain) }
            },
            json: .string,
            sortKey: { connection, rows in value(connection, rows).map { .text(Array($0.plain.bytes)) } ?? .unknown })
    }

    static func endpoint(
        _ name: String, _ english: String, _ chinese: String, _ value: @escaping @Sendable (Connection) -> Endpoint
    ) -> Column {
        let write: Writer = { connection, rows, out in
            out.append(value(connection), of: connection, rows)
        }
        return Column(
            name: name, key: name, english: english, chinese: chinese, alignment: .left, table: .standard, text: write,
            plain: write, json: .string, sortKey: { connection, _ in .endpoint(value(connection)) })
    }
}

extension UInt8 {
    /// What stands where something is not known.
    static let unknown = UInt8(ascii: "-")
}

extension String {
    /// `recv-q` → `recv_q`
    fileprivate var snakeCase: String { String(map { $0 == "-" ? "_" : $0 }) }
}
