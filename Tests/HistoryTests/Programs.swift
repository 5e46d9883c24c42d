import Foundation

/// Other programs that have to do with a file: the writer as a process of its own, and Python's SQLite, which knows
/// nothing of ours.
final class Program {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var rest = Data()

    init(_ arguments: [String]) throws {
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    deinit { end() }

    /// The test bundle is a program itself; what was built with it stands in the same folder.
    static let writer = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "HistoryChild").path

    var pid: Int32 { process.processIdentifier }

    /// SIGKILL.
    func kill() {
        Foundation.kill(pid, SIGKILL)
        process.waitUntilExit()
    }

    func end() {
        try? input.fileHandleForWriting.close()
        if process.isRunning { Foundation.kill(pid, SIGKILL) }
        process.waitUntilExit()
    }

    /// Lets it end by itself.
    func finish() {
        try? input.fileHandleForWriting.close()
        _ = try? output.fileHandleForReading.readToEnd()
        process.waitUntilExit()
    }

    /// Its answer to a command.
    @discardableResult
    func ask(_ command: String) -> String {
        tell(command)
        return line() ?? ""
    }

    func tell(_ command: String) { try? input.fileHandleForWriting.write(contentsOf: Data((command + "\n").utf8)) }

    /// The next line that it prints; `nil` when there is no more.
    func line() -> String? {
        while true {
            if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: rest[..<end], as: UTF8.self)
                rest = Data(rest[(end + 1)...])
                return line
            }
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { return nil }
            rest += more
        }
    }

    /// What Python's SQLite answers to a query, one line a row.
    ///
    /// - Parameter seer: the program whose mounts are to be seen.
    static func sqlite(_ path: String, _ query: String, as seer: Program? = nil) throws -> [String] {
        let enter = seer.map { ["nsenter", "--mount=/proc/\($0.pid)/ns/mnt"] } ?? []
        let program = try Program(
            enter + [
                "python3", "-c",
                """
                import sqlite3, sys
                for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]):
                    print(*row, sep="|")
                print("end")
                """, path, query,
            ])
        var lines: [String] = []
        while let line = program.line() { lines.append(line) }
        guard lines.popLast() == "end" else { throw ProgramError(what: "sqlite3 failed on \(query)") }
        return lines
    }

    /// Runs SQL in one connection and holds what that holds, until it is asked to `end`.
    static func holding(_ path: String, _ statements: [String]) throws -> Program {
        let program = try Program(
            [
                "python3", "-c",
                """
                import sqlite3, sys
                connection = sqlite3.connect(sys.argv[1], isolation_level=None)
                for statement in sys.argv[2:]:
                    connection.execute(statement).fetchall()
                print("holds", flush=True)
                sys.stdin.readline()
                """, path,
            ] + statements)
        guard program.line() == "holds" else { throw ProgramError(what: "sqlite3 could not do \(statements)") }
        return program
    }
}

struct ProgramError: Error {
    var what: String
}
