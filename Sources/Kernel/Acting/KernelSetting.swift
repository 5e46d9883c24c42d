internal import CLinux
internal import Glibc
package import Sockets

/// A value under /proc/sys (proc_sys(5)), read and written in the network namespace that it belongs to.
package enum KernelSetting {
    /// - Parameters:
    ///   - name: as sysctl(8) has it: `net.core.somaxconn`.
    ///   - namespace: `nil` for this thread's own.
    /// - Returns: the words of the value with one space between.
    package static func read(_ name: String, in namespace: NetworkNamespace?) throws(KernelError) -> String {
        let path = path(name)
        let words = try run(in: namespace) { () throws(KernelError) in ProcText(try readFile(path)).words }
        return words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
    }

    /// In one write(2): the kernel takes all of it or nothing.
    package static func write(_ name: String, _ value: String, in namespace: NetworkNamespace?) throws(KernelError) {
        let path = path(name)
        try run(in: namespace) { () throws(KernelError) in
            let raw = open(path, O_WRONLY | O_CLOEXEC)
            guard raw >= 0 else { throw failure("open", path) }
            let file = FileDescriptor(owning: raw)
            let bytes = Array((value + "\n").utf8)
            guard Glibc.write(file.raw, bytes, bytes.count) == bytes.count else { throw failure("write", path) }
        }
    }

    /// Names a network namespace until the next boot, while its inode may be another's later. `nil` on kernels before 5.14.
    package static func cookie(of namespace: NetworkNamespace?) throws(KernelError) -> UInt64? {
        try run(in: namespace) { () throws(KernelError) in
            let raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard raw >= 0 else { throw .system("socket(AF_INET)") }
            defer { close(raw) }
            let cookie = linger_namespace_cookie(raw)
            return cookie == 0 ? nil : cookie
        }
    }

    /// Changes with each boot (random(4)).
    package static func bootID() throws(KernelError) -> String {
        try read("kernel.random.boot_id", in: nil)
    }

    /// Bytes of memory that the host has, by proc_meminfo(5).
    package static var memory: UInt64? {
        guard let bytes = try? readFile("/proc/meminfo"), let words = ProcText(bytes).value(of: "MemTotal") else {
            return nil
        }
        return words.first.flatMap { ProcText.integer($0) as UInt64? }.map { $0 &* 1024 }
    }

    private static func path(_ name: String) -> String {
        "/proc/sys/" + String(name.map { $0 == "." ? "/" : $0 })
    }

    private static func run<Value: Sendable>(
        in namespace: NetworkNamespace?, _ body: @escaping @Sendable () throws(KernelError) -> Value
    ) throws(KernelError) -> Value {
        guard let namespace else { return try body() }
        return try NamespaceThread.run(in: namespace) { () -> Result<Value, KernelError> in
            do throws(KernelError) { return .success(try body()) } catch { return .failure(error) }
        }.get()
    }

    private static func failure(_ call: String, _ path: String) -> KernelError {
        let code = errno
        let hint =
            switch code {
            case EPERM, EACCES: "needs CAP_NET_ADMIN in the namespace, or root: run with sudo"
            case EROFS: "/proc/sys is read-only here, as in a container: set it where the container is made"
            case EINVAL: "the kernel does not take this value"
            default: ""
            }
        return KernelError(call: call, subject: path, code: code, hint: hint)
    }
}
