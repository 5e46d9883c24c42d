import Sockets

/// Which columns a list shows.
enum ColumnChoice {
    /// - Parameters:
    ///   - names: `--columns`: names with commas between, `all`, or `nil`.
    ///   - extra: columns that `-e`, `-i` and `-m` add to a table.
    ///   - hidesNamespace: the look is at one namespace, so its column says nothing.
    static func columns(
        _ names: String?, format: ListFormat, extra: [Column] = [], hidesNamespace: Bool, messages: Messages
    ) throws(Failure) -> [Column] {
        if let names { return try chosen(names, messages) }
        let wanted: [Column]
        switch format {
        case .json, .ndjson, .csv: return Column.list
        case .table: wanted = Column.list.filter { $0.table == .standard }
        case .wide: wanted = Column.list.filter { $0.table != .all }
        }
        let shown = wanted.filter { !hidesNamespace || $0.name != Column.namespace.name }
        return shown + extra.filter { column in !shown.contains { $0.name == column.name } }
    }

    private static func chosen(_ names: String, _ messages: Messages) throws(Failure) -> [Column] {
        if names == "all" { return Column.list }
        var columns: [Column] = []
        for name in names.split(separator: ",", omittingEmptySubsequences: false) {
            if name.isEmpty { throw Failure(.usage, messages.noColumns) }
            columns.append(try column(named: String(name), messages))
        }
        return columns
    }

    static func column(named name: String, _ messages: Messages) throws(Failure) -> Column {
        guard let column = Column.named(name) else {
            let nearest = Suggestion.nearest(to: name, among: Column.list.lazy.map(\.name))
            throw Failure(.usage, messages.unknownColumn(name, nearest: nearest))
        }
        return column
    }

    /// `recv-q` or `-recv-q`
    static func sortOrder(_ text: String, _ messages: Messages) throws(Failure) -> SortOrder {
        let isDescending = text.hasPrefix("-")
        let name = isDescending ? String(text.dropFirst()) : text
        return SortOrder(column: try column(named: name, messages), isDescending: isDescending)
    }
}
