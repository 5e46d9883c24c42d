import TCP

/// How many sockets were in each state over the last minutes.
struct TopHistory: Sendable, Equatable {
    /// Seconds that are kept.
    static let span = 180

    private struct Entry: Equatable {
        /// Nanoseconds on the monotonic clock.
        var time: UInt64
        var counts: [Int]
    }

    private var entries: [Entry] = []

    mutating func add(_ counts: [Int], at time: UInt64) {
        entries.append(Entry(time: time, counts: counts))
        let span = UInt64(Self.span + 60) * 1_000_000_000
        entries.removeAll { $0.time + span < time }
    }

    /// The newest count in the state.
    func count(in state: State) -> Int { entries.last?.counts[Int(state.rawValue)] ?? 0 }

    /// The last minutes in so many cells, the newest at the right: each the largest count of its part, out of eight
    /// heights from nothing to the largest of all. A blank was not seen.
    func sparkline(of state: State, cells: Int) -> String {
        guard cells > 0, let last = entries.last else { return "" }
        // Parts begin at fixed moments: so a count stays in its part while time goes on.
        let part = UInt64(max((Self.span + cells - 1) / cells, 1)) * 1_000_000_000
        let newest = last.time / part
        var heights = [Int?](repeating: nil, count: cells)
        for entry in entries {
            let back = Int(newest - entry.time / part)
            guard back < cells else { continue }
            let place = cells - 1 - back
            heights[place] = max(heights[place] ?? 0, entry.counts[Int(state.rawValue)])
        }
        // A part without a look, between others, is as the one before it.
        for place in 1..<max(cells, 1) where heights[place] == nil { heights[place] = heights[place - 1] }
        let most = heights.compactMap { $0 }.max() ?? 0
        return heights.reduce(into: "") { line, height in
            guard let height else { return line += " " }
            line += height == 0 || most == 0 ? Self.bars[0] : Self.bars[1 + (height * 7 - 1) / most]
        }
    }

    /// Nothing is a line at the bottom; one of many is more than nothing.
    private static let bars = [
        "\u{2581}", "\u{2582}", "\u{2583}", "\u{2584}", "\u{2585}", "\u{2586}", "\u{2587}", "\u{2588}",
    ]
}
