import Foundation
import Glibc
import Testing

/// Each of the eleven states on real sockets of this kernel, seen by `ss`.
@Suite("linger lab hold")
struct HoldTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        /// As ss writes it.
        var shown: String
        /// As our list writes it.
        var listed: String
        var sides = ["server", "client"]
        /// A process has a descriptor for each.
        var isHeld = false

        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "listen", shown: "LISTEN", listed: "listen", sides: ["server"], isHeld: true),
        Case(name: "SYN_SENT", shown: "SYN-SENT", listed: "syn_sent", sides: ["client"], isHeld: true),
        Case(name: "syn-rcvd", shown: "SYN-RECV", listed: "syn_rcvd"),
        Case(name: "established", shown: "ESTAB", listed: "established", isHeld: true),
        Case(name: "fin-wait-1", shown: "FIN-WAIT-1", listed: "fin_wait_1"),
        Case(name: "fin-wait-2", shown: "FIN-WAIT-2", listed: "fin_wait_2", isHeld: true),
        Case(name: "fin-wait-2-orphan", shown: "FIN-WAIT-2", listed: "fin_wait_2"),
        Case(name: "closing", shown: "CLOSING", listed: "closing"),
        Case(name: "time-wait", shown: "TIME-WAIT", listed: "time_wait"),
        Case(name: "time-wait-fin-ack", shown: "TIME-WAIT", listed: "time_wait"),
        Case(name: "time-wait-closing", shown: "TIME-WAIT", listed: "time_wait"),
        Case(name: "CLOSE_WAIT", shown: "CLOSE-WAIT", listed: "close_wait", isHeld: true),
        Case(name: "last-ack", shown: "LAST-ACK", listed: "last_ack"),
    ]

    static let count = 5

    @Test("sockets stand in each state, as ss sees them, and nothing is left", arguments: cases)
    func states(_ wanted: Case) throws {
        for side in wanted.sides {
            for family in [[], ["--ipv6"]] {
                var held = try HeldSockets([wanted.name, "--count", "\(Self.count)", "--side", side] + family)
                var expected = [wanted.shown: Self.count]
                // The server's connections came to a listener.
                if side == "server", wanted.shown != "LISTEN" { expected["LISTEN"] = 1 }
                #expect(try held.states() == expected, "\(side) \(family)")
                #expect(held.ready.state == wanted.listed)
                #expect(held.ready.side == side)
                #expect(held.ready.count == Self.count)
                let inode = held.ready.netnsInode
                #expect(try HeldSockets.exists(namespace: inode))
                let ended = held.end(by: SIGINT)
                #expect(ended.exit == .code(0), "\(ended.errors)")
                #expect(ended.errors.isEmpty)
                #expect(try !HeldSockets.exists(namespace: inode))
            }
        }
    }

    @Test("linger list --netns sees the same, and who holds them", arguments: cases)
    func list(_ wanted: Case) throws {
        let held = try HeldSockets([wanted.name, "--count", "3"])
        let netns = "pid:\(held.ready.netnsPid)"
        let rows = try ListRow.rows(
            of: Linger.run(["list", "--netns", netns, "--all", "-o", "ndjson", "--columns", "all"]))
        let found = rows.filter { $0.state == wanted.listed }
        #expect(found.count == 3)
        for row in found {
            #expect(row.holders?.map(\.pid) ?? [] == (wanted.isHeld ? [held.ready.netnsPid] : []), "\(row)")
        }
    }

    @Test("a CLOSED socket is in no list of the kernel's and still has its descriptor")
    func closed() throws {
        let count = 25
        var held = try HeldSockets(["closed", "--count", "\(count)"])
        let pid = held.ready.netnsPid
        #expect(try held.states() == ["LISTEN": 1])
        let outcome = try Linger.run(["doctor", "--json", "--sample", "0", "--netns", "pid:\(pid)"])
        let finding = try #require(
            outcome.json(DoctorReport.self).findings.first { $0.kind == "closed_descriptors" }, "\(outcome)")
        #expect(finding.pids == [pid])
        #expect(finding.count("count") == UInt64(count))
        #expect(held.end(by: SIGTERM).exit == .code(0))
    }

    @Test("nothing is left after kill -9 either", arguments: ["close-wait", "time-wait", "syn-rcvd"])
    func killed(state: String) throws {
        let before = try Outcome(of: ["ip", "link"]).output
        var held = try HeldSockets([state, "--count", "3"])
        #expect(try Outcome(of: ["ip", "link"]).output == before)
        let inode = held.ready.netnsInode
        #expect(held.end(by: SIGKILL).exit == .signal(SIGKILL))
        #expect(try !HeldSockets.exists(namespace: inode))
        #expect(try Outcome(of: ["ip", "link"]).output == before)
    }

    @Test("sockets that leave their state before the end are told by the exit code")
    func lost() throws {
        var held = try HeldSockets(["close-wait", "--count", "3"])
        _ = try held.run(["ss", "-HtK", "state", "close-wait", "dst", "= \(held.ready.peerAddress)"])
        let ended = held.end(by: SIGINT)
        #expect(ended.exit == .code(1), "\(ended.errors)")
        #expect(ended.errors.contains("0 of 3 are still in CLOSE_WAIT"), "\(ended.errors)")
    }

    @Test("thousands are held as well")
    func thousands() throws {
        let held = try HeldSockets(["syn-rcvd", "--count", "3000"])
        #expect(try held.states() == ["SYN-RECV": 3000, "LISTEN": 1])
    }

    @Test("says what is held, how, and how to look at it")
    func words() throws {
        let outcome = try Linger.run(["lab", "hold", "syn-rcvd", "--count", "2", "--seconds", "0.1"])
        #expect(outcome.exit == .code(0), "\(outcome)")
        for part in [
            "2 sockets held in SYN_RCVD, the server's side", "third segment", "linger list --netns pid:",
            "ss -tan state syn-recv", "netstat -tan", "It ends after 0.1 s",
        ] {
            #expect(outcome.output.contains(part), "\(part) in \(outcome)")
        }
    }

    @Test("what cannot be had is said, with what to do", arguments: refusals)
    func refused(_ arguments: [String], words: String) throws {
        let outcome = try Linger.run(["lab", "hold", "--seconds", "0"] + arguments)
        #expect(outcome.exit == .code(2), "\(outcome)")
        #expect(outcome.errors.contains(words), "\(outcome)")
        #expect(outcome.output.isEmpty, "\(outcome)")
    }

    private static let refusals: [([String], String)] = [
        (["close-wiat"], "did you mean close-wait?"), (["all"], "there are listen, syn-sent"),
        (["listen", "--side", "client"], "leave --side away"), (["syn-sent", "--side", "server"], "leave --side away"),
        (["closing", "--count", "0"], "give 1 to"), (["closing", "--count", "1000000"], "give 1 to"),
        (["close-wait", "--count", "-1"], "give 1 to"), (["close-wait", "--port", "0"], "--port 0"),
        (["close-wait", "--seconds", "-1"], "--seconds -1"),
    ]

    @Test("without privileges it stands in a user namespace, or says what is missing")
    func unprivileged() throws {
        let folder = try TemporaryFolder()
        let copy = folder.path + "/linger"
        #expect(try Outcome(of: ["cp", Linger.executable, copy]).exit == .code(0))
        let user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", copy]
        let command = "lab hold close-wait --count 3 --seconds 0 --json"
        // /dev/net/tun is open to root alone on some hosts and to all on others: both are made here.
        let script = """
            cp -a /dev/net "$0/net" && mount --bind "$0/net" /dev/net || exit 9
            chmod 666 /dev/net/tun; "$@"; echo "exit $?"
            chmod 600 /dev/net/tun; "$@"; echo "exit $?"
            """
        let outcome = try Outcome(
            of: ["unshare", "--mount", "bash", "-c", script, folder.path] + user
                + command.split(separator: " ").map(String.init))
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.first?.contains(#""ready":true"#) == true, "\(outcome)")
        #expect(lines.dropFirst() == ["exit 0", "exit 2"], "\(outcome)")
        #expect(outcome.errors.contains("/dev/net/tun: Permission denied"), "\(outcome)")
        #expect(outcome.errors.contains("run it as root"), "\(outcome)")
    }
}
