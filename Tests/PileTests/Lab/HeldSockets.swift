import Foundation
import Glibc

/// `linger lab hold`, running. It is ended with the value.
struct HeldSockets: ~Copyable {
    /// The line of JSON that it prints when the sockets are held.
    struct Ready: Decodable, Sendable {
        var ready: Bool
        var state: String
        var held: String
        var side: String
        var count: Int
        var netnsPid: Int32
        var netnsInode: UInt64
        var port: UInt16
        var kernelAddress: String
        var peerAddress: String
    }

    let ready: Ready
    private var child: Child

    init(_ arguments: [String], with wrapper: [String] = []) throws {
        let child = try Child(wrapper + [Linger.executable, "lab", "hold"] + arguments + ["--json"])
        guard let line = child.line() else {
            throw HarnessError("\(arguments): \(String(decoding: child.readAll().errors, as: UTF8.self))")
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        ready = try decoder.decode(Ready.self, from: Data(line.utf8))
        self.child = child
    }

    /// Runs a command in its network namespace.
    func run(_ arguments: [String]) throws -> Outcome {
        let outcome = try Outcome(of: ["nsenter", "--target", "\(ready.netnsPid)", "--net"] + arguments)
        guard outcome.exit == .code(0) else { throw HarnessError("\(outcome)") }
        return outcome
    }

    /// How many sockets `ss` shows in each state, in its own words: `CLOSE-WAIT`.
    func states() throws -> [String: Int] {
        let rows = try run(["ss", "--no-header", "--tcp", "--all", "--numeric"]).output.split(separator: "\n")
        return Dictionary(rows.map { (String($0.prefix { $0 != " " }), 1) }, uniquingKeysWith: +)
    }

    /// Sends it a signal, and waits for its end.
    mutating func end(by signal: Int32) -> (exit: Child.Exit, errors: String) {
        kill(child.pid, signal)
        let errors = String(decoding: child.readAll().errors, as: UTF8.self)
        return (child.wait(), errors)
    }

    /// Some process is still in that namespace.
    static func exists(namespace inode: UInt64) throws -> Bool {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap(Int32.init).contains { pid in
            let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/ns/net")
            return link == "net:[\(inode)]"
        }
    }
}
