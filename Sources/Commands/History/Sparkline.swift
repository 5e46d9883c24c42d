/// Numbers over time as one line of bars, the largest of them as high as a line is.
enum Sparkline {
    private static let bars: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// A blank where nothing is known; the lowest bar is 0 alone, so that one connection can be told from none.
    static func text(_ points: [Int64?]) -> String {
        let most = max(points.compactMap(\.self).max() ?? 0, 1)
        return String(
            points.map { point in
                guard let point else { return " " }
                return point <= 0 ? bars[0] : bars[1 + Int((Double(point) / Double(most) * 6).rounded())]
            })
    }
}
