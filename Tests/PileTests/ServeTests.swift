import Foundation
import Testing

/// `linger serve` on real piles: what it says is held against `ss`, a real Prometheus reads it, and what can go wrong goes
/// wrong.
@Suite struct ServeTests {
    static let unit = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Systemd/linger.service").path

    @Test func `metrics are as ss counts, findings are in the history, and SIGTERM ends it in good order`() throws {
        try Pile.with("close-wait", count: 300) { pile in
            let serve = try Serve(in: pile)
            let process = try #require(pile.ready.processes.first { $0.role != "peer" })
            let key = "linger_connections{state=\"close_wait\",process=\"\(process.name)\"}"
            let inCloseWait = try SocketStatistics.look(in: pile).values.count { $0.state == "close_wait" }
            #expect(try serve.metrics()[key] == Double(inCloseWait))
            // The leak is older than a second at the second look.
            let finding = "linger_findings{kind=\"close_wait_leak\",severity=\"warning\"}"
            try Serve.wait("the finding", { serve.log }) { try serve.metrics()[finding] == 1 }
            let metrics = try serve.metrics()
            #expect(metrics["linger_lost_events_total{kind=\"transitions\"}"] == 0)
            #expect(metrics["linger_history_state{state=\"writing\"}"] == 1)
            #expect(
                metrics.keys.contains { $0.hasPrefix("linger_accept_queue_limit{listener=\"") && $0.contains(":6800") })
            #expect(serve.log.contains("finding: "))

            #expect(serve.end() == .code(0))
            let findings = try serve.rows(
                "SELECT kind, severity, first_seen_us <= last_seen_us, resolved_us FROM finding")
            #expect(findings.contains(["close_wait_leak", "warning", "1", "None"]))
            let counts = try serve.rows(
                "SELECT count FROM counts WHERE state = 'close_wait' AND program = '\(process.name)'")
            #expect(counts.last == [String(inCloseWait)])
            #expect(serve.log.contains("linger serve ends"))
        }
    }

    @Test func `promtool finds nothing wrong with the metrics, and a real Prometheus reads them`() throws {
        try Pile.with("close-wait", count: 60) { pile in
            let serve = try Serve(in: pile)
            let page = serve.folder.path + "/page"
            try serve.page().write(toFile: page, atomically: true, encoding: .utf8)
            let check = try Outcome(of: ["sh", "-c", "promtool check metrics < \(page)"])
            #expect(check.exit == .code(0) && check.errors.isEmpty && check.output.isEmpty, "\(check)")

            let folder = try TemporaryFolder()
            try """
            global: {scrape_interval: 1s}
            scrape_configs:
              - job_name: linger
                static_configs: [{targets: ['127.0.0.1:\(Serve.port)']}]
            """.write(toFile: folder.path + "/prometheus.yml", atomically: true, encoding: .utf8)
            var prometheus = try Child([
                "nsenter", "--target", String(pile.ready.netnsPid), "--net", "sh", "-c",
                "exec 2> \(folder.path)/log\n" + Child.untilInputEnds, "sh",
                "prometheus", "--config.file=\(folder.path)/prometheus.yml", "--storage.tsdb.path=\(folder.path)/data",
                "--web.listen-address=127.0.0.1:9090", "--log.level=warn",
            ])
            func ask(_ query: String) throws -> String {
                try pile.run([
                    "python3", "-c",
                    "import sys, urllib.parse as p, urllib.request as u; "
                        + "print(u.urlopen('http://127.0.0.1:9090/api/v1/query?query=' + p.quote(sys.argv[1])).read().decode())",
                    query,
                ]).output
            }
            func value(_ query: String) throws -> String? {
                try ask(query).firstMatch(of: /"value":\[[0-9.]+,"([^"]+)"\]/).map { String($0.1) }
            }
            try Serve.wait(
                "Prometheus reads it", { (try? String(contentsOfFile: folder.path + "/log", encoding: .utf8)) ?? "" }
            ) {
                try value("up{job=\"linger\"}") == "1"
            }
            #expect(try value("sum(linger_connections{state=\"close_wait\"})") == "60")
            #expect(try value("linger_build_info") == "1")
            #expect(try value("count(linger_findings)") == "72")
            kill(prometheus.pid, SIGTERM)
            _ = prometheus.wait()
            #expect(serve.end() == .code(0))
        }
    }

    @Test func `killed under load and started again, it has a gap and counts right`() throws {
        try Pile.with("close-wait", count: 200) { pile in
            let serve = try Serve(in: pile)
            var churn = try Churn(in: pile)
            try Serve.wait("transitions", { serve.log }) { try serve.metrics()["linger_transitions_total"] ?? 0 > 500 }
            try Serve.wait("rows are written", { serve.log }) { try !serve.rows("SELECT * FROM host").isEmpty }
            #expect(serve.end(SIGKILL) == .signal(SIGKILL))
            #expect(try serve.rows("PRAGMA integrity_check") == [["ok"]])

            try serve.start()
            try Serve.wait("transitions", { serve.log }) { try serve.metrics()["linger_transitions_total"] ?? 0 > 500 }
            churn.end()
            let counted = try SocketStatistics.look(in: pile).values.count { $0.state == "close_wait" }
            try Serve.wait("the counts of ss", { serve.log }) {
                let metrics = try serve.metrics().filter { $0.key.hasPrefix("linger_connections{state=\"close_wait\"") }
                return metrics.values.reduce(0, +) == Double(counted)
            }
            #expect(serve.end() == .code(0))
            #expect(try !serve.rows("SELECT * FROM gap WHERE kind = 'not_running' AND from_us < to_us").isEmpty)
        }
    }

    @Test func `the watch lets others go first, but where its buffer fills`() throws {
        try Pile.with("close-wait", count: 20) { pile in
            // So small that a quarter of it comes in a fifth of a second.
            let serve = try Serve(in: pile, watch: "namespaces: own, stacks: true, buffer: 64k", every: "1m")
            func niceness(of name: String = "watch") throws -> String? {
                for task in try FileManager.default.contentsOfDirectory(atPath: "/proc/\(serve.pid)/task") {
                    let stat = try String(contentsOfFile: "/proc/\(serve.pid)/task/\(task)/stat", encoding: .utf8)
                    guard stat.contains("(\(name))"), let end = stat.lastIndex(of: ")") else { continue }
                    // proc_pid_stat(5): nice is the 19th, the name the second.
                    return String(stat[end...].split(separator: " ")[17])
                }
                return nil
            }
            try Serve.wait("it lets others go first", { serve.log }) { try niceness() == "10" }
            var churn = try Churn(in: pile)
            // As it was started, whatever that is.
            let own = try #require(try niceness(of: "doctor"))
            try Serve.wait("it does not", { serve.log }) { try niceness() == own }
            churn.end()
            try Serve.wait("it does again", { serve.log }) { try niceness() == "10" }
            #expect(serve.end() == .code(0))
        }
    }

    @Test func `a daemon that was stopped catches up, or says what it lost`() throws {
        try Pile.with("close-wait", count: 50) { pile in
            // So small that three seconds of churn do not fit.
            let serve = try Serve(in: pile, watch: "namespaces: own, buffer: 64k", every: "1m")
            kill(serve.pid, SIGSTOP)
            var churn = try Churn(in: pile)
            sleep(3)
            kill(serve.pid, SIGCONT)
            try Serve.wait("the loss is counted", { serve.log }) {
                try serve.metrics()["linger_lost_events_total{kind=\"transitions\"}"] ?? 0 > 0
            }
            let before = try serve.metrics()["linger_transitions_total"] ?? 0
            try Serve.wait("it goes on", { serve.log }) {
                try serve.metrics()["linger_transitions_total"] ?? 0 > before + 100
            }
            churn.end()
            try Serve.wait("the counts of ss", { serve.log }) {
                let counted = try SocketStatistics.look(in: pile).values.count { $0.state == "close_wait" }
                let metrics = try serve.metrics().filter { $0.key.hasPrefix("linger_connections{state=\"close_wait\"") }
                return metrics.values.reduce(0, +) == Double(counted)
            }
            #expect(serve.end() == .code(0))
            #expect(try !serve.rows("SELECT * FROM gap WHERE kind = 'suspended' AND to_us - from_us > 2500000").isEmpty)
            #expect(try !serve.rows("SELECT * FROM gap WHERE kind = 'lost_transitions' AND count > 0").isEmpty)
        }
    }

    @Test func `a configuration that is broken at a reload is refused, and the old one goes on`() throws {
        try Pile.with("close-wait", count: 20) { pile in
            let serve = try Serve(in: pile)
            let success = "linger_config_reload_successful"
            #expect(try serve.metrics()[success] == 1)
            try serve.configure("docter: {}\nmetrics: {programs: none}")
            kill(serve.pid, SIGHUP)
            try serve.wait(for: "the old one goes on")
            #expect(serve.log.contains("did you mean doctor?") && serve.log.contains("from 1 to 1000"))
            #expect(try serve.metrics()[success] == 0)

            try serve.configure("metrics: {listen: '127.0.0.1:9912'}")
            kill(serve.pid, SIGHUP)
            try serve.wait(for: "configuration taken over")
            #expect(serve.log.contains("\"at_next_start\":\"metrics\""))
            #expect(try serve.metrics()[success] == 1)
            #expect(serve.end(SIGINT) == .code(0))
        }
    }

    @Test func `a full disk stops the history, and not the watch`() throws {
        try Pile.with("close-wait", count: 20) { pile in
            let folder = try TemporaryFolder()
            let disk = folder.path + "/disk"
            mkdir(disk, 0o755)
            let serve = try Serve(
                in: pile, folder: folder, "history: {path: \(disk)/history.db, maximum-size: 4m}", history: false,
                behind: [
                    "unshare", "--mount", "sh", "-c", "mount -t tmpfs -o size=6m none \(disk) && exec \"$@\"", "sh",
                ])
            func inside(_ command: String) throws {
                _ = try Outcome(of: ["nsenter", "--target", String(serve.pid), "--mount", "sh", "-c", command])
            }
            try Serve.wait("rows", { serve.log }) { try serve.metrics()["linger_history_rows_written_total"] ?? 0 > 0 }
            try inside("cat /dev/zero > \(disk)/fill 2> /dev/null")
            try Serve.wait("the disk is full", { serve.log }) {
                try serve.metrics()["linger_history_state{state=\"disk_full\"}"] == 1
            }
            try serve.wait(for: "the history is not written; the watch goes on")
            #expect(try serve.metrics()["linger_watch_start_timestamp_seconds"] ?? 0 > 0)
            try inside("rm \(disk)/fill")
            try Serve.wait("it is written again", { serve.log }) {
                try serve.metrics()["linger_history_state{state=\"writing\"}"] == 1
            }
            #expect(serve.end() == .code(0))
        }
    }

    @Test func `a history that is locked is written later`() throws {
        try Pile.with("close-wait", count: 20) { pile in
            let serve = try Serve(in: pile)
            try Serve.wait("rows", { serve.log }) { try serve.metrics()["linger_history_rows_written_total"] ?? 0 > 0 }
            var lock = try Child([
                "python3", "-c",
                "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], timeout=60); c.execute('BEGIN IMMEDIATE'); "
                    + "print('locked', flush=True); sys.stdin.read()",
                serve.folder.path + "/history.db",
            ])
            #expect(lock.line() == "locked")
            try Serve.wait("it waits", { serve.log }) {
                try serve.metrics()["linger_history_state{state=\"locked\"}"] == 1
            }
            lock.closeInput()
            _ = lock.wait()
            try Serve.wait("it is written", { serve.log }) {
                try serve.metrics()["linger_history_state{state=\"writing\"}"] == 1
            }
            #expect(serve.end() == .code(0))
        }
    }

    @Test func `linger doctor asks the daemon that runs, and goes on without it when it has ended`() throws {
        try Pile.with("close-wait", count: 60) { pile in
            let serve = try Serve(in: pile)
            let socket = ["--socket", serve.folder.path + "/linger.sock"]
            let thresholds = ["close_wait.leak_seconds": 0.0]
            let (asked, report) = try Linger.doctor(in: pile, thresholds: thresholds, socket)
            #expect(report.sources.history.used, "\(asked)")
            #expect(report.findings.contains { $0.kind == "close_wait_leak" })
            #expect(serve.end() == .code(0))
            let (alone, later) = try Linger.doctor(in: pile, thresholds: thresholds, socket)
            #expect(!later.sources.history.used, "\(alone)")
            #expect(later.findings.contains { $0.kind == "close_wait_leak" })
        }
    }

    @Test func `where eBPF is refused it goes by looks, counts right, and says so`() throws {
        try Pile.with("close-wait", count: 40) { pile in
            let serve = try Serve(in: pile, behind: SnapshotWatchTests.withoutBPF)
            let inCloseWait = try SocketStatistics.look(in: pile).values.count { $0.state == "close_wait" }
            let metrics = try serve.metrics()
            #expect(metrics["linger_watch_by_looks"] == 1)
            let counted = metrics.filter { $0.key.hasPrefix("linger_connections{state=\"close_wait\"") }
            #expect(counted.values.reduce(0, +) == Double(inCloseWait))
            #expect(serve.log.contains("without eBPF"))
            #expect(serve.end() == .code(0))
            #expect(try !serve.rows("SELECT * FROM gap WHERE kind = 'snapshots_only'").isEmpty)
        }
    }

    @Test func `what cannot be served is refused with what to do`() throws {
        try Pile.with("close-wait", count: 20) { pile in
            let first = try Serve(in: pile)
            let second = try Serve(in: pile, "# another", waits: false)
            #expect(second.ended() == .code(1))
            #expect(second.log.contains("127.0.0.1:9911") && second.log.contains("metrics.listen"))
            #expect(first.end() == .code(0))
        }
        let folder = try TemporaryFolder()
        let file = folder.path + "/linger.yaml"
        try "watch: {bufer: 1m}\nlog: {level: loud}\n".write(toFile: file, atomically: true, encoding: .utf8)
        for command in [["serve", "--config", file], ["config", "check", file]] {
            let outcome = try Linger.run(command)
            #expect(outcome.exit == .code(2))
            #expect(outcome.errors.contains("\(file):1: there is no key 'bufer'; did you mean buffer?"))
            #expect(outcome.errors.contains("\(file):2: there is no level 'loud'"))
        }
        #expect(try Linger.run(["serve", "--config", folder.path + "/none"]).exit == .code(2))
        try "{}\n".write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try Linger.run(["config", "check", file]).output == "\(file) is good\n")
    }

    @Test func `clients of the metrics take few descriptors, and do not keep it from ending`() throws {
        try Pile.with("close-wait", count: 20) { pile in
            let serve = try Serve(in: pile)
            var clients = try Child([
                "nsenter", "--target", String(pile.ready.netnsPid), "--net", "python3", "-c",
                """
                import socket, sys
                # Asks and never reads; the others only connect.
                greedy = socket.socket()
                greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                greedy.connect(('127.0.0.1', 9911))
                greedy.sendall(b'GET /metrics HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' * 400)
                idle = [socket.create_connection(('127.0.0.1', 9911)) for _ in range(300)]
                print('connected', flush=True)
                sys.stdin.read()
                """,
            ])
            #expect(clients.line() == "connected")
            // As many as it takes are taken by then, and a look has come.
            sleep(2)
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(serve.pid)/fd").count
            #expect(open < 200)
            #expect(!serve.log.contains("a look failed"))
            kill(serve.pid, SIGTERM)
            try Serve.wait("its end", { serve.log }) { serve.log.contains("linger serve ends") }
            #expect(serve.ended() == .code(0))
            clients.closeInput()
            _ = clients.wait()
        }
    }

    @Test func `systemd finds nothing wrong with the unit, and little to harden`() throws {
        let folder = try TemporaryFolder()
        let text = try String(contentsOfFile: Self.unit, encoding: .utf8)
        let copy = folder.path + "/linger.service"
        try text.replacing("/usr/local/bin/linger", with: Linger.executable).replacing(
            "Documentation=man:linger(8)\n", with: ""
        )
        .write(toFile: copy, atomically: true, encoding: .utf8)
        let verified = try Outcome(of: ["systemd-analyze", "verify", copy])
        #expect(verified.exit == .code(0) && verified.errors.isEmpty, "\(verified)")
        let security = try Outcome(of: ["systemd-analyze", "security", "--offline=true", "--threshold=35", copy])
        #expect(security.exit == .code(0), "\(security)")
        #expect(
            text.contains(
                "\nCapabilityBoundingSet=CAP_BPF CAP_PERFMON CAP_NET_ADMIN CAP_SYS_PTRACE CAP_DAC_READ_SEARCH\n"))
    }
}

/// Connections that come and go in the namespace of a pile, as fast as a Python program makes them.
private struct Churn: ~Copyable {
    private var child: Child

    init(in pile: Pile) throws {
        child = try Child([
            "nsenter", "--target", String(pile.ready.netnsPid), "--net", "python3", "-c",
            """
            import socket, select, sys
            listener = socket.socket()
            listener.bind(('127.0.0.1', 7000))
            listener.listen(64)
            print('ready', flush=True)
            while not select.select([sys.stdin], [], [], 0)[0]:
                for _ in range(20):
                    client = socket.create_connection(listener.getsockname())
                    server, _ = listener.accept()
                    client.close()
                    server.close()
            """,
        ])
        _ = child.line()
    }

    mutating func end() {
        child.closeInput()
        _ = child.wait()
    }
}
