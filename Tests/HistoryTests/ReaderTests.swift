import Foundation
import Sockets
import TCP
import Testing

@testable import History

@Suite struct ReaderTests {
    let folder: Folder
    let clock = TestClock()

    init() throws { folder = try Folder() }

    /// Four minutes, and none recorded in the third: `app` leaks, `web` is well.
    private func write() throws {
        let web = ProcessIdentity(pid: 99, startTicks: 1, command: "web")
        let writer = try Sample.writer(folder, clock)
        writer.record(
            Sample.batch { batch in
                for (minute, leaked, well) in [(0, 10, 50), (1, 20, 60), (3, 40, 40)] as [(Int64, Int64, Int64)] {
                    batch.minutes += [
                        Sample.minute(minute, leaked, opened: 10),
                        Sample.minute(minute, well, state: .established, process: web, opened: 5, closed: 4),
                        Sample.minute(minute, 1, state: .established, way: .destination("10.0.0.9:5432")),
                    ]
                }
                batch.minutes.append(Sample.minute(1, 3, process: web))
                batch.lives = (1...5).map { Sample.life($0, stack: $0 < 4 ? "handle() a.py:1\nmain()" : "other()") }
            })
        writer.close()
    }

    private var span: HistorySpan {
        HistorySpan(from: TestClock.start, to: TestClock.start + 4 * 60_000_000 - 1)
    }

    @Test("counts over time by state: what was there, what is missing, and what went on")
    func byState() throws {
        try write()
        let counts = try HistoryReader(path: folder.file).counts(CountQuery(span: span, key: .state))
        #expect(counts.firstMinute == TestClock.startMinute)
        #expect(counts.minutesPerPoint == 1)
        #expect(counts.lastMinute == TestClock.startMinute + 3)
        #expect(counts.lines.map(\.state) == [.established, .closeWait])
        #expect(counts.lines.map(\.points) == [[51, 61, nil, 41], [10, 23, nil, 40]])
        #expect(counts.lines.map(\.last) == [41, 40])
        #expect(counts.lines.map(\.most) == [61, 40])
        #expect(counts.lines.map(\.opened) == [15, 30])
        #expect(counts.lines.map(\.closed) == [12, 0])
    }

    @Test("fewer points than minutes: each has the largest count of its minutes")
    func points() throws {
        try write()
        var query = CountQuery(span: span, key: .state)
        query.points = 2
        query.states = [.closeWait]
        let counts = try HistoryReader(path: folder.file).counts(query)
        #expect(counts.minutesPerPoint == 2)
        #expect(counts.lines.map(\.points) == [[23, 40]])
    }

    @Test(
        "counts are narrowed by process, place and namespace, and told apart as asked",
        arguments: [
            ("app", nil, nil, ["app"]), ("99", nil, nil, ["web"]), (nil, "8080", nil, ["app", "web"]),
            (nil, "10.0.0.9", nil, ["app"]), (nil, nil, 5, []), (nil, nil, nil, ["app", "web"]),
        ] as [(String?, String?, UInt32?, [String])])
    func narrowed(process: String?, place: String?, namespace: UInt32?, expected: [String]) throws {
        try write()
        var query = CountQuery(span: span, key: .program)
        (query.process, query.place, query.namespace) = (process, place, namespace)
        let reader = try HistoryReader(path: folder.file)
        #expect(try reader.counts(query).lines.compactMap(\.program).sorted() == expected)
        query.key = .process
        #expect(try reader.counts(query).lines.compactMap(\.pid).count == expected.count)
        query.key = .way
        #expect(try reader.counts(query).lines.isEmpty == expected.isEmpty)
    }

