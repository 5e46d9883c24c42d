import Foundation
import Testing

/// A pile of real sockets in a network namespace of its own: of `linger lab crowd`, or of Tests/Piles/pile.py.
final class Pile {
    enum Family: String, CaseIterable, Sendable { case ipv4 = "4", ipv6 = "6", mapped }
    enum Transport: String, Sendable { case tcp, mptcp }

    let ready: Ready
    private var child: Child

    /// Makes a pile, runs the body, and takes the pile away: then no process of it may be left.
    static func with<Result>(
        _ name: String, healthy: Bool = false, count: Int? = nil, family: Family = .ipv4, transport: Transport = .tcp,
        descriptors: Int? = nil,
        _ body: (Pile) throws -> Result
    ) throws -> Result {
        let pile = try Pile(
            name, healthy: healthy, count: count, family: family, transport: transport, descriptors: descriptors)
        let result = try body(pile)
        let left = pile.end()
        #expect(left.isEmpty, "processes of the pile are left")
        return result
    }

    private init(
        _ name: String, healthy: Bool, count: Int?, family: Family, transport: Transport, descriptors: Int?
    ) throws {
        guard geteuid() == 0 else {
            throw HarnessError("tests on the real kernel make network namespaces: run them as root (sudo make test)")
        }
        var arguments =
            Self.inPython.contains(name)
            ? ["python3", Self.script, name]
            : [Linger.executable, "lab", "crowd", name, "--json", "--until-eof", "--family", family.rawValue]
        if transport == .mptcp { arguments.append("--mptcp") }
        if healthy { arguments.append("--healthy") }
        if let count { arguments += ["--count", String(count)] }
        if let descriptors { arguments.insert(contentsOf: ["prlimit", "--nofile=\(descriptors)"], at: 0) }
        child = try Child(arguments)
        guard let line = child.line() else {
            let errors = String(decoding: child.readAll().errors, as: UTF8.self)
            throw HarnessError("the pile \(name) does not stand: \(errors)")
        }
        ready = try JSONDecoder().decode(Ready.self, from: Data(line.utf8))
    }

    /// Ends the pile as the end of the test process would: its stdin closes. What is left then.
    func end() -> [RunningProcess] {
        let members = RunningProcess.family(of: child.pid)
        child.closeInput()
        _ = child.wait()
        return members.filter(\.isAlive)
    }

    /// As Ctrl-C does. How it ended.
    func interrupt() -> Child.Exit {
        Glibc.kill(child.pid, SIGINT)
        return child.wait()
    }

    /// The next line that it writes to stderr.
    func errorLine() -> String? { child.errorLine() }

    /// Kills the process that made the pile, as the kernel's OOM killer would. What is left when it is gone.
    func kill() -> [RunningProcess] {
        let members = RunningProcess.family(of: child.pid)
        Glibc.kill(child.pid, SIGKILL)
        _ = child.wait()
        for _ in 0..<500 where members.contains(where: \.isAlive) { usleep(10_000) }
        return members.filter(\.isAlive)
    }

    /// Runs a tool inside the namespace that is looked at.
    func run(_ arguments: [String]) throws -> Outcome {
        try Outcome(of: ["nsenter", "--target", String(ready.netnsPid), "--net"] + arguments)
    }

    /// Sockets whose holders are hard to see: no program misbehaves in them (docs/decisions/0003).
    private static let inPython = ["descriptor_tables", "listeners", "many_files"]
    private static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Piles/pile.py").path
}

/// The line that a pile prints when it stands.
struct Ready: Decodable, Sendable {
    struct Process: Decodable, Sendable {
        var role: String
        var name: String
        var pid: Int32
    }

    /// What must be found.
    struct Finding: Decodable, Sendable {
        var kind: String
        /// The processes that it names.
        var pids: [Int32]
        /// The connections that it is about.
        var count: Int?
        /// The port of the listener that it names.
        var listener: Int?
        /// The remote port that it names.
        var destination: Int?
    }

    var pile: String
    var netnsPid: Int32
    var netnsInode: UInt64
    var peerNetnsInode: UInt64
    var processes: [Process]
    /// Of its listeners; `nil` from Python.
    var ports: [Int]?
    /// Every socket of the namespace, by state: `close_wait`.
    var states: [String: Int]
    /// The one finding; `nil` for a healthy neighbour.
    var finding: Finding?

    var pids: [String: Int32] { Dictionary(processes.map { ($0.role, $0.pid) }) { first, _ in first } }

    enum CodingKeys: String, CodingKey {
        case pile, processes, ports, states, finding
        case netnsPid = "netns_pid"
        case netnsInode = "netns_inode"
        case peerNetnsInode = "peer_netns_inode"
    }
}
