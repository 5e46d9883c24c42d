internal import Glibc

/// A date and a time of day as people write them, of the Gregorian calendar.
package struct CivilTime: Sendable, Hashable {
    package var year: Int
    /// 1 for January.
    package var month: Int
    package var day: Int
    package var hour: Int
    package var minute: Int
    package var second: Int

    package init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// - Parameters:
    ///   - seconds: since 1970, UTC.
    ///   - utc: else of the local time zone.
    package init(_ seconds: Int64, utc: Bool) {
        var time = time_t(seconds)
        var parts = tm()
        if utc { gmtime_r(&time, &parts) } else { localtime_r(&time, &parts) }
        self.init(
            year: Int(parts.tm_year) + 1900, month: Int(parts.tm_mon) + 1, day: Int(parts.tm_mday),
            hour: Int(parts.tm_hour), minute: Int(parts.tm_min), second: Int(parts.tm_sec))
    }

    /// Seconds since 1970, UTC; `nil` for a date or time that does not exist: 30 February, or an hour that summer time
    /// leaves out.
    package func seconds(utc: Bool) -> Int64? {
        guard (1...12).contains(month), (1...31).contains(day), (1970...9999).contains(year) else { return nil }
        guard (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second) else { return nil }
        var parts = tm()
        parts.tm_year = Int32(year - 1900)
        parts.tm_mon = Int32(month - 1)
        parts.tm_mday = Int32(day)
        parts.tm_hour = Int32(hour)
        parts.tm_min = Int32(minute)
        parts.tm_sec = Int32(second)
        // Summer time or not: as the zone has it on that day.
        parts.tm_isdst = -1
        let seconds = Int64(utc ? timegm(&parts) : mktime(&parts))
        return CivilTime(seconds, utc: utc) == self ? seconds : nil
    }
}
