import Diagnosis
import Sockets
import TCP

/// The state of the screen: what is known, what is chosen, where the cursor is. Pure: what happens comes in as a
/// `TopInput`, what has to be done goes out as a `TopEffect`, and `TopPainter` draws it.
struct TopModel: Sendable {
    let messages: Messages
    let resolver: NameResolver
    /// `--netns` as it was given, for the command lines that are shown.
    let namespace: String?

    private(set) var columns = 80
    private(set) var rows = 24
    /// What is shown.
    private(set) var sample: TopSample?
    /// What has come while it was paused.
    private var newest: TopSample?
    private(set) var history = TopHistory()
    private(set) var isPaused = false
    /// Why the last look failed.
    private(set) var failure: String?

    private(set) var filter: Filter
    var prompt: TopPrompt?
    private(set) var views: [TopView] = [.groups]

    private(set) var grouping = TopGrouping.process
    private(set) var groupOrder = TopOrder<TopColumn>(key: .closeWait)
    private(set) var groups: [TopGroup] = []
    private(set) var groupCursor = TopListCursor<TopKey>()

    private(set) var connectionOrder = TopOrder<TopConnectionColumn>(key: .age)
    /// Indices in the sample, of the group that is open.
    private(set) var connections: [Int] = []
    private(set) var connectionCursor = TopListCursor<UInt64>()

    init(messages: Messages, filter: Filter, resolver: NameResolver, namespace: String? = nil) {
        self.messages = messages
        self.filter = filter
        self.resolver = resolver
        self.namespace = namespace
    }

    var view: TopView { views.last ?? .groups }

    /// The table that is seen, or that a page stands in front of.
    var table: TopView {
        views.last { view in
            switch view {
            case .groups, .connections: true
            case .page, .sorting: false
            }
        } ?? .groups
    }

    var layout: TopLayout {
        TopLayout(columns: columns, rows: rows, findings: sample?.findings?.count ?? 0, prompt: prompt)
    }

    var selectedGroup: TopGroup? {
        groups.indices.contains(groupCursor.position) ? groups[groupCursor.position] : nil
    }

    var selectedConnection: Connection? {
        guard let sample, connections.indices.contains(connectionCursor.position) else { return nil }
        return sample.connections[connections[connectionCursor.position]]
    }

    /// What the looks have to find out for this screen.
    var wish: TopWish {
        var wish = TopWish(details: filter.needsProcessDetails, limits: filter.needsLimits)
        for case .page(let page) in views {
            guard case .connection(let cookie, _) = page.topic else { continue }
            wish.cookie = cookie
            wish.details = true
        }
        return wish
    }

    // MARK: What happens

    mutating func handle(_ input: TopInput) -> TopEffect {
        switch input {
        case .key(let key): return press(key)
        case .resize(let columns, let rows):
            self.columns = max(columns, 1)
            self.rows = max(rows, 1)
            settle()
        case .failure(let text): failure = text
        case .sample(let next): take(next)
        }
        return .draw
    }

    private mutating func take(_ next: TopSample) {
        failure = nil
        var counts = [Int](repeating: 0, count: 12)
        for connection in next.connections { counts[Int(connection.state.rawValue)] += 1 }
        history.add(counts, at: next.monotonic)
        newest = next
        if !isPaused { show(next) }
    }

    private mutating func show(_ next: TopSample) {
        sample = next
        recount()
    }

    mutating func togglePause() {
        isPaused.toggle()
        if !isPaused, let newest { show(newest) }
    }

    // MARK: The tables

    /// Makes the tables anew: after a look, and when what is chosen has changed.
    mutating func recount() {
        guard let sample else { return }
        groups = TopGroup.sorted(sample.groups(by: grouping, filter), by: groupOrder, sample.rates)
        if case .connections(let key, _) = table {
            connections = sample.sorted(groups.first { $0.key == key }?.members ?? [], by: connectionOrder)
        } else {
            connections = []
        }
        settle()
    }

    /// The cursors find their places again, and pages their ends.
    private mutating func settle() {
        let visible = layout.tableRows
        groupCursor.settle(in: groups.map(\.key), visible: visible)
        connectionCursor.settle(in: cookies, visible: visible)
        scroll(by: 0)
    }

    private var cookies: [UInt64] {
        guard let sample else { return [] }
        return connections.map { sample.connections[$0].cookie }
    }

