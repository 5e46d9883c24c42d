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

    package static var processID: Int32 { getpid() }
    package static var userID: UInt32 { getuid() }

    /// Both ends of a question are a terminal.
    package static var canAsk: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// One line of standard input; `nil` at its end.
    package static func readLine() -> String? { Swift.readLine() }
}
