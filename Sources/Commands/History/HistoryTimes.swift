import Kernel

/// Times as people write and read them: relative to now, or of a calendar. All are microseconds since 1970, UTC.
struct HistoryTimes: Sendable {
    let now: Int64
    /// Else in the local time zone.
    let isUTC: Bool

    private static let second: Int64 = 1_000_000
    private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]

    /// `now`, `15m` and `2h ago`, `03:15` (the last one), `2026-11-28`, `2026-11-28 03:15`, `2026-11-28T03:15:00Z`.
    func time(_ text: String) -> Int64? {
        let text = text.lowercased()
        if text == "now" { return now }
        if let age = Self.age(text) { return now - age }
        if let time = timeOfDay(text) { return time }
        return date(text)
    }

    private static func age(_ text: String) -> Int64? {
        let words = text.split(separator: " ")
        guard words.count == 1 || words.count == 2 && words[1] == "ago", let word = words.first,
            let unit = word.last.flatMap({ units[$0] }), let number = Int64(word.dropLast()), number >= 0
        else { return nil }
        let (seconds, overflow) = number.multipliedReportingOverflow(by: unit * second)
        return overflow ? nil : seconds
    }

    private func timeOfDay(_ text: String) -> Int64? {
        guard let (hour, minute, second) = Self.clock(text[...]) else { return nil }
        let today = CivilTime(now / Self.second, utc: isUTC)
        var time = today
        (time.hour, time.minute, time.second) = (hour, minute, second)
        guard let seconds = time.seconds(utc: isUTC) else { return nil }
        if seconds * Self.second <= now { return seconds * Self.second }
        // Of yesterday: a clock shows no time that is to come.
        let yesterday = CivilTime(seconds - 86_400, utc: isUTC)
        (time.year, time.month, time.day) = (yesterday.year, yesterday.month, yesterday.day)
        return time.seconds(utc: isUTC).map { $0 * Self.second }
    }

    private func date(_ text: String) -> Int64? {
        var text = text[...]
        let isZulu = text.hasSuffix("z")
        if isZulu { text = text.dropLast() }
        let parts = text.split(maxSplits: 1, whereSeparator: { $0 == "t" || $0 == " " })
        let days = parts.first?.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) } ?? []
        guard days.count == 3, let year = days[0], let month = days[1], let day = days[2] else { return nil }
        var time = CivilTime(year: year, month: month, day: day)
        if parts.count > 1 {
            guard let clock = Self.clock(parts[1]) else { return nil }
            (time.hour, time.minute, time.second) = clock
        } else if isZulu {
            return nil
        }
        return time.seconds(utc: isUTC || isZulu).map { $0 * Self.second }
    }

    private static func clock(_ text: Substring) -> (Int, Int, Int)? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { $0.allSatisfy(\.isNumber) ? Int($0) : nil }
        guard numbers.count == parts.count, (2...3).contains(parts.count) else { return nil }
        return (numbers[0], numbers[1], numbers.count > 2 ? numbers[2] : 0)
    }

    // MARK: For reading

    /// `2026-11-28 03:15`
    func minute(_ time: Int64) -> String {
        let civil = CivilTime(time / Self.second, utc: isUTC)
        return day(civil) + " " + Self.two(civil.hour) + ":" + Self.two(civil.minute)
    }

    /// `2026-11-28 03:15:07`
    func second(_ time: Int64) -> String {
        minute(time) + ":" + Self.two(CivilTime(time / Self.second, utc: isUTC).second)
    }

    /// `2026-11-28 03:15:07.123456`
    func microsecond(_ time: Int64) -> String {
        let digits = String(time % Self.second)
        return second(time) + "." + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }

    private func day(_ civil: CivilTime) -> String {
        "\(civil.year)-" + Self.two(civil.month) + "-" + Self.two(civil.day)
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
