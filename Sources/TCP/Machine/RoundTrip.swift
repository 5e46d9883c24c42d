/// The round trip's estimate and the retransmission timeout made of it (RFC 6298).
struct RoundTrip: Sendable {
    /// SRTT and RTTVAR; 0 as long as nothing was measured.
    var smoothed: Microseconds = 0
    var variation: Microseconds = 0
    /// RTO, backed off as often as `backoffs` says.
    var timeout: Microseconds
    /// Retransmissions since the last ACK that was news.
    var backoffs: UInt8 = 0
    /// The segment that is being timed ends here (Karn: never one that was sent twice).
    var timedEnd = SequenceNumber(0)
    var timedAt = Instant(microseconds: 0)
    var isTiming = false

    init(initial: Microseconds) { timeout = initial }

    /// Section 2.
    mutating func measure(_ sample: Microseconds, least: Microseconds, most: Microseconds) {
        let sample = max(sample, 1)
        if smoothed == 0 {
            smoothed = sample
            variation = sample / 2
        } else {
            variation = (3 * variation + abs(smoothed - sample)) / 4
            smoothed = max((7 * smoothed + sample) / 8, 1)
        }
        reckon(least: least, most: most)
    }

    mutating func reckon(least: Microseconds, most: Microseconds) {
        // G, the clock's granularity, is the millisecond of our timestamps.
        timeout = min(max(smoothed + max(1_000, 4 * variation), least), most)
    }

    /// (5.5)
    mutating func backOff(most: Microseconds) {
        timeout = min(timeout * 2, most)
        if backoffs < .max { backoffs += 1 }
        isTiming = false
    }
}
