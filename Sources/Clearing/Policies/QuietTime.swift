/// A moment of the week, as the clock on the wall shows it.
package struct LocalTime: Sendable, Hashable {
    /// 0 is Sunday, as in struct tm (localtime(3)).
    package var weekday: Int
    /// Since midnight, 0 … 1439.
    package var minute: Int

    package init(weekday: Int, minute: Int) {
        self.weekday = weekday
        self.minute = minute
    }
}

/// Hours in which a policy does not act, in local time: `Mon-Fri 08:00-18:00`, `22:00-06:00`, `Sat,Sun`.
package struct QuietTime: Sendable, Hashable, CustomStringConvertible {
    /// The days on which it begins.
    private(set) var days: Set<Int>
    private(set) var from: Int
    /// Not later than `from`: on the day after.
    private(set) var until: Int

    package static let dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    private static let wholeDay = 24 * 60

    /// `nil` where it is written in another way.
    package init?(_ text: String) {
        let words = text.lowercased().split(separator: " ")
        guard let first = words.first, words.count <= 2 else { return nil }
        days = Set(0..<7)
        (from, until) = (0, Self.wholeDay)
        let isHours = first.first?.isNumber == true
        if !isHours {
            guard let named = Self.days(first) else { return nil }
            days = named
        }
        if isHours || words.count == 2 {
            guard words.count == (isHours ? 1 : 2), let last = words.last, let hours = Self.hours(last) else {
                return nil
            }
            (from, until) = hours
        }
    }

    package func contains(_ time: LocalTime) -> Bool {
        if from < until { return days.contains(time.weekday) && (from..<until).contains(time.minute) }
        return days.contains(time.weekday) && time.minute >= from
            || days.contains((time.weekday + 6) % 7) && time.minute < until
    }

    package var description: String {
        func clock(_ minute: Int) -> String {
            let (hour, rest) = minute.quotientAndRemainder(dividingBy: 60)
            return "\(hour < 10 ? "0" : "")\(hour):\(rest < 10 ? "0" : "")\(rest)"
        }
        return days.sorted().map { Self.dayNames[$0] }.joined(separator: ",") + " \(clock(from))-\(clock(until))"
    }

    /// `mon-fri`, `sat,sun`, `fri-mon`.
    private static func days(_ text: Substring) -> Set<Int>? {
        var days: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map {
                dayNames.firstIndex(of: String($0))
            }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1] else { return nil }
            var day = first
            days.insert(day)
            while day != last {
                day = (day + 1) % 7
                days.insert(day)
            }
        }
        return days
    }

    /// `08:00-18:00`; 24:00 is an end too.
    private static func hours(_ text: Substring) -> (Int, Int)? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { part -> Int? in
            let numbers = part.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
            guard numbers.count == 2, let hour = numbers[0], let minute = numbers[1], (0...24).contains(hour),
                (0...59).contains(minute), hour * 60 + minute <= wholeDay, part.first?.isNumber == true
            else { return nil }
            return hour * 60 + minute
        }
        guard ends.count == 2, let from = ends[0], let until = ends[1], from != until, from < wholeDay else {
            return nil
        }
        return (from, until)
    }
}
