import Foundation
import Testing

/// MPTCP's own sockets are listed only where there can be any: the kernel goes through one table of all namespaces for it.
@Suite("MPTCP sockets are found, and not sought where there are none")
struct MultipathTests {
    /// Runs a command in a namespace where a program has sockets of MPTCP (protocol 262), or of TCP.
    private func run(_ sockets: String, protocol number: Int, _ command: [String]) throws -> Outcome {
        let program = """
            import socket, subprocess, sys
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            def new(): return socket.socket(socket.AF_INET, socket.SOCK_STREAM, \(number))
            listener = new()
            listener.bind(("127.0.0.1", 7000))
            listener.listen()
            \(sockets)
            sys.exit(subprocess.call(sys.argv[1:]))
            """
        return try Outcome(of: ["unshare", "--net", "python3", "-c", program] + command)
    }

    private func list(_ method: Linger.Method, _ arguments: [String] = []) -> [String] {
        [Linger.executable, "list", "--netns", "own", "--method", method.rawValue] + ListRow.arguments + arguments
    }

    @Test("a listener of MPTCP that nobody ever connected to", arguments: Linger.Method.allCases)
    func listener(by method: Linger.Method) throws {
        let outcome = try run("", protocol: 262, list(method))
        let rows = try ListRow.rows(of: outcome)
        #expect(rows.map(\.transport).sorted() == ["mptcp", "subflow"], "\(outcome)")
        #expect(rows.allSatisfy { $0.state == "listen" && $0.holders?.isEmpty == false }, "\(outcome)")
    }

    @Test("the same for a user without privilege")
    func unprivileged() throws {
        let folder = try TemporaryFolder()
        let copy = folder.path + "/linger"
        let copying = try Outcome(of: ["cp", Linger.executable, copy])
        #expect(copying.exit == .code(0), "\(copying)")
        let user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", copy, "list", "--netns", "own"]
        let outcome = try run("", protocol: 262, user + ListRow.arguments)
        #expect(try ListRow.rows(of: outcome).contains { $0.transport == "mptcp" }, "\(outcome)")
    }

    @Test("a connection of MPTCP", arguments: Linger.Method.allCases)
    func connection(by method: Linger.Method) throws {
        let sockets = "client = new(); client.connect((\"127.0.0.1\", 7000)); server = listener.accept()"
        let outcome = try run(sockets, protocol: 262, list(method))
        let rows = try ListRow.rows(of: outcome).filter { $0.state == "established" }
        #expect(rows.map(\.transport).sorted() == ["mptcp", "mptcp", "subflow", "subflow"], "\(outcome)")
    }

    @Test("where MPTCP was never used its table is not read", arguments: Linger.Method.allCases)
    func unused(by method: Linger.Method) throws {
        let folder = try TemporaryFolder()
        let sockets = "client = new(); client.connect((\"127.0.0.1\", 7000)); server = listener.accept()"
        let outcome = try run(sockets, protocol: 6, list(method, ["--record", folder.path]))
        #expect(outcome.exit == .code(0), "\(outcome)")
        #expect(try ListRow.rows(of: outcome).map(\.transport) == ["tcp", "tcp", "tcp"], "\(outcome)")
        #expect(
            try !Recording(path: folder.path).files().contains { $0.hasSuffix("mptcp") && $0.contains("sock_diag") })
        let replayed = try Linger.run(["list"] + ListRow.arguments + ["--replay", folder.path])
        #expect(try ListRow.rows(of: replayed).count == 3, "\(replayed)")
    }
}
