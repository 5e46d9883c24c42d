import Foundation
import Testing

/// `linger serve` with a policy that really clears, and a receiver that is told.
@Suite struct ServePolicyTests {
    @Test
    func `a policy clears a pile, says so to the receiver and in the audit record, and the history takes that over`()
        throws
    {
        try Pile.with("close-wait", count: 40) { pile in
            let folder = try TemporaryFolder()
            for name in ["var-lib", "var-log"] {
                try FileManager.default.createDirectory(
                    atPath: folder.path + "/" + name, withIntermediateDirectories: true)
            }
            // What policies know and the audit record stand in folders of the host: here they are this test's own.
            let mounts =
                "mount --bind '\(folder.path)/var-lib' /var/lib && mount --bind '\(folder.path)/var-log' /var/log"
            let wall = ["unshare", "--mount", "sh", "-c", mounts + " && exec \"$@\"", "sh"]
            let told = folder.path + "/told"
            let receiver = """
                import http.server, sys
                class Handler(http.server.BaseHTTPRequestHandler):
                    def do_POST(self):
                        body = self.rfile.read(int(self.headers['Content-Length'])).decode()
                        with open(sys.argv[1], 'a') as file: file.write(body + '\\n')
                        self.send_response(204); self.end_headers()
                    def log_message(self, *arguments): pass
                server = http.server.HTTPServer(('127.0.0.1', 9912), Handler)
                print('ready', flush=True)
                server.serve_forever()
                """
            _ = try pile.run(["ip", "link", "set", "lo", "up"])
            var python = try Child(
                ["nsenter", "--target", String(pile.ready.netnsPid), "--net", "python3", "-c", receiver, told])
            defer {
                kill(python.pid, SIGKILL)
                _ = python.wait()
            }
            #expect(python.line() == "ready")

            let serve = try Serve(
                in: pile, folder: folder,
                """
                policies:
                  - name: forgotten
                    match: state close-wait
                    for: 1s
                    at-least: 10
                    level: destroy
                    per-minute: 1000
                    in-all: 1000
                    dry-run: false
                    dry-run-for: 1s
                webhooks:
                  - url: http://127.0.0.1:9912/
                """, behind: wall)
            try Serve.wait("the pile is gone", { serve.log }) {
                try !SocketStatistics.look(in: pile).values.contains { $0.state == "close_wait" }
            }
            try Serve.wait("the end of the pile is told", { serve.log }) {
                let events = (try? String(contentsOfFile: told, encoding: .utf8)) ?? ""
                return events.contains("\"what\":\"cleared\"") && events.contains("\"event\":\"recovery\"")
            }
            try Serve.wait("the history has the acts", { serve.log }) {
                let records = try serve.rows(
                    "SELECT record, count(*) FROM action WHERE source = 'policy forgotten' GROUP BY record")
                return records.contains { $0[0] == "plan" } && records.contains { $0[0] == "end" }
            }
            #expect(serve.end() == .code(0))
            let audit = try String(contentsOfFile: folder.path + "/var-log/linger/clear.jsonl", encoding: .utf8)
            #expect(audit.contains("\"source\":\"policy forgotten\""))
        }
    }
}
