import Foundation
import TCP
import Testing

@testable import History

/// What goes wrong around the file: the writer is killed, another holds the lock, the disk is full or cannot be written.
@Suite struct TroubleTests {
    let folder: Folder

    init() throws { folder = try Folder() }

    @Test("killed in the middle of writing, again and again, nothing that was committed is lost, and the file is sound")
    func killed() throws {
        var acknowledged: Int64 = 0
        for round in 0..<8 {
            let program = try Program([Program.writer, folder.file])
            #expect(program.line() == "open")
            let before = try count()
            program.tell("stream")
            var written: Int64 = 0
            // Killed after some lines, in the middle of whatever it does then.
            for _ in 0..<(20 + round * 17) {
                if let line = program.line(), let number = Int64(line.dropFirst("written ".count)) { written = number }
            }
            program.kill()
            #expect(try Program.sqlite(folder.file, "PRAGMA integrity_check") == ["ok"])
            let after = try count()
            #expect(after >= before + written / 2, "round \(round): of \(written) rows, half of them lives")
            acknowledged += written
        }
        #expect(acknowledged > 0)
        let writer = try Sample.writer(folder)
        writer.record(Sample.batch { $0.lives = [Sample.life(1)] })
        try writer.flush()
    }

    @Test("flushed is committed: killed right after, everything is there")
    func flushedAndKilled() throws {
        let program = try Program([Program.writer, folder.file])
        #expect(program.line() == "open")
        #expect(program.ask("lives 5000") == "taken")
        #expect(program.ask("flush") == "flushed")
        program.kill()
        #expect(try count() == 5000)
    }

    private func count() throws -> Int64 {
        try Program.sqlite(folder.file, "SELECT count(*) FROM life").compactMap { Int64($0) }.first ?? -1
    }

    @Test(
        "another process's lock is waited for without holding up the caller; what finds no room is counted as a gap",
        arguments: ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
    func locked(statement: String) throws {
        let clock = TestClock()
        let writer = try Sample.writer(folder, clock) { $0.mostWaiting = 100 }
        let other = try Program.holding(folder.file, [statement])
        writer.record(Sample.batch { $0.lives = (0..<80).map { Sample.life($0) } })
        #expect(throws: HistoryError.locked(path: folder.file)) { try writer.flush() }
        #expect(writer.status.state == .locked)
        #expect(writer.status.waiting == 80)
        let from = clock.now
        writer.record(Sample.batch { $0.lives = (80..<140).map { Sample.life($0) } })
        clock.advance(minutes: 1)
        let action = ActionRow(time: clock.now, source: "clear", run: "1", record: .end, json: "{}")
        writer.record(
            Sample.batch {
                $0.lives = (140..<180).map { Sample.life($0) }
                $0.actions = [action]
            })
        #expect(writer.status.dropped == 100)
        other.end()
        try writer.flush()
        #expect(writer.status.state == .writing)
        #expect(writer.status.waiting == 0)
        let reader = try HistoryReader(path: folder.file)
        #expect(try reader.summary().lives == 80)
        #expect(try reader.actions(Sample.always) == [action])
        #expect(try reader.gaps(Sample.always) == [GapRow(from: from, to: clock.now, kind: .locked, count: 100)])
    }

    @Test("settled is committed; while another process holds the lock, and when the file is closed, it is not settled")
    func settled() async throws {
        let writer = try Sample.writer(folder)
        writer.record(Sample.batch { $0.lives = [Sample.life(1)] })
        let atOnce = await writer.settle()
        #expect(atOnce)
        #expect(try count() == 1)
        let other = try Program.holding(folder.file, ["BEGIN IMMEDIATE"])
        writer.record(Sample.batch { $0.lives = [Sample.life(2)] })
        let whileLocked = await writer.settle()
        #expect(!whileLocked)
        #expect(writer.status.waiting == 1)
        other.end()
        let afterwards = await writer.settle()
        #expect(afterwards)
        #expect(writer.status.waiting == 0)
        #expect(try count() == 2)
        writer.close()
        let whenClosed = await writer.settle()
        #expect(!whenClosed)
    }

    @Test("one process writes at a time: the next may when the first has ended, however it did; reading is free")
    func oneWriter() throws {
        let first = try Program([Program.writer, folder.file])
        #expect(first.line() == "open")
        #expect(throws: HistoryError.inUse(path: folder.file)) { try Sample.writer(folder) }
        #expect(first.ask("lives 3") == "taken")
        #expect(first.ask("flush") == "flushed")
        #expect(try HistoryReader(path: folder.file).summary().lives == 3)
        first.kill()

        let writer = try Sample.writer(folder)
        let refused = try Program([Program.writer, folder.file])
        #expect(refused.line()?.hasPrefix("refused another linger serve writes \(folder.file)") == true)
        refused.finish()
        writer.close()
        let reader = try HistoryReader(path: folder.file)
        let next = try Program([Program.writer, folder.file])
        #expect(next.line() == "open")
        #expect(try reader.summary().lives == 3)
        next.finish()
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.file + ".lock")
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    }

    @Test("a history that was moved away with its lock is begun anew, and the new one is locked too")
    func movedWithLock() throws {
        let writer = try Sample.writer(folder)
        for end in ["", "-wal", "-shm", ".lock"] {
            try? FileManager.default.moveItem(atPath: folder.file + end, toPath: folder.path + "/old.db" + end)
        }
        writer.record(Sample.batch { $0.lives = [Sample.life(1)] })
        try writer.flush()
        #expect(throws: HistoryError.inUse(path: folder.file)) { try Sample.writer(folder) }
        writer.record(Sample.batch { $0.lives = [Sample.life(2)] })
        try writer.flush()
        #expect(try count() == 2)
    }

