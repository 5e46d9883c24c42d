import Foundation

/// A `linger serve` that runs in the network namespace of a pile, with files of its own.
final class Serve {
    let folder: TemporaryFolder
    private let pile: Pile
    private let watch: String
    private let every: String
    private var child: Child?

    static let port = 9911

    /// Returns when it is ready.
    /// - Parameters:
    ///   - configuration: lines of YAML beside what a test needs: the pile's namespace, a look each second.
    ///   - wall: a command line that runs the rest of it: `unshare --mount …`.
    ///   - history: `nil` leaves the path to `configuration`.
    init(
        in pile: Pile, folder: TemporaryFolder? = nil, _ configuration: String = "", watch: String = "namespaces: own",
        every: String = "1s",
        history: Bool = true, behind wall: [String] = [], waits: Bool = true
    ) throws {
        self.watch = watch
        self.every = every
        self.pile = pile
        self.folder = try folder ?? TemporaryFolder()
        try configure(configuration, history: history)
        _ = try pile.run(["ip", "link", "set", "lo", "up"])
        try start(behind: wall, waits: waits)
    }

    /// Writes the configuration anew.
    func configure(_ text: String, history: Bool = true) throws {
        let whole = """
            watch: {\(watch)}
            doctor: {every: \(every), thresholds: {close_wait: {leak_seconds: 1}}}
            socket: \(folder.path)/linger.sock
            log: {format: json, level: debug}
            \(history ? "history: {path: \(folder.path)/history.db}" : "")
            \(text)
            """
        try whole.write(toFile: folder.path + "/linger.yaml", atomically: true, encoding: .utf8)
    }

    func start(behind wall: [String] = [], waits: Bool = true) throws {
        let command = "exec 2>> \(folder.path)/log\n" + Child.untilInputEnds
        try? FileManager.default.removeItem(atPath: folder.path + "/log")
        child = try Child(
            ["nsenter", "--target", String(pile.ready.netnsPid), "--net"] + wall + [
                "sh", "-c", command, "sh", Linger.executable, "serve", "--config", folder.path + "/linger.yaml",
            ])
        if waits { try wait(for: "\"message\":\"ready\"") }
    }

    var pid: Int32 { child?.pid ?? 0 }

    var log: String { (try? String(contentsOfFile: folder.path + "/log", encoding: .utf8)) ?? "" }

    /// Until the log says so.
    func wait(for text: String) throws {
        try Self.wait("the log says \(text)", { self.log }) { self.log.contains(text) }
    }

    /// Until something holds that must come to hold.
    static func wait(_ what: String, _ seen: () -> String = { "" }, _ holds: () throws -> Bool) throws {
        for _ in 0..<600 {
            if try holds() { return }
            usleep(100_000)
        }
        throw HarnessError("does not come: \(what); there is\n\(seen())")
    }

    /// Ends it; how it ended.
    func end(_ signal: Int32 = SIGTERM) -> Child.Exit? {
        if pid > 0 { kill(pid, signal) }
        return ended()
    }

    func ended() -> Child.Exit? {
        let exit = child?.wait()
        child = nil
        return exit
    }

    /// The page of metrics, by its names with labels.
    func metrics() throws -> [String: Double] {
        var values: [String: Double] = [:]
        for line in try page().split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
                throw HarnessError("no sample: \(line)")
            }
            values[String(line[..<space])] = value
        }
        return values
    }

    func page() throws -> String {
        let outcome = try pile.run([
            "python3", "-c",
            "import urllib.request as u; print(u.urlopen('http://127.0.0.1:\(Self.port)/metrics').read().decode(), end='')",
        ])
        guard outcome.exit == .code(0) else { throw HarnessError("\(outcome)\n\(log)") }
        return outcome.output
    }

    /// Rows of the history, read as any program may.
    func rows(_ query: String) throws -> [[String]] {
        let script = """
            import json, sqlite3, sys
            rows = sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True).execute(sys.argv[2])
            print(json.dumps([[str(cell) for cell in row] for row in rows]))
            """
        return try Outcome(of: ["python3", "-c", script, folder.path + "/history.db", query]).json([[String]].self)
    }
}
