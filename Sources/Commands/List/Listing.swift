import Sockets

/// What `linger list` prints, chosen and in order.
struct Listing {
    var rows: Rows
    /// Indices into the snapshot's connections.
    var order: [Int]
    var columns: [Column]
    var hasHeader = true
    /// Connections that `--limit` left out.
    var leftOut = 0

    var snapshot: Snapshot { rows.snapshot }

    /// Keeps the first `limit` rows.
    mutating func limit(to limit: Int?) {
        guard let limit, order.count > limit else { return }
        leftOut = order.count - limit
        order.removeLast(leftOut)
    }

    /// Sorts rows; equal ones stay in their order, unknown values come last in either direction.
    mutating func sort(by sort: SortOrder) {
        let keys = order.map { sort.column.sortKey(rows.connections[$0], rows) }
        let sorted = order.indices.sorted { left, right in
            switch (keys[left], keys[right]) {
            case (.unknown, .unknown): return left < right
            case (.unknown, _): return false
            case (_, .unknown): return true
            case (let one, let other):
                if sort.isDescending ? other.precedes(one) : one.precedes(other) { return true }
                if sort.isDescending ? one.precedes(other) : other.precedes(one) { return false }
                return left < right
            }
        }
        order = sorted.map { order[$0] }
    }
}

/// `--sort recv-q`, `--sort -age`
struct SortOrder {
    var column: Column
    var isDescending: Bool
}
