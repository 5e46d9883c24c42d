/// Finds what a person may have meant.
package enum Suggestion {
    /// The known word with the fewest letters to change, when that is at most a third of them.
    package static func nearest(to word: String, among known: some Sequence<String>) -> String? {
        let wanted = Array(word.lowercased().utf8.prefix(64))
        let ranked = known.map { (word: $0, distance: distance(wanted, Array($0.utf8))) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance * 3 <= best.word.utf8.count ? best.word : nil
    }

    /// Levenshtein's edit distance.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (index, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (place, other) in right.enumerated() {
                let above = row[place + 1]
                row[place + 1] = byte == other ? diagonal : min(diagonal, above, row[place]) + 1
                diagonal = above
            }
        }
        return row[right.count]
    }
}
