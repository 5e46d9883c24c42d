import Testing

@testable import Clearing

@Suite struct QuietTimeTests {
    /// Text, weekday (0 is Sunday), time, whether it is quiet then.
    static let moments: [(String, Int, String, Bool)] = [
        ("Mon-Fri 08:00-18:00", 1, "07:59", false), ("Mon-Fri 08:00-18:00", 1, "08:00", true),
        ("Mon-Fri 08:00-18:00", 5, "17:59", true), ("Mon-Fri 08:00-18:00", 5, "18:00", false),
        ("Mon-Fri 08:00-18:00", 6, "12:00", false), ("mon-fri 08:00-18:00", 0, "12:00", false),
        // Over midnight it ends on the day after.
        ("22:00-06:00", 3, "21:59", false), ("22:00-06:00", 3, "22:00", true), ("22:00-06:00", 4, "05:59", true),
        ("22:00-06:00", 4, "06:00", false),
        ("Fri 22:00-06:00", 5, "23:00", true), ("Fri 22:00-06:00", 6, "05:00", true),
        ("Fri 22:00-06:00", 5, "05:00", false), ("Fri 22:00-06:00", 6, "22:00", false),
        // Saturday's ends on Sunday.
        ("Sat 22:00-06:00", 0, "01:00", true), ("Sat 22:00-06:00", 6, "01:00", false),
        ("Sat,Sun", 6, "00:00", true), ("Sat,Sun", 0, "23:59", true), ("Sat,Sun", 1, "00:00", false),
        ("Fri-Mon", 0, "12:00", true), ("Fri-Mon", 2, "12:00", false), ("Fri-Mon", 1, "12:00", true),
        ("Sun 00:00-24:00", 0, "23:59", true), ("18:00-24:00", 2, "23:59", true), ("18:00-24:00", 3, "00:00", false),
    ]

    @Test("quiet hours hold on their days, over midnight too", arguments: moments.indices)
    func moment(row: Int) throws {
        let (text, weekday, clock, isQuiet) = Self.moments[row]
        let parts = clock.split(separator: ":").compactMap { Int($0) }
        let time = LocalTime(weekday: weekday, minute: parts[0] * 60 + parts[1])
        #expect(try #require(QuietTime(text)).contains(time) == isQuiet, "\(text) \(weekday) \(clock)")
    }

    @Test("a description is read back as the same hours", arguments: ["Mon-Fri 08:00-18:00", "22:00-06:00", "Sat,Sun"])
    func description(text: String) throws {
        let time = try #require(QuietTime(text))
        #expect(QuietTime(time.description) == time)
    }

    @Test(
        "what is written in another way is refused",
        arguments: [
            "", "Someday", "Mon-", "-Fri", "Mon,,Tue", "08:00", "8-18", "08:00-08:00", "25:00-26:00", "08:60-09:00",
            "24:00-06:00", "08:00-24:01", "Mon 08:00-18:00 Tue", "08:00-18:00 Mon", "Mon Tue", "+8:00-9:00",
            "08:00--9:00",
        ])
    func mistakes(text: String) {
        #expect(QuietTime(text) == nil)
    }
}
