import Foundation
import Testing

/// linger.service under a real systemd: with all its hardening, not its capabilities alone.
@Suite struct ServiceTests {
    @Test func `the service watches under all of its hardening, and is reloaded and stopped as a service is`() throws {
        try Systemd.with { systemd in
            #expect(try systemd.run("systemctl", "start", "linger").exit == .code(0), "\(systemd.log)")
            #expect(try systemd.property("ActiveState") == "active")
            #expect(try systemd.property("StatusText").hasPrefix("watching"))
            let process = try systemd.property("MainPID")
            let status = try systemd.run("cat", "/proc/\(process)/status").output
            // BPF, PERFMON, NET_ADMIN, SYS_PTRACE, DAC_READ_SEARCH, by their numbers in <linux/capability.h>.
            let rights = [39, 38, 12, 19, 2].reduce(UInt64(0)) { $0 | 1 << $1 }
            #expect(status.contains("CapEff:\t" + String(rights, radix: 16).leftPadded(to: 16)), "\(status)")
            #expect(status.contains("NoNewPrivs:\t1\n") && status.contains("Seccomp:\t2\n"), "\(status)")

            // A program that holds what it accepts: whose it is only the stream tells between two looks.
            var server = try Child(
                systemd.inside + [
                    "python3", "-c",
                    """
                    import socket, sys
                    open('/proc/self/comm', 'w').write('acceptor')
                    listener = socket.create_server(('127.0.0.1', 7000))
                    clients = [socket.create_connection(('127.0.0.1', 7000)) for _ in range(30)]
                    servers = [listener.accept()[0] for _ in clients]
                    print('stands', flush=True)
                    sys.stdin.read()
                    """,
                ])
            #expect(server.line() == "stands")
            try Serve.wait("both ends of its connections", { systemd.log }) {
                try Self.metric("linger_connections{state=\"established\",process=\"acceptor\"}", systemd) == 60
            }
            #expect(try Self.metric("linger_look_is_partial", systemd) == 0)
            #expect(!systemd.log.contains(" is not seen"), "\(systemd.log)")
            #expect(!systemd.log.contains("without eBPF"), "\(systemd.log)")
            #expect(!systemd.log.contains("thread priority"), "\(systemd.log)")
            server.closeInput()
            _ = server.wait()

            // A configuration that was not there at the start.
            let path = "/etc/linger/linger.yaml"
            try systemd.run("sh", "-c", "echo 'metrics: {programs: 7}' > \(path)")
            #expect(try systemd.run("systemctl", "reload", "linger").exit == .code(0))
            try Serve.wait("the reload", { systemd.log }) {
                systemd.log.contains("taken over at_next_start=metrics config=\(path)\n")
            }
            try systemd.run("sh", "-c", "echo 'metrics: {programs: none}' > \(path)")
            #expect(try systemd.run("systemctl", "reload", "linger").exit == .code(0))
            try Serve.wait("the refusal", { systemd.log }) { systemd.log.contains("the old one goes on") }
            #expect(try systemd.property("StatusText").contains("refused"))
            #expect(try systemd.property("MainPID") == process)

            #expect(try systemd.run("systemctl", "stop", "linger").exit == .code(0))
            #expect(try systemd.property("ActiveState") == "inactive")
            #expect(try systemd.property("Result") == "success")
            #expect(systemd.log.contains("linger serve ends"))
            #expect(try systemd.run("stat", "--format=%a", "/var/lib/linger/history.db").output == "640\n")
            #expect(try systemd.run("ls", "/run/linger").exit != .code(0))
        }
    }

    @Test func `the service comes back when it was killed or stands still, and not with a wrong configuration`() throws
    {
        // Ten seconds: a machine that is busy with other tests answers in that time.
        try Systemd.with(settings: "WatchdogSec=10\nTimeoutAbortSec=1\nRestartSec=200ms") { systemd in
            #expect(try systemd.run("systemctl", "start", "linger").exit == .code(0), "\(systemd.log)")
            for signal in ["KILL", "STOP"] {
                let before = try systemd.property("MainPID")
                try systemd.run("kill", "-\(signal)", before)
                try Serve.wait("another after SIG\(signal)", { systemd.log }) {
                    let now = try systemd.property("MainPID")
                    return try now != "0" && now != before && systemd.property("ActiveState") == "active"
                }
            }
            #expect(try systemd.property("NRestarts") == "2")

            try systemd.run("sh", "-c", "echo 'metrics: {listen: never}' > /etc/linger/linger.yaml")
            #expect(try systemd.run("systemctl", "restart", "linger").exit == .code(1))
            #expect(try systemd.property("ActiveState") == "failed")
            #expect(try systemd.property("ExecMainStatus") == "2")
            #expect(systemd.log.contains("linger.yaml:1: this is off, or an address and a port"), "\(systemd.log)")
            #expect(try systemd.property("NRestarts") == "0")
        }
    }

    @Test func `clear by restart restarts the service that holds the connections, and nothing else`() throws {
        let leaking = """
            import socket, time
            listener = socket.create_server(('127.0.0.1', 7070))
            kept = []
            for _ in range(20):
                with socket.create_connection(('127.0.0.1', 7070)): kept.append(listener.accept()[0])
            open('/run/shared/stands', 'a').close()
            time.sleep(1000000)
            """
        let units = [
            "leaking.py": leaking,
            "leaking.service": "[Service]\nExecStart=python3 /etc/systemd/system/leaking.py\n",
            "other.service": "[Service]\nExecStart=sleep infinity\n",
        ]
        try Systemd.with(units: units) { systemd in
            #expect(try systemd.run("systemctl", "start", "leaking", "other").exit == .code(0))
            let stands = systemd.folder.path + "/stands"
            try Serve.wait("the leak") { FileManager.default.fileExists(atPath: stands) }
            let (before, other) = try (
                systemd.property("MainPID", of: "leaking"), systemd.property("MainPID", of: "other")
            )

            let plan = try systemd.run(Systemd.program, "clear", "state close-wait", "--by", "restart", "--even-young")
            #expect(plan.output.contains("runs: systemctl restart -- leaking.service"), "\(plan)")
            #expect(try systemd.property("MainPID", of: "leaking") == before)

            try FileManager.default.removeItem(atPath: stands)
            let cleared = try systemd.run(
                Systemd.program, "clear", "state close-wait", "--by", "restart", "--even-young", "--yes")
            #expect(cleared.exit == .code(0) && cleared.output.contains("CLEARED  20 of 20"), "\(cleared)")
            let after = try systemd.property("MainPID", of: "leaking")
            #expect(after != before && after != "0")
            #expect(try systemd.property("MainPID", of: "other") == other)
        }
    }

    private static func metric(_ name: String, _ systemd: Systemd) throws -> Double? {
        let script = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9911/metrics').read().decode())"
        let page = try systemd.run("python3", "-c", script).output
        return page.split(separator: "\n").first { $0.hasPrefix(name + " ") }
            .flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }
    }
}

extension String {
    fileprivate func leftPadded(to width: Int) -> String {
        String(repeating: "0", count: max(0, width - count)) + self
    }
}
