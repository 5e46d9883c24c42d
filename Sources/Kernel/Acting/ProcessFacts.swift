internal import Glibc

/// What /proc tells of a process in the moment before something is done to it.
package enum ProcessFacts {
    /// Field 22 of proc_pid_stat(5); `nil` where it is gone.
    package static func startTicks(_ pid: Int32) -> UInt64? {
        fields(pid).flatMap { $0.count > 19 ? ProcText.integer($0[19]) : nil }
    }

    /// Field 3: `R`, `S`, `T`, `Z` …
    static func state(_ pid: Int32) -> UInt8? { fields(pid)?.first?.first }

    /// Field 4.
    package static func parent(_ pid: Int32) -> Int32? {
        fields(pid).flatMap { $0.count > 1 ? ProcText.integer($0[1]) : nil }
    }

    /// This process, and those that it descends from.
    package static func ownLine() -> [Int32] {
        var line = [getpid()]
        while let last = line.last, let parent = parent(last), parent > 0, line.count < 1000 { line.append(parent) }
        return line
    }

    /// The freezer of cgroups holds it, of either version: so says where it sleeps (proc_pid_wchan(5)).
    static func isFrozen(_ pid: Int32) -> Bool {
        guard let place = try? readFile("/proc/\(pid)/wchan") else { return false }
        return ["__refrigerator", "do_freezer_trap"].contains { place.elementsEqual($0.utf8) }
    }

    /// Inode of the socket behind a descriptor; `nil` where it is closed, is no socket, or its process is gone.
    package static func socketInode(_ pid: Int32, _ descriptor: Int32) -> UInt32? {
        guard let link = try? readLink("/proc/\(pid)/fd/\(descriptor)"), link.hasPrefix("socket:["), link.hasSuffix("]")
        else { return nil }
        return UInt32(link.dropFirst(8).dropLast())
    }

    /// A field of /proc/PID/status (proc_pid_status(5)) or of a thread's.
    static func status(_ path: String, _ name: String) -> UInt64? {
        guard let bytes = try? readFile("\(path)/status"), let words = ProcText(bytes).value(of: name) else {
            return nil
        }
        return words.first.flatMap { ProcText.integer($0) }
    }

    /// What to do about EPERM of pidfd_getfd(2) and ptrace(2).
    static var attachHint: String {
        let scope: Int32 = (try? readFile("/proc/sys/kernel/yama/ptrace_scope")).flatMap { ProcText($0).integer() } ?? 0
        return switch scope {
        case 3: "kernel.yama.ptrace_scope is 3: nobody may attach to a process until the host is booted anew"
        case 1, 2: "needs CAP_SYS_PTRACE, for kernel.yama.ptrace_scope is \(scope): run as root"
        default: "needs CAP_SYS_PTRACE, or a process of your own user: run as root"
        }
    }

    /// Behind the name, which may hold anything: field 3 first.
    private static func fields(_ pid: Int32) -> [ArraySlice<UInt8>]? {
        guard let bytes = try? readFile("/proc/\(pid)/stat"), let close = bytes.lastIndex(of: UInt8(ascii: ")")) else {
            return nil
        }
        return ProcText(bytes[(close + 1)...]).words
    }
}
