/// How quickly, and how far, a plan is applied.
package struct Pace: Sendable {
    /// Connections between two pauses; `nil`: no pauses.
    package var batch: Int?
    /// Seconds from one batch to the next.
    package var every = 1.0
    /// At most so many connections a second; `nil`: as many as it can.
    package var perSecond: Int?
    /// Go on after a refusal.
    package var keepsGoing = false
    /// Seconds to wait for connections that take their time to end (LAST_ACK).
    package var wait = 5.0
    /// Seconds between SIGTERM and the end of a process.
    package var grace = 10.0
    /// SIGKILL for a process that has not ended by then.
    package var force = false
    /// eBPF for many at once; without it, netlink one by one.
    package var usesPass = true

    package init() {}

    /// How many are handed to a remedy at once: small enough that a pause, an audit record and a stop come in time.
    var chunk: Int {
        var chunk = batch ?? .max
        if let perSecond { chunk = min(chunk, max(1, perSecond / 4)) }
        return chunk
    }

    /// Seconds that a chunk of so many takes at least.
    func length(of count: Int) -> Double {
        max(batch == nil ? 0 : every, perSecond.map { Double(count) / Double(max(1, $0)) } ?? 0)
    }
}
