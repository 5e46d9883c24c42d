import Foundation
import History
import Kernel
import Logging
import Synchronization
import Testing

@testable import Commands

/// The daemon's history where it cannot be opened at first, and where the daemon is started again.
@Suite struct HistoryKeeperTests {
    private let scene: Scene

    init() throws { scene = try Scene() }

    /// A folder for one test, gone with the value, and what the daemon logs.
    private final class Scene: Sendable {
        static let host = HostRow(name: "db1", boot: "boot-1", kernel: "6.1.0")
        static let always = HistorySpan(from: 0, to: .max / 2)
        private let folder: String
        private let lines = Mutex<[String]>([])

        init() throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "linger-keeper-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        var history: String { folder + "/history.db" }
        var log: [String] { lines.withLock(\.self) }
        var place: String { history + ".audit" }

        private var record: String { folder + "/clear.jsonl" }
        private var logger: Logger {
            Logger(label: "test") { _ in
                DaemonLog(.text, DaemonLog.Level(.info), isJournal: true) { line in
                    self.lines.withLock { $0.append(line) }
                }
            }
        }

        func keeper() -> HistoryKeeper {
            HistoryKeeper(ServeConfiguration.Past(path: history), host: Self.host, logger: logger)
        }

        func audit(_ keeper: HistoryKeeper) -> AuditService {
            AuditService(path: record, place: place, history: keeper, logger: logger)
        }

        /// As `linger clear` does.
        func clear(run: String) throws {
            let line = #"{"time_ms":7,"run":"\#(run)","source":"clear","record":"end"}"# + "\n"
            try AppendFile(path: record, rotateAt: .max, keep: 9).append(Array(line.utf8))
        }

        func actions() throws -> [String] { try HistoryReader(path: history).actions(Self.always).map(\.run) }
        func gaps() throws -> [GapRow] { try HistoryReader(path: history).gaps(Self.always) }
    }

    @Test("a history that another daemon writes is opened when that has ended; gaps tell of the time before and since")
    func openedLate() async throws {
        let hourAgo = HostClock.wall / 1000 - 3_600_000_000
        let other = try HistoryWriter(path: scene.history, host: Scene.host, clock: { hourAgo })
        let keeper = scene.keeper()
        #expect(keeper.status?.state != .writing)
        #expect(scene.log.count == 1)
        #expect(scene.log.first?.contains("another linger serve writes \(scene.history)") == true)
        var batch = HistoryBatch()
        batch.gaps = [GapRow(from: 1, to: 2, kind: .suspended)]
        keeper.record(batch)
        keeper.open()
        #expect(keeper.status?.state != .writing)
        #expect(keeper.status?.dropped == 1)
        #expect(scene.log.count == 1)
        let isEarly = await keeper.settle()
        #expect(!isEarly)

        other.close()
        keeper.open()
        #expect(keeper.status?.state == .writing)
        let isKept = await keeper.settle()
        #expect(isKept)
        let gaps = try scene.gaps()
        #expect(gaps.map(\.kind) == [.notRunning, .locked])
        #expect(gaps.first?.from == hourAgo)
        #expect(gaps.first?.to == gaps.last?.from)
        #expect(gaps.last?.count == 1)
        #expect(gaps.last?.detail.hasPrefix("another linger serve writes") == true)
        keeper.close()
        #expect(keeper.status?.state == .closed)
    }

    @Test("a daemon that is started again tells of the time in which none ran, once")
    func startedAgain() async throws {
        let hourAgo = HostClock.wall / 1000 - 3_600_000_000
        try HistoryWriter(path: scene.history, host: Scene.host, clock: { hourAgo }).close()
        let keeper = scene.keeper()
        keeper.open()
        let isKept = await keeper.settle()
        #expect(isKept)
        #expect(try scene.gaps().map(\.kind) == [.notRunning])
        #expect(scene.log == [])
        keeper.close()
    }

    @Test("while the history is not open the audit record is not read; its lines come when it opens, once")
    func auditWaits() async throws {
        let other = try HistoryWriter(path: scene.history, host: Scene.host)
        let keeper = scene.keeper()
        let service = scene.audit(keeper)
        var progress = AuditService.Progress()
        try scene.clear(run: "1")
        await service.turn(&progress)
        #expect(progress.tail == nil)
        #expect(keeper.status?.dropped == 0)
        #expect(!FileManager.default.fileExists(atPath: scene.place))

        other.close()
        keeper.open()
        try scene.clear(run: "2")
        for _ in 0..<2 {
            await service.turn(&progress)
            #expect(try scene.actions() == ["1", "2"])
            #expect(progress.kept.offset > 0)
            #expect(progress.kept == progress.tail?.position)
            #expect(progress.told == nil)
        }
        keeper.close()
        // What comes now is for the next start.
        let kept = progress.kept
        try scene.clear(run: "3")
        await service.turn(&progress)
        #expect(progress.kept == kept)
        #expect(try scene.actions() == ["1", "2"])
    }

    @Test("what was cleared right before the daemon was started again is in the history once", .timeLimit(.minutes(1)))
    func auditOverRestarts() async throws {
        for run in ["1", "2", "3"] {
            let keeper = scene.keeper()
            try scene.clear(run: run)
            let service = scene.audit(keeper)
            // Told to end before its first second is over.
            let task = Task { try await service.run() }
            task.cancel()
            try await task.value
            keeper.close()
            #expect(FileManager.default.fileExists(atPath: scene.place))
        }
        #expect(try scene.actions() == ["1", "2", "3"])
    }
}
