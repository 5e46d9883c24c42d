import Glibc

/// What the process was started with, and the passing of time.
package enum Surroundings {
    /// A variable of the environment; `nil` where it is not set.
    package static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// The effective user is root.
    package static var isRoot: Bool { geteuid() == 0 }

    /// A file's bytes, a megabyte at most; the error is the system's own words.
    package static func contents(ofFile path: String) throws(UnreadableFile) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw UnreadableFile(path: path, reason: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw UnreadableFile(path: path, reason: String(cString: strerror(errno))) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            // Named by mistake, /dev/zero has no end.
            guard bytes.count <= 1 << 20 else { throw UnreadableFile(path: path, reason: "larger than 1 MiB") }
        }
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
