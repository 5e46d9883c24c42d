/// How long to wait before something is tried again: twice as long each time up to a bound, and of that a random part, so
/// that many hosts do not come back at the same moment.
package struct Backoff: Sendable, Hashable {
    package var first: Duration
    package var longest: Duration
    /// Tries in all.
    package var attempts: Int

    /// About twenty minutes.
    package static let usual = Backoff(first: .seconds(1), longest: .seconds(300), attempts: 12)

    package init(first: Duration, longest: Duration, attempts: Int) {
        self.first = first
        self.longest = longest
        self.attempts = attempts
    }

    /// - Parameters:
    ///   - attempt: the one that failed, from 1.
    ///   - jitter: 0 … 1, from outside.
    /// - Returns: between half of the time and all of it; `nil` where that was the last try.
    package func pause(after attempt: Int, jitter: Double) -> Duration? {
        guard attempt < attempts else { return nil }
        var whole = min(first, longest)
        for _ in 1..<max(attempt, 1) where whole < longest { whole = min(whole * 2, longest) }
        return whole * (0.5 + 0.5 * min(max(jitter, 0), 1))
    }
}
