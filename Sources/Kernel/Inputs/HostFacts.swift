internal import Glibc

/// What a look needs to know of the host and of the moment.
struct HostFacts: Sendable, Hashable {
    /// Milliseconds since 1970, on the monotonic clock, and since boot with suspended time.
    var time: UInt64
    var monotonic: UInt64
    var boottime: UInt64
    var host: String
    var kernel: String
    var observer: UInt32
    var pageSize: UInt64
    var ticksPerSecond: UInt64
    /// HZ: the coarse clock's resolution is one tick (clock_getres(2), CLOCK_MONOTONIC_COARSE).
    var hertz: UInt32
    /// Inode of the network namespace that we run in.
    var namespace: UInt32
    /// We run in the first PID namespace (PROC_PID_INIT_INO, `linux/proc_ns.h`): no process is out of sight.
    var seesAllProcesses: Bool

    /// /proc belongs to our own PID namespace: its numbers are those that we have. A shell after `unshare --pid` without
    /// `--mount-proc` sees another's.
    var isProcOurs: Bool

    private static let firstPIDNamespace = "pid:[4026531836]"

    static func live() -> HostFacts {
        var name = utsname()
        uname(&name)
        var resolution = timespec()
        clock_getres(CLOCK_MONOTONIC_COARSE, &resolution)
        return HostFacts(
            time: milliseconds(CLOCK_REALTIME), monotonic: milliseconds(CLOCK_MONOTONIC),
            boottime: milliseconds(CLOCK_BOOTTIME), host: text(of: name.nodename), kernel: text(of: name.release),
            observer: geteuid(), pageSize: UInt64(max(1, sysconf(Int32(_SC_PAGESIZE)))),
            ticksPerSecond: UInt64(max(1, sysconf(Int32(_SC_CLK_TCK)))),
            hertz: resolution.tv_nsec > 0 ? UInt32(clamping: 1_000_000_000 / resolution.tv_nsec) : 250,
            namespace: (try? readLink("/proc/thread-self/ns/net")).flatMap(namespaceInode) ?? 0,
            seesAllProcesses: (try? readLink("/proc/self/ns/pid")) == firstPIDNamespace,
            isProcOurs: (try? readLink("/proc/self")) == "\(getpid())")
    }

    /// By the running kernel's release (uname(2)).
    static func kernelIsAtLeast(_ major: Int, _ minor: Int) -> Bool {
        var name = utsname()
        uname(&name)
        return isRelease(text(of: name.release), atLeast: (major, minor))
    }

    /// `6.18.5-amd64` is at least 6.2. A release without two numbers at its beginning is none.
    static func isRelease(_ release: String, atLeast wanted: (major: Int, minor: Int)) -> Bool {
        let parts = release.split(separator: ".", maxSplits: 2)
        guard parts.count >= 2, let major = Int(parts[0]), let minor = Int(parts[1].prefix { $0.isNumber }) else {
            return false
        }
        return (major, minor) >= wanted
    }

    private static func milliseconds(_ clock: clockid_t) -> UInt64 {
        var now = timespec()
        clock_gettime(clock, &now)
        return UInt64(now.tv_sec) * 1000 + UInt64(now.tv_nsec) / 1_000_000
    }

    private static func text<Characters>(of characters: Characters) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

extension HostFacts {
    /// `name value` lines, for a recording.
    var encoded: [UInt8] {
        Array(
            """
            time \(time)
            monotonic \(monotonic)
            boottime \(boottime)
            host \(host)
            kernel \(kernel)
            observer \(observer)
            page_size \(pageSize)
            ticks_per_second \(ticksPerSecond)
            hertz \(hertz)
            namespace \(namespace)
            sees_all_processes \(seesAllProcesses ? 1 : 0)
            is_proc_ours \(isProcOurs ? 1 : 0)

            """.utf8)
    }

    init(decoding bytes: [UInt8]) throws(KernelError) {
        var values: [String: String] = [:]
        for line in ProcText(bytes).lines {
            let words = ProcText(line).words
            guard words.count == 2 else { continue }
            values[String(decoding: words[0], as: UTF8.self)] = String(decoding: words[1], as: UTF8.self)
        }
        func number<Value: FixedWidthInteger>(_ name: String) throws(KernelError) -> Value {
            guard let value = values[name].flatMap({ Value($0) }) else {
                throw KernelError(
                    call: "replay", subject: "host", hint: "the recording's host file has no number '\(name)'")
            }
            return value
        }
        self.init(
            time: try number("time"), monotonic: try number("monotonic"), boottime: try number("boottime"),
            host: values["host"] ?? "", kernel: values["kernel"] ?? "", observer: try number("observer"),
            pageSize: try number("page_size"), ticksPerSecond: try number("ticks_per_second"),
            hertz: try number("hertz"), namespace: try number("namespace"),
            seesAllProcesses: try number("sees_all_processes") == 1, isProcOurs: try number("is_proc_ours") == 1)
        guard (1...1_000_000).contains(ticksPerSecond) else {
            throw KernelError(
                call: "replay", subject: "host", hint: "ticks_per_second \(ticksPerSecond) is no clock's")
        }
    }
}

extension Inputs {
    func host() throws(KernelError) -> HostFacts {
        try HostFacts(decoding: bytes("host") { () throws(KernelError) in HostFacts.live().encoded })
    }
}
