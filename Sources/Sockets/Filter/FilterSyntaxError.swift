/// A filter that cannot be understood: what is wrong, where, and what would be right. The sentences are made by
/// `message(language:)`.
package struct FilterSyntaxError: Error, Sendable, Hashable {
    package enum Problem: Sendable, Hashable {
        /// Something else stands there; `nil` for the end of the filter.
        case expected([FilterExpectation], found: String?)
        /// A word where a condition begins that begins none.
        case unknownCondition(String)
        case unknownState(String)
        /// It is not of the form that the condition needs.
        case badValue(String, FilterExpectation)
        /// A number past the largest one that makes sense.
        case tooLarge(String, largest: UInt64)
        /// The condition needs a comparison before its value.
        case comparisonMissing(FilterKeyword)
        /// The condition does not take this comparison.
        case comparisonNotTaken(Comparison, FilterKeyword)
        case unknownHost(String)
        case unknownService(String)
        case unknownCgroup(String)
        /// An IPv6 address whose last group could be a port.
        case bracketsMissing(String)
        /// ss filters other socket families too: `unix:`, `netlink:`, …
        case otherFamily(String)
        case controlCharacter(UInt8)
        case tooDeep(limit: Int)
        case tooLong(limit: Int)
    }

    /// The words as they were given, joined by spaces.
    package var text: String
    /// Where the problem is: bytes of UTF-8 from the start of `text`.
    package var offset: Int
    package var problem: Problem
    /// The known word that is nearly the same.
    package var suggestion: String?

    package init(text: String, offset: Int, problem: Problem, suggestion: String? = nil) {
        self.text = text
        self.offset = offset
        self.problem = problem
        self.suggestion = suggestion
    }
}

/// What may stand at a place of a filter.
package enum FilterExpectation: Sendable, Hashable {
    case condition, and, or, closingParenthesis, end
    case state, host, port, device, mark, cgroup
    case pid, process, user, unit, container, namespace, duration, size
}

extension FilterSyntaxError {
    /// The known word that a person may have meant: at most two letters off, one for short words.
    static func nearest(to word: String, of known: some Sequence<String>) -> String? {
        let wanted = Array(word.lowercased().utf8)
        guard (2...24).contains(wanted.count) else { return nil }
        let allowed = wanted.count <= 4 ? 1 : 2
        var best: (word: String, distance: Int)?
        for candidate in known {
            let distance = editDistance(wanted, Array(candidate.utf8))
            if distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.word
    }

    /// Letters to insert, delete, change or swap with their neighbour (optimal string alignment).
    private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var line = [row + 1]
            for column in right.indices {
                let change = left[row] == right[column] ? 0 : 1
                var cost = min(last[column] + change, last[column + 1] + 1, line[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                line.append(cost)
            }
            (beforeLast, last) = (last, line)
        }
        return last[right.count]
    }
}
