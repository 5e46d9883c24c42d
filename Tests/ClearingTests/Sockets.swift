import Foundation

/// A row of ss, by which is judged what Linger did.
struct SocketRow: Hashable, Sendable {
    var state: String
    var local: String
    var remote: String

    /// Every socket of the namespace of a process, by cookie.
    static func all(inNamespaceOf pid: Int32) throws -> [String: SocketRow] {
        let outcome = try Outcome(of: [
            "nsenter", "--target", String(pid), "--net", "ss", "--tcp", "--all", "--numeric", "--extended",
            "--no-header",
            "--oneline",
        ])
        guard outcome.exit == .code(0) else { throw HarnessError("\(outcome)") }
        var rows: [String: SocketRow] = [:]
        for line in outcome.output.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard words.count > 4, let cookie = words.first(where: { $0.hasPrefix("sk:") }) else { continue }
            rows[String(cookie.dropFirst(3))] = SocketRow(state: words[0], local: words[3], remote: words[4])
        }
        return rows
    }
}

/// What `linger clear --json` prints.
struct ClearOutput: Decodable {
    struct Holder: Decodable, Hashable {
        var pid: Int32
        var fd: Int32
    }
    struct Planned: Decodable {
        var cookie, state, level: String
        var peerSees: String
        var holders: [Holder]

        enum CodingKeys: String, CodingKey {
            case cookie, state, level, holders
            case peerSees = "peer_sees"
        }
    }
    struct Left: Decodable {
        var cookie, state, reason: String
    }
    struct Result: Decodable {
        var cookie, outcome, end: String
        var detail, endState: String?
        var stillHeld: [Holder]
        var cleared: Bool

        enum CodingKeys: String, CodingKey {
            case cookie, outcome, end, detail, cleared
            case endState = "end_state"
            case stillHeld = "still_held"
        }
    }

    var applied: Bool
    var planned: [Planned]
    var leftAlone: [Left]
    var results: [Result]?
    var complete: Bool?
    var exitCode: Int32

    enum CodingKeys: String, CodingKey {
        case applied, planned, results, complete
        case leftAlone = "left_alone"
        case exitCode = "exit_code"
    }
}

enum Clear {
    /// Runs `linger clear` in the namespace of a process, and keeps no record on this host.
    static func run(_ arguments: [String], inNamespaceOf pid: Int32) throws -> (outcome: Outcome, json: ClearOutput) {
        let outcome = try Outcome(
            of: ["nsenter", "--target", String(pid), "--net", Linger.executable, "clear"] + arguments + [
                "--json", "--netns", "own", "--without-audit",
            ])
        return (outcome, try outcome.json(ClearOutput.self))
    }

    /// Where a descriptor leads; `nil` where it is closed.
    static func link(_ pid: Int32, _ descriptor: Int32) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/\(descriptor)")
    }
}
