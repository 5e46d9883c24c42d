import History
import Kernel

/// Finds out that time went on without us: a process that was stopped, a host that slept, a clock that somebody set. Pure:
/// clocks come in as arguments, in nanoseconds.
struct TimeWatch {
    /// The clocks at one moment.
    struct Reading: Sendable {
        var monotonic: UInt64
        /// The monotonic clock does not run while the host sleeps, this one does.
        var sinceBoot: UInt64
        /// From the monotonic clock to the wall clock.
        var offset: Int64

        static var now: Reading {
            Reading(monotonic: HostClock.monotonic, sinceBoot: HostClock.sinceBoot, offset: HostClock.offset)
        }

        fileprivate var asleep: UInt64 { sinceBoot - min(sinceBoot, monotonic) }
        /// Microseconds since 1970.
        var wall: Int64 { (Int64(bitPattern: monotonic) &+ offset) / 1000 }
    }

    /// What waits for a fifth of a second does not take so long, unless it was stopped.
    private static let pause: UInt64 = 2_000_000_000
    /// A clock that is slewed goes a two-thousandth wrong at most.
    private static let step: Int64 = 500_000_000

    private var last: Reading

    init(_ now: Reading) { last = now }

    /// - Parameters:
    ///   - woke: when the wait that followed the last call was over, on the monotonic clock.
    mutating func note(woke: UInt64, _ now: Reading) -> [GapRow] {
        defer { last = now }
        var gaps: [GapRow] = []
        let slept = Int64(clamping: now.asleep) - Int64(clamping: last.asleep)
        let waited = woke - min(woke, last.monotonic)
        if slept > Self.step || waited > Self.pause {
            let what = slept > Self.step ? "the host slept" : "the daemon did not run"
            gaps.append(GapRow(from: last.wall, to: now.wall, kind: .suspended, detail: what))
        }
        // A sleep moves the offset too.
        let stepped = now.offset - last.offset - slept
        if stepped.magnitude > Self.step.magnitude {
            gaps.append(
                GapRow(
                    from: min(last.wall, now.wall), to: max(last.wall, now.wall), kind: .clockStep,
                    detail: "by \(Double(stepped / 1_000_000) / 1000) s"))
        }
        return gaps
    }
}
