/// Where a person is in a list that changes under their eyes: on something, not on a number.
struct TopListCursor<Identity: Hashable & Sendable>: Sendable, Equatable {
    private(set) var position = 0
    /// The first row that is seen.
    private(set) var top = 0
    /// What the cursor is on; `nil` while it stays at the top, whatever stands there.
    private var held: Identity?

    /// Finds its place again in a list that has changed, with so many rows to be seen.
    mutating func settle(in list: [Identity], visible: Int) {
        if let held, let place = list.firstIndex(of: held) { position = place }
        position = max(0, min(position, list.count - 1))
        if held != nil { held = list.isEmpty ? held : list[position] }
        scroll(count: list.count, visible: visible)
    }

    mutating func move(to place: Int, in list: [Identity], visible: Int) {
        guard !list.isEmpty else { return }
        position = max(0, min(place, list.count - 1))
        held = position == 0 ? nil : list[position]
        scroll(count: list.count, visible: visible)
    }

    private mutating func scroll(count: Int, visible: Int) {
        let visible = max(visible, 1)
        if position < top { top = position }
        if position >= top + visible { top = position - visible + 1 }
        top = max(0, min(top, count - visible))
    }
}
