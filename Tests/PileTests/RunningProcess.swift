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

    /// The process, its children, and theirs.
    static func family(of pid: Int32) -> [RunningProcess] {
        let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap(Int32.init) ?? []
        var children: [Int32: [Int32]] = [:]
        for number in numbers {
            if let parent = status(of: number)?.parent { children[parent, default: []].append(number) }
        }
        var family = [pid]
        var next = 0
        while next < family.count {
            family += children[family[next]] ?? []
            next += 1
        }
        return family.compactMap { RunningProcess(pid: $0) }
    }

    /// A zombie holds nothing and counts as gone.
    var isAlive: Bool {
        guard let now = Self.status(of: pid) else { return false }
        return now.startTicks == startTicks && now.state != "Z" && now.state != "X"
    }

    /// By SIGSTOP, or as Ctrl-Z does it.
    var isStopped: Bool {
        guard let now = Self.status(of: pid) else { return false }
        return now.startTicks == startTicks && now.state == "T"
    }

    var description: String { "process \(pid)" }

    /// State, parent and start time: fields 3, 4 and 22 of proc_pid_stat(5). The name before them may hold anything but ends with
    /// the last parenthesis.
    private static func status(of pid: Int32) -> (state: String, parent: Int32, startTicks: String)? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .isoLatin1),
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let parent = Int32(fields[1]) else { return nil }
        return (String(fields[0]), parent, String(fields[19]))
    }
}
