import Glibc

/// What the process was started with, and the passing of time.
package enum Surroundings {
    /// A variable of the environment; `nil` where it is not set.
    package static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// The effective user is root.
    package static var isRoot: Bool { geteuid() == 0 }

    /// Ends the process. ArgumentParser's own way would look up what kind of error the code is.
    package static func exit(_ code: Int32) -> Never { Glibc.exit(code) }

    /// Something stands under the path, or may: what cannot be looked at is taken for there.
    package static func exists(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 || errno != ENOENT && errno != ENOTDIR
    }

    /// A file's bytes, a megabyte at most; the error is the system's own words.
    package static func contents(ofFile path: String) throws(UnreadableFile) -> [UInt8] {
        do throws(KernelError) {
            return try readFile(path, limit: 1 << 20)
        } catch {
            throw UnreadableFile(path: path, reason: error.reason)
        }
    }

    /// The monotonic clock, in seconds.
    package static var monotonicSeconds: Double {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }

    /// Waits on the monotonic clock. Ctrl-C ends the process, as everywhere.
    package static func sleep(seconds: Double) {
        guard seconds > 0 else { return }
        var until = timespec()
        clock_gettime(CLOCK_MONOTONIC, &until)
        let nanoseconds = until.tv_nsec + Int((seconds - seconds.rounded(.down)) * 1e9)
        until.tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
        until.tv_nsec = nanoseconds % 1_000_000_000
        while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nil) == EINTR {}
    }
}

/// A file that a person named and that cannot be read.
package struct UnreadableFile: Error, Sendable {
    package var path: String
    package var reason: String
}
