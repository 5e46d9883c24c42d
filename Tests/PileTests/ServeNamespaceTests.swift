import Foundation
import Testing

/// `linger serve` and network namespaces that are not its own: that vanish while they are watched, and that the unit's
/// capabilities do not let it enter.
@Suite struct ServeNamespaceTests {
    @Test func `a namespace that is deleted while all are watched leaves nothing behind`() throws {
        try Pile.with("close-wait", count: 20) { pile in
            let serve = try Serve(in: pile, "metrics: {programs: 1000}", watch: "namespaces: all")
            let place = try Elsewhere("linger-gone")
            try Serve.wait("its connections", { serve.log }) {
                Self.established(try serve.metrics(), "linger-gone") == 60
            }
            place.end()
            // What is in TIME_WAIT goes with the namespace and nobody tells: it counts until its timer would be over.
            try Serve.wait("they are gone", { serve.log }) {
                try serve.metrics().allSatisfy { key, count in
                    !key.hasPrefix("linger_connections{") || !key.contains("process=\"linger-gone\"")
                        || key.contains("\"time_wait\"") || count == 0
                }
            }
            // Nothing of ours keeps it.
            let folder = "/proc/\(serve.pid)/fd"
            for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: folder + "/" + name)
                #expect(target != "net:[\(place.inode)]")
            }

            let next = try Elsewhere("linger-next")
            try Serve.wait("the next one's", { serve.log }) {
                Self.established(try serve.metrics(), "linger-next") == 60
            }
            next.end()
            #expect(!serve.log.contains("a look failed"))
            #expect(serve.end() == .code(0))
        }
    }

    @Test func `where the only namespace that is watched is deleted, it says so once and can still be asked`() throws {
        try Pile.with("close-wait", count: 20) { pile in
            let place = try Elsewhere("linger-only")
            let serve = try Serve(
                in: pile, "metrics: {programs: 1000}", watch: "namespaces: 'net:[\(place.inode)]'")
            let metrics = try serve.metrics()
            #expect(Self.established(metrics, "linger-only") == 60)
            place.end()
            try serve.wait(for: "a look failed")
            try Serve.wait("they are gone", { serve.log }) {
                Self.established(try serve.metrics(), "linger-only") == 0
            }
            // Two more looks fail meanwhile, one a second: they must not be said again.
            sleep(2)
            // The namespace of another test may take the number meanwhile: then looks work again, for a while.
            let again = serve.log.components(separatedBy: "looks work again").count
            #expect(serve.log.components(separatedBy: "a look failed").count == 1 + again, "\(serve.log)")
            #expect(serve.log.contains("net:[\(place.inode)]"))
            #expect(serve.end() == .code(0))
        }
    }

    @Test func `with the unit's capabilities the stream sees all namespaces, looks its own, and it says so`() throws {
        let unit = try String(contentsOfFile: ServeTests.unit, encoding: .utf8)
        let line = try #require(unit.firstMatch(of: /\nCapabilityBoundingSet=(CAP_.*)\n/)).1
        let capabilities = line.split(separator: " ").map { "+" + $0.dropFirst(4).lowercased() }
        try Pile.with("close-wait", count: 50) { pile in
            // Of a name that no other test's programs have: the stream sees theirs too.
            let own = try Elsewhere(
                "linger-own", behind: ["nsenter", "--target", String(pile.ready.netnsPid), "--net"])
            let older = try Elsewhere("linger-older")
            func serve(_ capabilities: [String]) throws -> Serve {
                try Serve(
                    in: pile, "metrics: {programs: 1000}", watch: "namespaces: all",
                    behind: [
                        "setpriv", "--bounding-set", (["-all"] + capabilities).joined(separator: ","),
                        "--inh-caps=-all", "--no-new-privs",
                    ])
            }
            let confined = try serve(capabilities)
            var metrics = try confined.metrics()
            #expect(metrics["linger_watch_by_looks"] == 0, "\(confined.log)")
            try Serve.wait("it says so", { confined.log }) { try confined.metrics()["linger_look_is_partial"] == 1 }
            // Whose the own namespace's are is seen: CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH.
            #expect(Self.established(metrics, "linger-own") == 60, "\(confined.log)")
            #expect(Self.established(metrics, "linger-older") == 0)
            let newer = try Elsewhere("linger-newer")
            try Serve.wait("the stream's", { confined.log }) {
                Self.established(try confined.metrics(), "linger-newer") == 60
            }
            newer.end()
            #expect(confined.end() == .code(0))

            // As docs/serve.md says to add.
            let free = try serve(capabilities + ["+sys_admin"])
            metrics = try free.metrics()
            #expect(Self.established(metrics, "linger-older") == 60, "\(free.log)")
            #expect(free.end() == .code(0))
            older.end()
            own.end()
        }
    }

    private static func established(_ metrics: [String: Double]) -> [String: Double] {
        var counts: [String: Double] = [:]
        for (key, count) in metrics {
            guard let name = key.firstMatch(of: /^linger_connections\{state="established",process="(.*)"\}$/)?.1 else {
                continue
            }
            counts[String(name)] = count
        }
        return counts
    }

    private static func established(_ metrics: [String: Double], _ name: String) -> Double {
        established(metrics)[name] ?? 0
    }
}

/// A program of that name with 30 connections to itself, in a network namespace of its own that ends with it, or in another.
private final class Elsewhere {
    private var child: Child
    let inode: String

    init(_ name: String, behind wall: [String] = ["unshare", "--net"]) throws {
        child = try Child(
            wall + [
                "python3", "-c",
                """
                import os, socket, subprocess, sys
                subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
                open('/proc/self/comm', 'w').write(sys.argv[1])
                listener = socket.socket()
                listener.bind(('127.0.0.1', 7100))
                listener.listen(64)
                held = []
                for _ in range(30):
                    held.append(socket.create_connection(listener.getsockname()))
                    held.append(listener.accept()[0])
                print(os.readlink('/proc/self/ns/net')[5:-1], flush=True)
                sys.stdin.read()
                """, name,
            ])
        guard let line = child.line() else { throw HarnessError("no connections elsewhere") }
        inode = line
    }

    /// At once, without closing anything.
    func end() {
        kill(child.pid, SIGKILL)
        _ = child.wait()
    }
}
