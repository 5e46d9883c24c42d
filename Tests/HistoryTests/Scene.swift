import Foundation
import History
import Sockets
import Synchronization
import TCP

/// A folder for one test, gone with the value.
final class Folder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "linger-history-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Where the history of the test is.
    var file: String { path + "/history.db" }

    /// Of the history with its log and the log's index.
    var byteCount: Int64 {
        ["", "-wal", "-shm"].reduce(0) { sum, end in
            let size = try? FileManager.default.attributesOfItem(atPath: file + end)[.size] as? NSNumber
            return sum + (size?.int64Value ?? 0)
        }
    }
}

/// A clock that stands still until it is set. Microseconds since 1970.
final class TestClock: Sendable {
    static let start: Int64 = 1_760_000_400_000_000
    static let startMinute = start / 60_000_000
    private let time = Mutex(TestClock.start)

    var now: Int64 {
        get { time.withLock { $0 } }
        set { time.withLock { $0 = newValue } }
    }

    func advance(minutes: Int64) { time.withLock { $0 += minutes * 60_000_000 } }

    var read: @Sendable () -> Int64 { { self.now } }
}

enum Sample {
    static let host = HostRow(name: "db1", boot: "boot-1", kernel: "6.1.0")
    static let app = ProcessIdentity(pid: 812, startTicks: 4711, command: "app")
    static let always = HistorySpan(from: 0, to: .max / 2)

    /// A writer that writes only when it is told to.
    static func writer(
        _ folder: Folder, _ clock: TestClock = TestClock(), _ change: (inout HistorySettings) -> Void = { _ in }
    ) throws(HistoryError) -> HistoryWriter {
        var settings = HistorySettings()
        settings.interval = 3600
        change(&settings)
        return try HistoryWriter(path: folder.file, host: host, settings: settings, clock: clock.read)
    }

    static func minute(
        _ minute: Int64, _ count: Int64, state: State = .closeWait, process: ProcessIdentity? = app,
        way: ConnectionWay = .listener("0.0.0.0:8080"), opened: Int64 = 0, closed: Int64 = 0,
        dwell: MinuteRow.Dwell? = nil
    ) -> MinuteRow {
        MinuteRow(
            minute: TestClock.startMinute + minute, process: process, way: way, state: state,
            namespace: 4_026_531_840, count: count, opened: opened, closed: closed, dwell: dwell)
    }

    /// Ended so many seconds after the start.
    static func life(_ cookie: UInt64, second: Int64 = 0, stack: String = "") -> LifeRow {
        let end = TestClock.start + second * 1_000_000
        return LifeRow(
            reason: "leak", cookie: cookie, namespace: 4_026_531_840, local: "10.0.0.1:8080",
            remote: "10.0.0.2:\(40_000 + cookie % 20_000)", isOutgoing: false, process: app, descriptor: 17,
            states: [
                .init(.synReceived, entered: end - 90), .init(.established, entered: end - 60),
                .init(.closeWait, entered: end - 30),
            ], ended: end, closedFirst: "peer", bytesAcked: 12, bytesReceived: 345, retransmissions: 1, stack: stack)
    }

    static func finding(_ key: String, first: Int64, last: Int64, resolved: Int64? = nil) -> FindingRow {
        FindingRow(
            key: key, kind: "close_wait_leak", severity: "warning", sentence: "app holds 12", json: "{}",
            firstSeen: TestClock.start + first, lastSeen: TestClock.start + last,
            resolvedAt: resolved.map { TestClock.start + $0 })
    }

    static func batch(_ fill: (inout HistoryBatch) -> Void) -> HistoryBatch {
        var batch = HistoryBatch()
        fill(&batch)
        return batch
    }
}