    mutating func group(by next: TopGrouping) {
        guard case .groups = table, next != grouping else { return }
        grouping = next
        groupCursor = TopListCursor()
        if groupOrder.key == .queue, next != .listener { groupOrder = TopOrder(key: .closeWait) }
        recount()
    }

    mutating func choose(_ filter: Filter) {
        self.filter = filter
        groupCursor = TopListCursor()
        connectionCursor = TopListCursor()
        recount()
    }

    // MARK: Views

    mutating func open(_ view: TopView) {
        views.append(view)
        if case .connections = view {
            connectionCursor = TopListCursor()
            recount()
        }
        settle()
    }

    /// False where there is nowhere to go back to.
    mutating func close() -> Bool {
        guard views.count > 1 else { return false }
        views.removeLast()
        recount()
        return true
    }

    /// What there is to be sorted by.
    var sortTitles: [String] {
        switch table {
        case .connections: TopConnectionColumn.allCases.map(messages.topTitle)
        default: sortableColumns.map(messages.topTitle)
        }
    }

    private var sortableColumns: [TopColumn] { TopColumn.allCases.filter { $0 != .queue || grouping == .listener } }

    /// Where the present order stands among them.
    var sortPlace: Int {
        switch table {
        case .connections: TopConnectionColumn.allCases.firstIndex(of: connectionOrder.key) ?? 0
        default: sortableColumns.firstIndex(of: groupOrder.key) ?? 0
        }
    }

    /// Names go upwards, numbers downwards.
    mutating func sort(by place: Int) {
        switch table {
        case .connections:
            guard TopConnectionColumn.allCases.indices.contains(place) else { return }
            let key = TopConnectionColumn.allCases[place]
            connectionOrder = TopOrder(key: key, isDescending: key.isRight)
        default:
            guard sortableColumns.indices.contains(place) else { return }
            groupOrder = TopOrder(key: sortableColumns[place], isDescending: sortableColumns[place] != .name)
        }
        recount()
    }

    mutating func reverse() {
        switch table {
        case .connections: connectionOrder.isDescending.toggle()
        default: groupOrder.isDescending.toggle()
        }
        recount()
    }

    // MARK: Moving

    /// Moves the cursor, or the text of a page, by so many rows.
    mutating func move(by distance: Int) {
        switch view {
        case .groups:
            groupCursor.move(to: groupCursor.position + distance, in: groups.map(\.key), visible: layout.tableRows)
        case .connections:
            connectionCursor.move(to: connectionCursor.position + distance, in: cookies, visible: layout.tableRows)
        case .page: scroll(by: distance)
        case .sorting(let place):
            views[views.count - 1] = .sorting(max(0, min(place + distance, sortTitles.count - 1)))
        }
    }

    private mutating func scroll(by distance: Int) {
        guard case .page(var page) = view else { return }
        let most = max(0, lines(of: page).count - layout.pageRows)
        page.top = max(0, min(page.top + distance, most))
        views[views.count - 1] = .page(page)
    }

    /// Rows of a screenful, one of them seen twice.
    var screenful: Int {
        if case .page = view { max(layout.pageRows - 1, 1) } else { max(layout.tableRows - 1, 1) }
    }
}

/// What the looks have to find out for the screen.
struct TopWish: Sendable, Equatable {
    /// The connection whose life is wanted.
    var cookie: UInt64?
    /// More of processes than their names.
    var details = false
    var limits = false
}

extension TopSample {
    /// Connections in order; equal ones stay in theirs, and unknown values come last.
    func sorted(_ members: [Int], by order: TopOrder<TopConnectionColumn>) -> [Int] {
        let keys: [SortKey] = members.map { index in
            if order.key == .age {
                return age(of: index).milliseconds.map { .number(UInt64($0)) } ?? .unknown
            }
            return order.key.column.sortKey(connections[index], rows)
        }
        return members.indices.sorted { left, right in
            switch (keys[left], keys[right]) {
            case (.unknown, .unknown): return left < right
            case (.unknown, _): return false
            case (_, .unknown): return true
            case (let one, let other):
                if order.isDescending ? other.precedes(one) : one.precedes(other) { return true }
                if order.isDescending ? one.precedes(other) : other.precedes(one) { return false }
                return left < right
            }
        }.map { members[$0] }
    }
}
