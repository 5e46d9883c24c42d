import Foundation

/// A process, told by its start time too, so that a later one with the same number is not taken for it.
struct RunningProcess: Hashable, CustomStringConvertible {
    var pid: Int32
    var startTicks: String

    /// `nil` when there is none.
    init?(pid: Int32) {
        guard let found = Self.status(of: pid) else { return nil }
        self.pid = pid
        startTicks = found.startTicks
    }

    /// Every process that runs in one of the namespaces.
    static func inNamespaces(_ inodes: Set<UInt64>) -> [RunningProcess] {
        let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap(Int32.init) ?? []
        return numbers.compactMap { pid in
            var status = stat()
            guard stat("/proc/\(pid)/ns/net", &status) == 0, inodes.contains(UInt64(status.st_ino)) else { return nil }
            return RunningProcess(pid: pid)
        }
    }

    /// A zombie holds nothing and counts as gone.
    var isAlive: Bool {
        guard let now = Self.status(of: pid) else { return false }
        return now.startTicks == startTicks && now.state != "Z" && now.state != "X"
    }

    var description: String { "process \(pid)" }

    /// State and start time: fields 3 and 22 of proc_pid_stat(5). The name before them may hold anything but ends with
    /// the last parenthesis.
    private static func status(of pid: Int32) -> (state: String, startTicks: String)? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .isoLatin1),
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        return fields.count > 19 ? (String(fields[0]), String(fields[19])) : nil
    }
}
