internal import CLinux
internal import Glibc

/// What the lab asks the kernel about the process that it runs in.
package enum OwnProcess {
    package static var pid: Int32 { getpid() }

    /// The name that `ps`, `ss` and `/proc/PID/comm` show; the kernel keeps 15 bytes of it.
    package static func setName(_ name: String) { _ = linger_set_process_name(name) }

    /// Ends this process when its parent ends, `kill -9` included. A parent that ended before is told by its pipe.
    package static func dieWithParent() throws(KernelError) {
        try check(linger_die_with_parent(), "prctl(PR_SET_PDEATHSIG)")
    }

    /// What a child started becomes a child of this process when the child ends, so that it can be waited for.
    package static func adoptGrandchildren() throws(KernelError) {
        try check(linger_adopt_grandchildren(), "prctl(PR_SET_CHILD_SUBREAPER)")
    }

    /// Closes every descriptor but the first three: whoever started the lab may have left some open.
    package static func closeInherited() throws(KernelError) {
        for name in try listFolder("/proc/self/fd") {
            if let descriptor = Int32(name), descriptor > STDERR_FILENO { close(descriptor) }
        }
    }

    /// RLIMIT_NOFILE up to the hard limit (getrlimit(2)); children inherit it.
    /// - Returns: descriptors that a process may now have.
    package static func raiseDescriptorLimit() throws(KernelError) -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            throw .system("getrlimit", "RLIMIT_NOFILE")
        }
        limit.rlim_cur = limit.rlim_max
        guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            throw .system("setrlimit", "RLIMIT_NOFILE")
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// Both RLIMIT_NOFILE, the soft and the hard one.
    package static func limitDescriptors(to count: Int) throws(KernelError) {
        var limit = rlimit(rlim_cur: rlim_t(count), rlim_max: rlim_t(count))
        guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            throw .system("setrlimit", "RLIMIT_NOFILE")
        }
    }

    /// Sets a kernel setting of the namespace that this process is in: `net.ipv4.tcp_tw_reuse`.
    package static func set(_ setting: String, to value: String) throws(KernelError) {
        let path = "/proc/sys/" + String(setting.map { $0 == "." ? "/" : $0 })
        let raw = open(path, O_WRONLY | O_CLOEXEC)
        guard raw >= 0 else { throw .system("open", path) }
        let file = FileDescriptor(owning: raw)
        guard write(file.raw, value, value.utf8.count) == value.utf8.count else { throw .system("write", path) }
    }

    /// Standard input ended, or whoever held its other end did. Takes what stands in it.
    package static func waitForEndOfInput() {
        var watched = pollfd(fd: STDIN_FILENO, events: 0, revents: 0)
        while poll(&watched, 1, -1) <= 0 {}
    }

    private static func check(_ result: Int32, _ call: String) throws(KernelError) {
        guard result == 0 else { throw KernelError(call: call, code: 0 &- result) }
    }
}