    @Test("leaks: who holds most, how fast it grows, since when, and where they were opened")
    func leaks() throws {
        try write()
        let leaks = try HistoryReader(path: folder.file).leaks(span, limit: 10)
        #expect(leaks.map(\.program) == ["app", "web"])
        #expect(leaks.map(\.last) == [40, 0])
        #expect(leaks.map(\.most) == [40, 3])
        #expect(leaks.map(\.growth) == [600, nil])
        #expect(leaks.map(\.since) == [TestClock.startMinute, TestClock.startMinute + 1])
        #expect(
            leaks[0].places == [.init(stack: "handle() a.py:1\nmain()", count: 3), .init(stack: "other()", count: 2)])
        #expect(leaks[0].way == .listener("0.0.0.0:8080"))
        #expect(try HistoryReader(path: folder.file).leaks(span, limit: 1).count == 1)
    }

    @Test("a connection is found by its cookie and by its ends, in any order, as it was last")
    func lives() throws {
        let writer = try Sample.writer(folder, clock)
        var later = Sample.life(7, second: 60)
        later.ending = "timed_out"
        writer.record(Sample.batch { $0.lives = [Sample.life(7), Sample.life(8, second: 1), later] })
        try writer.flush()
        let reader = try HistoryReader(path: folder.file)
        for which in [
            .cookie(7), .ends(["10.0.0.2:40007"]), .ends(["10.0.0.1:8080", "10.0.0.2:40007"]),
            .ends(["10.0.0.2:40007", "10.0.0.1:8080"]),
        ] as [LifeQuery.Which] {
            #expect(try reader.lives(LifeQuery(which, span: Sample.always)) == [later], "\(which)")
        }
        #expect(try reader.lives(LifeQuery(.ends(["10.0.0.1:8080"]), span: Sample.always)).map(\.cookie) == [7, 8])
        #expect(try reader.lives(LifeQuery(.cookie(9), span: Sample.always)) == [])
        var query = LifeQuery(.all, span: HistorySpan(from: TestClock.start + 30_000_000, to: .max / 2))
        #expect(try reader.lives(query).map(\.cookie) == [7])
        query.span = Sample.always
        query.limit = 1
        #expect(try reader.lives(query).count == 1)
    }

    @Test("it is read while another process writes it, and each answer is of one moment")
    func whileWritten() throws {
        let program = try Program([Program.writer, folder.file])
        #expect(program.line() == "open")
        program.tell("stream")
        for _ in 0..<30 { _ = program.line() }
        let reader = try HistoryReader(path: folder.file)
        var before: Int64 = 0
        for _ in 0..<10 {
            let count = try reader.summary().lives
            #expect(count >= before)
            before = count
            for _ in 0..<20 { _ = program.line() }
        }
        #expect(before > 0)
        program.kill()
    }

    @Test("a user who may read the file, and write nothing beside it, can ask it while nobody writes")
    func unprivileged() throws {
        try write()
        // The folder of the build may be closed to others.
        try Program(["cp", Program.writer, folder.path + "/child"]).finish()
        chmod(folder.path, 0o555)
        chmod(folder.file, 0o444)
        defer { chmod(folder.path, 0o755) }
        let program = try Program([
            "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", folder.path + "/child", folder.file, "read",
        ])
        #expect(program.line() == "5")
    }

    @Test("a user who may not enter the folder is told that, and not that there is no history")
    func closedFolder() throws {
        try write()
        try Program(["cp", Program.writer, folder.path + "/child"]).finish()
        let closed = folder.path + "/closed"
        mkdir(closed, 0o700)
        try FileManager.default.moveItem(atPath: folder.file, toPath: closed + "/history.db")
        let program = try Program([
            "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", #"exec "$0" "$1" read 2>&1"#,
            folder.path + "/child", closed + "/history.db",
        ])
        // It ends by the error, which Swift prints.
        var text = ""
        while let line = program.line() { text += line + "\n" }
        #expect(text.contains("not permitted to open") || text.contains("notPermitted"), "\(text)")
    }

    @Test("an empty history has no lines, no leaks and no lives")
    func empty() throws {
        try Sample.writer(folder, clock).close()
        let reader = try HistoryReader(path: folder.file)
        #expect(try reader.summary().isEmpty)
        #expect(try reader.counts(CountQuery(span: span, key: .state)).lines == [])
        #expect(try reader.leaks(span, limit: 3) == [])
        #expect(try reader.lives(LifeQuery(.all, span: Sample.always)) == [])
    }
}
