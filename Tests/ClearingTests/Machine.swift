import Foundation
import Glibc

/// Programs that the tests act on, compiled when they are first needed, each run in network and IPC namespaces of its own.
enum TargetProgram {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Targets").path
    /// They stand beside the test program.
    static func path(_ name: String) throws -> String { try compiled.get() + "/" + name }

    private static let compiled = Result {
        let built = URL(filePath: Linger.executable).deletingLastPathComponent().appending(path: "clearing-targets")
            .path
        try FileManager.default.createDirectory(atPath: built, withIntermediateDirectories: true)
        for (name, flags) in [("target", ["-pthread"]), ("racer", []), ("narrow", ["-m32", "-nostdlib", "-static"])] {
            let outcome = try Outcome(
                of: ["cc", "-O1", "-Wall"] + flags + ["-o", "\(built)/\(name)", "\(folder)/\(name).c"])
            guard outcome.exit == .code(0) else { throw HarnessError("\(outcome)") }
        }
        return built
    }

    /// The command line that runs another in namespaces of its own, with loopback up. `exec` keeps the pid.
    static func isolated(_ arguments: [String], with kinds: [String] = ["--net", "--ipc"]) -> [String] {
        ["unshare"] + kinds + ["sh", "-c", "ip link set lo up && exec \"$@\"", "sh"] + arguments
    }
}

/// A process with lines in and out.
final class Conversation: @unchecked Sendable {
    // One thread at a time speaks: a test, or the remedy that the test waits for.
    private var child: Child

    var pid: Int32 { child.pid }

    init(_ arguments: [String]) throws {
        child = try Child(arguments)
    }

    func line() throws -> String {
        guard let line = child.line() else {
            throw HarnessError("it ended: " + String(decoding: child.readAll().errors, as: UTF8.self))
        }
        return line
    }

    func say(_ text: String) throws -> String {
        let bytes = Array((text + "\n").utf8)
        guard write(child.input, bytes, bytes.count) == bytes.count else {
            throw HarnessError("it does not listen any more")
        }
        return try line()
    }
}
