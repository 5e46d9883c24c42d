import Diagnosis
import History
import Kernel
import Logging
import ServiceLifecycle
import Sockets
import Synchronization

/// Examines the looks of the watch, on a thread of its own: one after another, and only the newest where it is slow.
final class PeriodicDoctor: Service {
    private let settings: LiveSettings
    private let stop: StopSign
    private let logger: Logger
    private let hand: @Sendable (HistoryBatch) -> Void
    private let announce: @Sendable (FindingRow, Snapshot) -> Void
    private let waiting = Mutex<Snapshot?>(nil)
    private let latest = Mutex(DoctorFigures())
    private let open: [FindingRow]

    /// - Parameters:
    ///   - open: findings that were there when the last daemon ended.
    ///   - hand: takes the history's rows.
    ///   - announce: takes each finding that is new, worse or over.
    init(
        _ settings: LiveSettings, open: [FindingRow], logger: Logger, hand: @escaping @Sendable (HistoryBatch) -> Void,
        announce: @escaping @Sendable (FindingRow, Snapshot) -> Void
    ) throws(KernelError) {
        self.settings = settings
        self.open = open
        self.logger = logger
        self.hand = hand
        self.announce = announce
        stop = try StopSign()
    }

    /// To be called with each look; returns at once.
    func see(_ snapshot: Snapshot) {
        waiting.withLock { $0 = snapshot }
        stop.waker.wake()
    }

    /// What the last examination found.
    var figures: DoctorFigures { latest.withLock(\.self) }

    func run() async throws {
        try await stop.thread(named: "doctor") { self.examineAll() }
    }

    private func examineAll() {
        var book = FindingBook(open: open)
        var sightline = Sightline()
        var before: Snapshot?
        while true {
            stop.waker.wait()
            stop.waker.clear()
            if stop.isSet { return }
            guard let snapshot = waiting.withLock({ waiting in waiting.take() }) else { continue }
            examine(snapshot, before, isHindered: sightline.hindrance(of: snapshot) != nil, &book)
            before = snapshot
        }
    }

    private func examine(
        _ snapshot: Snapshot, _ before: Snapshot?, isHindered: Bool, _ book: inout FindingBook
    ) {
        let began = Surroundings.monotonicSeconds
        let findings = Diagnosis.run(before: before, now: snapshot, thresholds: settings.now.doctor.thresholds)
        let old = book.present
        var batch = HistoryBatch()
        batch.findings = book.note(findings, in: snapshot, at: Int64(snapshot.time) * 1000, isHindered: isHindered)
        if snapshot.gaps.contains(where: \.isPartial), !figures.isPartial {
            batch.gaps = snapshot.gaps.filter(\.isPartial).map { gap in
                let time = Int64(snapshot.time) * 1000
                return GapRow(
                    from: time, to: time, kind: .unseen, count: Int64(gap.count),
                    detail: [gap.kind.rawValue, gap.subject, gap.reason].filter { !$0.isEmpty }.joined(separator: " "))
            }
        }
        hand(batch)
        tell(batch.findings, old, snapshot)
        latest.withLock { $0.note(findings, in: snapshot, seconds: Surroundings.monotonicSeconds - began) }
    }

    /// What is new, worse or over is worth a line.
    private func tell(_ rows: [FindingRow], _ old: [String: FindingRow], _ snapshot: Snapshot) {
        for row in rows where row.severity != Finding.Severity.info.key {
            let metadata: Logger.Metadata = ["kind": "\(row.kind)", "severity": "\(row.severity)"]
            if row.resolvedAt != nil {
                logger.notice("finding is over: \(row.sentence)", metadata: metadata)
                announce(row, snapshot)
            } else if old[row.key]?.severity != row.severity {
                logger.warning("finding: \(row.sentence)", metadata: metadata)
                announce(row, snapshot)
            }
        }
    }
}
