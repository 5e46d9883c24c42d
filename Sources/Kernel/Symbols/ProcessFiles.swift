internal import Glibc

/// Files as a process sees them: in a container the same path is another file, or none, and so it is where a service has a
/// /tmp of its own.
struct ProcessFiles {
    private let pid: Int32
    /// A path means the same file to it and to us.
    let areOurs: Bool

    init(_ pid: Int32) {
        self.pid = pid
        func namespace(_ process: String) -> String? { try? readLink("/proc/\(process)/ns/mnt") }
        areOurs = namespace("\(pid)") == namespace("self") && (try? readLink("/proc/\(pid)/root")) == "/"
    }

    /// - Parameter path: an absolute one, as the process knows it.
    /// - Returns: a descriptor, the caller's to close; `nil` where there is no such regular file that may be read.
    func open(_ path: String) -> Int32? {
        guard path.hasPrefix("/") else { return nil }
        let place = areOurs ? path : place(of: path)
        var status = stat()
        // A device may do something when it is opened, and a pipe waits.
        guard stat(place, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        let raw = Glibc.open(place, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        return raw >= 0 ? raw : nil
    }

    /// Where we find it, whether they are ours or not, while the process lives.
    func place(of path: String) -> String { "/proc/\(pid)/root\(path)" }
}
