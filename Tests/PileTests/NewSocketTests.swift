import Foundation
import Testing

/// Sockets and descriptors are read side by side: some connections are newer than what was read of their process.
@Suite("sockets that come while we look")
struct NewSocketTests {
    @Test("each connection of a busy server has its holder", arguments: Linger.Method.allCases)
    func busy(by method: Linger.Method) throws {
        // Both ends of up to 6,000 connections, as fast as they come; none is closed.
        let program = """
            import json, os, resource, socket, subprocess, sys, threading, time
            limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            listener = socket.create_server(("127.0.0.1", 7000), backlog=64)
            held = []
            ended = threading.Event()
            def grow():
                while not ended.is_set() and len(held) < min(12000, limit - 100):
                    held.append(socket.create_connection(("127.0.0.1", 7000)))
                    held.append(listener.accept()[0])
            growing = threading.Thread(target=grow)
            growing.start()
            for _ in range(4):
                before = len(held)
                run = subprocess.run(sys.argv[1:], capture_output=True, text=True)
                rows = [json.loads(line) for line in run.stdout.splitlines()]
                unheld = [row for row in rows if row["state"] == "established" and not row["holders"]
                          and row["holding"] != "unaccepted"]
                print(json.dumps({"before": before, "after": len(held), "rows": len(rows),
                                  "unheld": len(unheld), "errors": run.stderr}), flush=True)
            ended.set()
            growing.join()
            """
        let outcome = try Outcome(
            of: ["unshare", "--net", "python3", "-c", program, Linger.executable, "list", "--netns", "own"]
                + ListRow.arguments + ["--method", method.rawValue])
        #expect(outcome.exit == .code(0), "\(outcome)")
        let looks = try outcome.output.split(separator: "\n").map {
            try JSONDecoder().decode(Seen.self, from: Data($0.utf8))
        }
        #expect(looks.count == 4, "\(outcome)")
        for look in looks {
            // One may be in the middle of accept(2), which has a socket before it has a descriptor.
            #expect(look.unheld <= 1, "\(outcome)")
            #expect(look.rows >= look.before, "\(outcome)")
        }
        #expect(looks.contains { $0.after > $0.before }, "it grew while it was looked at: \(outcome)")
    }

    private struct Seen: Decodable {
        var before: Int
        var after: Int
        var rows: Int
        var unheld: Int
    }

    @Test(
        "a connection newer than its process's descriptors gets its holder from a second walk",
        arguments: Linger.Method.allCases)
    func secondWalk(by method: Linger.Method) throws {
        try Pile.with("close-wait") { pile in
            let folder = try TemporaryFolder()
            let recorded = try Linger.run("list", ListRow.arguments + ["--record", folder.path], in: pile, by: method)
            let whole = try ListRow.rows(of: recorded)
            let recording = Recording(path: folder.path)
            let walk = try recording.descriptors(of: pile, by: method)
            let bytes = try recording.read(walk)
            try recording.replace(walk, by: Data())
            try recording.write(bytes, to: walk + ".again")
            let replayed = try Linger.run(["list"] + ListRow.arguments + ["--replay", folder.path])
            let held = try ListRow.rows(of: replayed).filter { $0.state == "close_wait" }
            #expect(held.count == whole.count { $0.state == "close_wait" }, "\(replayed)")
            #expect(Set(held.map(\.holders)) == Set(whole.filter { $0.state == "close_wait" }.map(\.holders)))
            #expect(held.allSatisfy { $0.holders?.isEmpty == false }, "\(replayed)")
        }
    }

    @Test("what was closed while we looked has no holder that was hidden")
    func closedMeanwhile() throws {
        try Pile.with("close-wait") { pile in
            let folder = try TemporaryFolder()
            _ = try Linger.run("list", ListRow.arguments + ["--record", folder.path], in: pile, by: .proc)
            let recording = Recording(path: folder.path)
            let walk = try recording.descriptors(of: pile, by: .proc)
            let kept = try recording.read(walk)
            // Pairs of 32-bit numbers, descriptor and inode: the last one of a CLOSE_WAIT goes.
            try recording.replace(walk, by: kept.dropLast(8))
            let own = "/proc/\(getpid())/fd.sockets"
            try recording.deny(try #require(try recording.files().first { $0.hasSuffix(own) }))

            let hidden = try Linger.run(["list"] + ListRow.arguments + ["--replay", folder.path])
            #expect(hidden.exit == .code(4), "\(hidden)")
            let row = try #require(try ListRow.rows(of: hidden).first { $0.holding == "unseen" }, "\(hidden)")
            let cookie = try #require(row.cookie.flatMap { UInt64($0, radix: 16) })
            let root = walk.split(separator: "/proc/")[0]
            try recording.write(
                Data("\(cookie)\n".utf8), to: "\(root)/netns/\(pile.ready.netnsInode)/unheld.gone")

            let gone = try Linger.run(["list"] + ListRow.arguments + ["--replay", folder.path])
            #expect(gone.exit == .code(0), "\(gone)")
            let same = try ListRow.rows(of: gone).filter { $0.cookie == row.cookie }
            #expect(same.map(\.holding) == ["kernel_or_in_flight"], "\(gone)")
        }
    }
}

extension Recording {
    /// The file that has the descriptors of the pile's server.
    fileprivate func descriptors(of pile: Pile, by method: Linger.Method) throws -> String {
        let server = pile.ready.pids.values.map { "/proc/\($0)/fd.sockets" }
        let names = method == .bpf ? ["/iter.task_file"] : server
        let found = try files().filter { file in names.contains { file.hasSuffix($0) } }
        return try #require(try found.max { try read($0).count < read($1).count })
    }

    /// Another content, and the manifest has its size.
    fileprivate func replace(_ file: String, by data: Data) throws {
        try resize(file, to: "\(data.count)")
        try write(data, to: file)
    }

    /// It may not be read.
    fileprivate func deny(_ file: String) throws {
        try resize(file, to: nil)
        try FileManager.default.removeItem(atPath: path + "/" + file)
        try write(Data("13\n".utf8), to: file + ".errno")
    }

    private func resize(_ file: String, to size: String?) throws {
        let key = file.split(separator: "/").dropFirst().joined(separator: "/")
        let manifest = try #require(try files().first { $0.hasSuffix("/manifest") })
        let lines = String(decoding: try read(manifest), as: UTF8.self).split(separator: "\n").compactMap { line in
            line.hasSuffix(" \(key)") ? size.map { "\($0) \(key)" } : String(line)
        }
        try write(Data((lines.joined(separator: "\n") + "\n").utf8), to: manifest)
    }
}
