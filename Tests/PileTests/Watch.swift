import Foundation

/// A `linger watch -o ndjson` that runs. It writes into a file: a pipe that nobody reads would hold it up.
final class Watch {
    struct Event: Decodable, Sendable {
        struct State: Decodable, Sendable { var state: String }
        struct Process: Decodable, Sendable {
            var pid: Int32
            var fd: Int32?
        }
        var event: String
        var cookie, local, remote, old, new, basis, way, ending, closedFirst: String?
        var method, refused: String?
        var limits: [String]?
        var timeUs, notBeforeUs: Int64?
        var afterIsExact: Bool?
        var brief, lostNotices, unseen: UInt64?
        var states: [State]?
        var statesNow: [String: Int]?
        var process: Process?
        var isWhole: Bool?
        var bytesAcked, bytesReceived, transitions, openings: UInt64?
        var lostTransitions, lostOpenings, missedRuns, undecoded: UInt64?

        var losses: UInt64? {
            guard let lostTransitions, let lostOpenings, let missedRuns, let undecoded else { return nil }
            return lostTransitions + lostOpenings + missedRuns + undecoded + (lostNotices ?? 0)
        }
    }

    private var child: Child
    private let folder: TemporaryFolder

    private var file: String { folder.path + "/events" }

    /// Returns when the stream is open and the look is done.
    /// - Parameter wall: a command line that runs the rest of it with less than root has.
    /// - Parameter executable: the program, where that user can run it.
    init(_ arguments: [String], behind wall: [String] = [], executable: String = Linger.executable) throws {
        folder = try TemporaryFolder()
        let file = folder.path + "/events"
        child = try Child(
            ["sh", "-c", "exec \"$@\" > \(file)", "sh"] + wall + [executable, "watch", "-o", "ndjson"] + arguments)
        for _ in 0..<6000 {
            if let text = try? String(contentsOfFile: file, encoding: .utf8), text.contains("\"ready\"") { return }
            usleep(10_000)
        }
        throw HarnessError("linger watch does not start")
    }

    /// Waits until what it has written so far is so.
    func wait(for what: String, _ holds: ([Event]) -> Bool) throws {
        for _ in 0..<3000 {
            // The last line may be half written.
            let data = try Data(contentsOf: URL(filePath: file))
            if let end = data.lastIndex(of: UInt8(ascii: "\n")), holds(try Self.events(data[..<end])) { return }
            usleep(20_000)
        }
        throw HarnessError("linger watch never told: \(what)")
    }

    private static func events(_ data: Data) throws -> [Event] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try data.split(separator: UInt8(ascii: "\n")).map { try decoder.decode(Event.self, from: $0) }
    }

    /// Ends it as Ctrl-C does.
    func end(_ signal: Int32 = SIGINT) throws -> (events: [Event], exit: Child.Exit) {
        kill(child.pid, signal)
        let exit = child.wait()
        return (try Self.events(try Data(contentsOf: URL(filePath: file))), exit)
    }
}

/// The program that opens and closes connections and logs it.
final class Truth {
    struct Socket: Decodable, Sendable {
        var order, side: String
        var cookie, local: String?
        var remote: String
        var pid, fd: Int32?
        var states: [String]
        var ending: String
        var closedFirst: String?
        var acked, received: UInt64?
    }

    private struct Begin: Decodable {
        var netns: UInt64
        var pids: [Int32]
    }

    /// `net:[4026532000]`
    let namespace: String
    let pids: [Int32]
    private var child: Child

    init(count: Int) throws {
        child = try Child(["python3", Self.script, String(count)])
        guard let line = child.line() else {
            throw HarnessError("truth.py: " + String(decoding: child.readAll().errors, as: UTF8.self))
        }
        let begin = try JSONDecoder().decode(Begin.self, from: Data(line.utf8))
        namespace = "net:[\(begin.netns)]"
        pids = begin.pids
    }

    func go() { child.write("go\n") }

    /// Its log, when all connections are closed.
    func finish() throws -> [Socket] {
        var sockets: [Socket] = []
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        while let line = child.line() {
            if line == "{\"done\": true}" { return sockets }
            sockets.append(try decoder.decode(Socket.self, from: Data(line.utf8)))
        }
        throw HarnessError("truth.py: " + String(decoding: child.readAll().errors, as: UTF8.self))
    }

    func run() throws -> [Socket] {
        go()
        return try finish()
    }

    func end() {
        child.closeInput()
        _ = child.wait()
    }

    private static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Watch/truth.py").path
}