    @Test("the caller never waits while the writer waits for a lock")
    func callerDoesNotWait() throws {
        let writer = try Sample.writer(folder) { $0.interval = 0.02 }
        let other = try Program.holding(folder.file, ["BEGIN EXCLUSIVE"])
        writer.record(Sample.batch { $0.lives = [Sample.life(1)] })
        for _ in 0..<3000 where writer.status.state != .locked { Thread.sleep(forTimeInterval: 0.01) }
        #expect(writer.status.state == .locked)
        // The writer waits a second for the lock each time; ten thousand calls would take hours if they waited with it.
        for number in 0..<10_000 { writer.record(Sample.batch { $0.lives = [Sample.life(UInt64(number))] }) }
        #expect(writer.status.waiting == 10_001)
        other.end()
        try writer.flush()
        #expect(writer.status.written == 10_001)
    }

    @Test("a full disk stops the writing and says so; with room again it goes on, and a gap tells what is missing")
    func diskFull() throws {
        // A disk of 3 MB that only this program sees, and this test through /proc.
        let program = try Program([
            "unshare", "--mount", "--propagation", "private", "sh", "-c",
            #"mount -t tmpfs -o size=2m linger "$1" && exec "$0" "$1/history.db" 500000000 15000"#, Program.writer,
            folder.path,
        ])
        #expect(program.line() == "open")
        #expect(program.ask("lives 1000") == "taken")
        #expect(program.ask("flush") == "flushed")
        // By the way, the mount is not seen here.
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
        let disk = "/proc/\(program.pid)/root\(folder.path)"
        try? Data(count: 4_000_000).write(to: URL(filePath: disk + "/other"))

        #expect(program.ask("lives 10000") == "taken")
        let answer = program.ask("flush")
        #expect(answer.hasPrefix("failed no space is left on the disk for"), "\(answer)")
        #expect(program.ask("status").hasPrefix("diskFull written"))
        #expect(program.ask("lives 10000") == "taken")
        #expect(program.ask("status").contains(" dropped 10000 "))

        try FileManager.default.removeItem(atPath: disk + "/other")
        // Not all of it finds room even now: it stops again, and waits.
        _ = program.ask("flush")
        let kept = try Program.sqlite(folder.file, "SELECT count(*) FROM life", as: program).compactMap { Int64($0) }
            .first
        #expect(kept.map { $0 > 1000 } == true)
        let remount = try Program([
            "nsenter", "--mount=/proc/\(program.pid)/ns/mnt", "mount", "-o", "remount,size=60m", folder.path,
        ])
        remount.finish()
        #expect(program.ask("flush") == "flushed")
        #expect(program.ask("status").hasPrefix("writing written 11"))
        #expect(try Program.sqlite(folder.file, "SELECT count(*) FROM life", as: program) == ["11000"])
        #expect(try Program.sqlite(folder.file, "SELECT kind, count FROM gap", as: program) == ["disk_full|10000"])
        #expect(try Program.sqlite(folder.file, "PRAGMA integrity_check", as: program) == ["ok"])
        program.finish()
    }

    @Test("on a disk that is mounted read-only a history is not opened to be written, and can be read")
    func readOnly() throws {
        try Sample.writer(folder).close()
        let program = try Program([
            "unshare", "--mount", "--propagation", "private", "sh", "-c",
            #"mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec "$0" "$1/history.db""#, Program.writer,
            folder.path,
        ])
        #expect(program.line() == "refused \(folder.file).lock: Read-only file system")
        program.finish()
        let new = try Program([
            "unshare", "--mount", "--propagation", "private", "sh", "-c",
            #"mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec "$0" "$1/new/history.db""#,
            Program.writer, folder.path,
        ])
        #expect(new.line() == "refused \(folder.path)/new: Read-only file system")
        new.finish()
    }

    @Test("a path that cannot be written any more stops the writing, and it goes on when it can")
    func replaced() throws {
        let program = try Program([
            "unshare", "--mount", "--propagation", "private", "sh", "-c",
            #"mount -t tmpfs -o size=20m linger "$1" && exec "$0" "$1/history.db" 500000000 1000"#, Program.writer,
            folder.path,
        ])
        #expect(program.line() == "open")
        #expect(program.ask("lives 10") == "taken")
        let disk = "/proc/\(program.pid)/root\(folder.path)"
        #expect(program.ask("flush") == "flushed")
        let gone = disk + "/gone"
        try FileManager.default.moveItem(atPath: disk + "/history.db", toPath: gone)
        try FileManager.default.createDirectory(atPath: disk + "/history.db", withIntermediateDirectories: false)
        #expect(program.ask("lives 900") == "taken")
        #expect(program.ask("flush").hasPrefix("failed "))
        #expect(program.ask("lives 900") == "taken")
        try FileManager.default.removeItem(atPath: disk + "/history.db")
        #expect(program.ask("flush") == "flushed")
        #expect(try Program.sqlite(folder.file, "SELECT count(*) FROM life", as: program) == ["900"])
        #expect(try Program.sqlite(folder.file, "SELECT kind, count FROM gap", as: program) == ["unwritable|900"])
        program.finish()
    }
}
