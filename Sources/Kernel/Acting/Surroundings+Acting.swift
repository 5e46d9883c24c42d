internal import Glibc

extension Surroundings {
    /// Seconds on the monotonic clock.
    package static var seconds: Double {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }

    /// Milliseconds since 1970.
    package static var milliseconds: UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return UInt64(now.tv_sec) * 1000 + UInt64(now.tv_nsec) / 1_000_000
    }

    /// The clock on the wall (localtime(3)): days since Sunday, minutes since midnight.
    package static var localTime: (weekday: Int, minute: Int) {
        var now = time(nil)
        var parts = tm()
        // TZ may have changed, or the file that it names.
        tzset()
        localtime_r(&now, &parts)
        return (Int(parts.tm_wday), Int(parts.tm_hour) * 60 + Int(parts.tm_min))
    }

    package static var processID: Int32 { getpid() }
    package static var userID: UInt32 { getuid() }

    /// Where the program keeps what it needs later: `/var/lib/linger` for root, else `$XDG_STATE_HOME/linger`.
    package static var stateFolder: String {
        if isRoot { return "/var/lib/linger" }
        let home = variable("HOME") ?? "."
        return (variable("XDG_STATE_HOME").flatMap { $0.isEmpty ? nil : $0 } ?? home + "/.local/state") + "/linger"
    }

    /// Both ends of a question are a terminal.
    package static var canAsk: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// One line of standard input; `nil` at its end.
    package static func readLine() -> String? { Swift.readLine() }
}
