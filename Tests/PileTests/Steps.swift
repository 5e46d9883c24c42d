import Foundation

/// The program that brings connections from state to state, step by step (Tests/Watch/steps.py).
final class Steps {
    struct Done: Decodable, Sendable {
        var began, ended: Double
        var cookies: [String]

        /// Microseconds since 1970, as a watch tells times.
        var interval: ClosedRange<Int64> { Int64(began * 1e6)...Int64(ended * 1e6) }
    }

    private struct Begin: Decodable {
        var netns: UInt64
        var pid: Int32
        var port: UInt16
    }

    let pid: Int32
    /// `net:[4026532000]`
    let namespace: String
    let port: UInt16
    private var child: Child

    init() throws {
        child = try Child(["python3", Self.script])
        guard let line = child.line() else {
            throw HarnessError("steps.py: " + String(decoding: child.readAll().errors, as: UTF8.self))
        }
        let begin = try JSONDecoder().decode(Begin.self, from: Data(line.utf8))
        (pid, port, namespace) = (begin.pid, begin.port, "net:[\(begin.netns)]")
    }

    /// Returns when it is done.
    @discardableResult
    func run(_ step: String) throws -> Done {
        child.write(step + "\n")
        guard let line = child.line() else {
            throw HarnessError("steps.py: " + String(decoding: child.readAll().errors, as: UTF8.self))
        }
        return try JSONDecoder().decode(Done.self, from: Data(line.utf8))
    }

    /// Runs the rest of a command line in its namespace.
    var inside: [String] { ["nsenter", "--target", String(pid), "--net"] }

    private static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Watch/steps.py").path
}
