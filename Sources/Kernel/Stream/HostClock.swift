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

    /// The wall clock: nanoseconds since 1970, UTC.
    package static var wall: Int64 { Int64(nanoseconds(CLOCK_REALTIME)) }

    /// Nanoseconds that the host has run, the time in which it was suspended included (CLOCK_BOOTTIME).
    package static var sinceBoot: UInt64 { nanoseconds(CLOCK_BOOTTIME) }

    /// `2026-11-28T03:47:30Z` (RFC 3339), of seconds since 1970.
    package static func utcText(_ seconds: Int64) -> String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        func text(_ number: Int32, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return text(parts.tm_year + 1900, 4) + "-" + text(parts.tm_mon + 1, 2) + "-" + text(parts.tm_mday, 2) + "T"
            + text(parts.tm_hour, 2) + ":" + text(parts.tm_min, 2) + ":" + text(parts.tm_sec, 2) + "Z"
    }

    private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
        var now = timespec()
        clock_gettime(clock, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }
}
