internal import Glibc

/// What this process itself takes of the host.
package struct OwnUse: Sendable, Equatable {
    /// Seconds of CPU, user and system together (getrusage(2)).
    package var processorSeconds: Double
    /// Bytes; `nil` where /proc does not tell.
    package var residentBytes: UInt64?
    package var virtualBytes: UInt64?
    package var openDescriptors: Int?
    package var mostDescriptors: UInt64?
    /// Seconds since 1970 at which it started.
    package var started: Double?

    package static func now() -> OwnUse {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        var use = OwnUse(processorSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime))
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            use.mostDescriptors = UInt64(limit.rlim_cur)
        }
        // One of them is the listing's own.
        use.openDescriptors = (try? listFolder("/proc/self/fd")).map { max(0, $0.count - 1) }
        // proc_pid_statm(5): pages, the whole and what is resident.
        let page = UInt64(sysconf(Int32(_SC_PAGESIZE)))
        let pages = (try? readFile("/proc/self/statm")).map {
            String(decoding: $0, as: UTF8.self).split(separator: " ")
        }
        if let pages, pages.count > 1 {
            use.virtualBytes = UInt64(pages[0]).map { $0 * page }
            use.residentBytes = UInt64(pages[1]).map { $0 * page }
        }
        use.started = started()
        return use
    }

    /// proc_pid_stat(5): ticks since boot; and since when that is (proc_stat(5), `btime`).
    private static func started() -> Double? {
        guard let status = try? readFile("/proc/self/stat"), let host = try? readFile("/proc/stat") else { return nil }
        // The name in the middle may hold spaces and brackets.
        let text = String(decoding: status, as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[end...].split(separator: " ")
        let boot = String(decoding: host, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("btime ") }
        guard fields.count > 20, let ticks = Double(fields[20]), let since = boot.flatMap({ Double($0.dropFirst(6)) })
        else { return nil }
        return since + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
