internal import Glibc

/// The clocks that events are told by.
package enum HostClock {
    /// CLOCK_MONOTONIC, nanoseconds: the clock of the stream.
    package static var monotonic: UInt64 { nanoseconds(CLOCK_MONOTONIC) }

    /// What has to be added to the monotonic clock for the time since 1970, UTC, as the clocks stand now: somebody may
    /// set the one, and not the other.
    package static var offset: Int64 {
        let before = nanoseconds(CLOCK_MONOTONIC)
        let wall = nanoseconds(CLOCK_REALTIME)
        let after = nanoseconds(CLOCK_MONOTONIC)
        return Int64(wall) - Int64(before + (after - before) / 2)
    }

    /// Hour, minute and second of the local time zone at a time since 1970 in seconds.
    package static func timeOfDay(_ seconds: Int64) -> (hour: Int, minute: Int, second: Int) {
        var time = time_t(seconds)
        var parts = tm()
        localtime_r(&time, &parts)
        return (Int(parts.tm_hour), Int(parts.tm_min), Int(parts.tm_sec))
    }

    private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
        var now = timespec()
        clock_gettime(clock, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }
}
