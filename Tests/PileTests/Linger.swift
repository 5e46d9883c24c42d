import Foundation

/// Runs the `linger` that was built beside the tests.
enum Linger {
    /// How it looks: the eBPF iterators, or /proc and sock_diag as where eBPF is refused.
    enum Method: String, CaseIterable, Sendable, CustomStringConvertible {
        case bpf, proc

        var description: String { rawValue }
    }

    /// Looks at the namespace of the pile, and at no other.
    static func run(_ command: String, _ arguments: [String], in pile: Pile, by method: Method? = nil) throws -> Outcome
    {
        try pile.run(
            [executable, command] + arguments + ["--netns", "own"] + (method.map { ["--method", $0.rawValue] } ?? []))
    }

    /// Looks from behind a wall, at the namespace of the pile.
    /// - Parameter wall: a command line that runs the rest of it behind the wall: `unshare --pid …`.
    static func run(
        _ command: String, _ arguments: [String], behind wall: [String], in pile: Pile, by method: Method
    ) throws -> Outcome {
        try pile.run(wall + [executable, command] + arguments + ["--netns", "own", "--method", method.rawValue])
    }

    /// The same as a user who may see nobody else's processes.
    static func runUnprivileged(
        _ command: String, _ arguments: [String], behind wall: [String] = [], in pile: Pile
    ) throws -> Outcome {
        // The folder of the build may be closed to others; the program is not.
        let folder = try TemporaryFolder()
        let copy = folder.path + "/linger"
        // A copy that this process wrote could not be run while one of its children is being started (ETXTBSY).
        let copying = try Outcome(of: ["cp", executable, copy])
        guard copying.exit == .code(0) else { throw HarnessError("\(copying)") }
        return try pile.run(
            wall + ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", copy, command] + arguments
                + ["--netns", "own"])
    }

    /// Without a pile: recordings, and looks at every namespace.
    static func run(_ arguments: [String]) throws -> Outcome { try Outcome(of: [executable] + arguments) }

    /// Findings of two looks, a quarter of a second apart.
    static func doctor(
        in pile: Pile, by method: Method? = nil, thresholds: [String: Double] = [:], _ arguments: [String] = []
    ) throws -> (outcome: Outcome, report: DoctorReport) {
        let folder = try TemporaryFolder()
        let config = try config(thresholds, in: folder)
        let outcome = try run(
            "doctor", ["--json", "--sample", "0.25", "--config", config] + arguments, in: pile, by: method)
        return (outcome, try outcome.json(DoctorReport.self))
    }

    /// A file for `--config`.
    static func config(_ thresholds: [String: Double], in folder: TemporaryFolder) throws -> String {
        let path = folder.path + "/thresholds.yaml"
        try yaml(thresholds).write(toFile: path, atomically: false, encoding: .utf8)
        return path
    }

    /// `close_wait.leak_count` is `leak_count` in the mapping `close_wait`.
    private static func yaml(_ thresholds: [String: Double]) -> String {
        guard !thresholds.isEmpty else { return "{}\n" }
        var rooms: [Substring: [String]] = [:]
        for (name, value) in thresholds {
            let parts = name.split(separator: ".", maxSplits: 1)
            let number = value == value.rounded() ? String(Int(value)) : String(value)
            rooms[parts[0], default: []].append("  \(parts[1]): \(number)\n")
        }
        return rooms.map { room, lines in "\(room):\n" + lines.joined() }.joined()
    }

    /// The test bundle is a program itself; what was built with it stands in the same folder.
    static let executable = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "linger").path
}

/// A folder that others may read, gone with the value.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array((NSTemporaryDirectory() + "linger-piles-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw HarnessError("no temporary folder: \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        chmod(path, 0o755)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
