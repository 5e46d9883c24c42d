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
            var server = try Child(systemd.inside + ["python3", "-c", Self.server("acceptor")])
            #expect(server.line() == "stands")
            try Serve.wait("both ends of its connections", { systemd.log }) {
                try Self.metric(Self.established("acceptor"), systemd) == 60
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
            // One that is gone is no wish for standard values: an editor may be at work. What waits for the next start goes on
            // waiting.
            try systemd.run("rm", path)
            #expect(try systemd.run("systemctl", "reload", "linger").exit == .code(0))
            try Serve.wait("the other refusal", { systemd.log }) {
                systemd.log.contains("the old one goes on: cannot read \(path)")
            }
            try systemd.run("sh", "-c", "echo 'metrics: {programs: 7}' > \(path)")
            #expect(try systemd.run("systemctl", "reload", "linger").exit == .code(0))
            try Serve.wait("the second takeover", { systemd.log }) {
                systemd.log.components(separatedBy: "taken over at_next_start=metrics").count == 3
            }
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
            // One more, where the machine itself stood still for a while.
            #expect(try Int(systemd.property("NRestarts")) ?? 0 >= 2)

            try systemd.run("sh", "-c", "echo 'metrics: {listen: never}' > /etc/linger/linger.yaml")
            #expect(try systemd.run("systemctl", "restart", "linger").exit == .code(1))
            #expect(try systemd.property("ActiveState") == "failed")
            #expect(try systemd.property("ExecMainStatus") == "2")
            #expect(systemd.log.contains("linger.yaml:1: this is off, or an address and a port"), "\(systemd.log)")
            #expect(try systemd.property("NRestarts") == "0")
        }
    }

    @Test func `clear by restart restarts the service that holds the connections, and nothing else`() throws {
        let units = Self.leaks(["leaking": 7070]).merging(["other.service": "[Service]\nExecStart=sleep infinity\n"]) {
            $1
        }
        try Systemd.with(units: units) { systemd in
            #expect(try systemd.run("systemctl", "start", "leaking", "other").exit == .code(0))
            let (before, other) = try (
                systemd.property("MainPID", of: "leaking"), systemd.property("MainPID", of: "other")
            )
            let clear = [Systemd.program, "clear", "state close-wait", "--by", "restart", "--even-young"]
            let plan = try Outcome(of: systemd.inside + clear)
            #expect(plan.output.contains("runs: systemctl restart -- leaking.service"), "\(plan)")
            #expect(try systemd.property("MainPID", of: "leaking") == before)

            let cleared = try Outcome(of: systemd.inside + clear + ["--yes"])
            #expect(cleared.exit == .code(0) && cleared.output.contains("CLEARED  20 of 20"), "\(cleared)")
            let after = try systemd.property("MainPID", of: "leaking")
            #expect(after != before && after != "0")
            #expect(try systemd.property("MainPID", of: "other") == other)
        }
    }

    @Test func `policies of the service act at each level that its rights allow, and say which they do not`() throws {
        let ports: KeyValuePairs = ["shutdown": 7001, "destroy": 7002, "release": 7003, "restart": 7004, "kill": 7005]
        let policies = ports.map { level, port in
            """
              - {name: \(level), match: 'state close-wait sport = :\(port)', for: 1s, at-least: 10, level: \(level),
                 per-minute: 100, in-all: 100, dry-run: false, dry-run-for: 1s}
            """
        }
        let configuration = "doctor: {every: 1s}\npolicies:\n" + policies.joined(separator: "\n")
        let programs = ports.map { level, port in ("leak-\(level)", port) }
        try Systemd.with(units: Self.leaks(Dictionary(uniqueKeysWithValues: programs))) { systemd in
            try configuration.write(
                toFile: systemd.folder.path + "/linger.yaml", atomically: true, encoding: .utf8)
            let copied = try systemd.run("sh", "-c", "mkdir -p /etc/linger && cp /run/shared/linger.yaml /etc/linger/")
            #expect(copied.exit == .code(0), "\(copied)")
            for (name, _) in programs { #expect(try systemd.run("systemctl", "start", name).exit == .code(0)) }
            let killed = try systemd.property("MainPID", of: "leak-kill")
            #expect(try systemd.run("systemctl", "start", "linger").exit == .code(0), "\(systemd.log)")
            for level in ["shutdown", "destroy", "release", "restart"] {
                try Serve.wait("\(level) clears", { systemd.log }) {
                    systemd.log.contains("policy \(level): cleared 20 of 20 connections")
                }
            }
            try Serve.wait("kill is refused", { systemd.log }) {
                systemd.log.contains("policy kill: has switched itself off: refused")
            }
            #expect(systemd.log.contains("needs CAP_KILL, which this process was not given"))
            #expect(try systemd.property("MainPID", of: "leak-kill") == killed)
            let audit = try systemd.run("cat", "/var/log/linger/clear.jsonl").output
            for (level, _) in ports { #expect(audit.contains("\"source\":\"policy \(level)\"")) }
        }
    }

    @Test func `with the right to enter namespaces, looks of the service see all of them`() throws {
        try Systemd.with(settings: "CapabilityBoundingSet=CAP_SYS_ADMIN") { systemd in
            // It stands before the stream begins: only a look can tell of it.
            var elsewhere = try Child(systemd.inside + ["unshare", "--net", "python3", "-c", Self.server("elsewhere")])
            #expect(elsewhere.line() == "stands")
            #expect(try systemd.run("systemctl", "start", "linger").exit == .code(0), "\(systemd.log)")
            #expect(try Self.metric(Self.established("elsewhere"), systemd) == 60, "\(systemd.log)")
            #expect(try Self.metric("linger_look_is_partial", systemd) == 0)
            elsewhere.closeInput()
            _ = elsewhere.wait()
        }
    }

    /// The same path is another file there, or none: in a container, and in /tmp, of which the service has its own.
    @Test func `where a connection was opened is told of programs that the service does not see by their path`() throws
    {
        try Systemd.with { systemd in
            let source = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "Service/forgetful.c").path
            // Without frame pointers, as most are.
            let built = try Outcome(of: [
                "gcc", "-g", "-O2", "-fno-inline", "-fomit-frame-pointer", "-o", systemd.folder.path + "/forgetful",
                source,
            ])
            #expect(built.exit == .code(0), "\(built)")
            let configuration = "watch: {stacks: true}\ndoctor: {thresholds: {close_wait.leak_seconds: 0}}\n"
            try configuration.write(
                toFile: systemd.folder.path + "/linger.yaml", atomically: true, encoding: .utf8)
            try systemd.run("sh", "-c", "mkdir -p /etc/linger && cp /run/shared/linger.yaml /etc/linger/")
            #expect(try systemd.run("systemctl", "start", "linger").exit == .code(0), "\(systemd.log)")

            try systemd.run("cp", "/run/shared/forgetful", "/tmp/in-tmp")
            var inTmp = try Child(systemd.inside + ["/tmp/in-tmp", "7001"])
            let apart = "mount -t tmpfs tmpfs /mnt && cp /run/shared/forgetful /mnt/apart && exec /mnt/apart 7002"
            var inOther = try Child(systemd.inside + ["unshare", "--mount", "sh", "-c", apart])
            #expect(inTmp.line() == "stands" && inOther.line() == "stands")

            try "close_wait: {leak_seconds: 0}\n".write(
                toFile: systemd.folder.path + "/thresholds.yaml", atomically: true, encoding: .utf8)
            let doctor = try systemd.run(Systemd.program, "doctor", "--config", "/run/shared/thresholds.yaml")
            #expect(doctor.exit == .code(1))
            let places = doctor.output.matches(of: /accepted in {2,}handle_request\+0x[0-9a-f]+ \(forgetful\.c:13\)/)
            #expect(places.count == 2, "\(doctor)")
            inTmp.closeInput()
            inOther.closeInput()
            _ = (inTmp.wait(), inOther.wait())
        }
    }

    /// Services of another user's, each with 20 connections in CLOSE_WAIT on a port; started when they stand.
    private static func leaks(_ ports: [String: Int]) -> [String: String] {
        let program = """
            import os, signal, socket, sys
            listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))
            kept = []
            for _ in range(20):
                with socket.create_connection(listener.getsockname()): kept.append(listener.accept()[0])
            manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            manager.sendto(b'READY=1', os.environ['NOTIFY_SOCKET'])
            signal.pause()
            """
        var units = ["leak.py": program]
        for (name, port) in ports {
            units[name + ".service"] = """
                [Service]
                Type=notify
                User=nobody
                ExecStart=python3 /etc/systemd/system/leak.py \(port)
                """
        }
        return units
    }

    /// A program of this name with both ends of 30 connections, until its input ends.
    private static func server(_ name: String) -> String {
        """
        import fcntl, socket, struct, sys
        open('/proc/self/comm', 'w').write('\(name)')
        # SIOCSIFFLAGS: lo is up.
        fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sh', b'lo', 1))
        listener = socket.create_server(('127.0.0.1', 7000))
        clients = [socket.create_connection(('127.0.0.1', 7000)) for _ in range(30)]
        servers = [listener.accept()[0] for _ in clients]
        print('stands', flush=True)
        sys.stdin.read()
        """
    }

    private static func established(_ process: String) -> String {
        "linger_connections{state=\"established\",process=\"\(process)\"}"
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
