internal import CLinux
internal import Glibc

/// The number of a classic tracepoint, which perf_event_open(2) wants.
///
/// It stands in tracefs, which need not be mounted: then a tracefs of our own is opened that no path leads to
/// (fsopen(2), fsmount(2)), and goes with its descriptor.
enum TracepointIdentity {
    private static let mounts = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"]

    /// - Parameter name: `syscalls/sys_exit_accept4`
    static func number(of name: String) throws(KernelError) -> UInt64 {
        let path = "events/\(name)/id"
        for mount in mounts {
            if let bytes = try? readFile("\(mount)/\(path)"), let number = ProcText(bytes).words.first {
                if let number: UInt64 = ProcText.integer(number) { return number }
            }
        }
        let raw = linger_open_tracefs()
        guard raw >= 0 else { throw .system("fsopen(tracefs)", name) }
        let folder = FileDescriptor(owning: raw)
        let opened = openat(folder.raw, path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw .system("open", "tracefs:\(path)") }
        let file = FileDescriptor(owning: opened)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 32, alignment: 8)
        defer { buffer.deallocate() }
        let count = try file.read(into: buffer, subject: "tracefs:\(path)")
        guard let word = ProcText(Array(buffer[..<count])).words.first, let number: UInt64 = ProcText.integer(word)
        else { throw KernelError(call: "read", subject: "tracefs:\(path)", hint: "no number there") }
        return number
    }
}
