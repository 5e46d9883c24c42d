import Foundation
import Synchronization

/// Writes the history. Safe to be called from any thread; no call but `flush` and `close` waits for the disk.
///
/// Rows wait in memory and go into the file once a second: in one transaction, or in several where they are very many.
/// What was committed survives `kill -9`; actions also survive a power failure.
package final class HistoryWriter: Sendable {
    /// What others give, held for moments.
    private let inbox: Mutex<Inbox>
    /// The file: held while it is written. Taken before `inbox` where both are needed.
    private let engine: Mutex<HistoryEngine>
    private let worker = DispatchQueue(label: "linger.history")
    private let settings: HistorySettings
    private let clock: @Sendable () -> Int64
    /// When the file was last written to before it was opened here, by whomever: what came between is not in it. `nil`
    /// for a new file.
    package let previouslySeen: Int64?

    private struct Inbox {
        var batch = HistoryBatch()
        /// As the engine was after its last turn.
        var status = HistoryStatus()
        /// Rows that found no place, which no gap tells of yet.
        var lost: GapRow?
        var lostInAll: Int64 = 0
        /// Rows that the engine could not keep.
        var refused: Int64 = 0
        var isClosed = false

        mutating func lose(_ count: Int64, at time: Int64) {
            lostInAll += count
            var gap = lost ?? GapRow(from: time, to: time, kind: status.state.gap)
            gap.to = time
            gap.count += count
            lost = gap
        }

        mutating func takeLost() -> GapRow? {
            defer { lost = nil }
            return lost
        }
    }

    /// Opens the file, or makes one, and brings it up to date.
    ///
    /// - Parameter clock: microseconds since 1970.
    package init(
        path: String, host: HostRow, settings: HistorySettings = HistorySettings(),
        clock: @escaping @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1e6) }
    ) throws(HistoryError) {
        self.settings = settings
        self.clock = clock
        let engine = try HistoryEngine(HistoryFile(path: path), host, settings, now: clock())
        previouslySeen = engine.previouslySeen
        var inbox = Inbox()
        inbox.status.bytes = engine.byteCount
        self.inbox = Mutex(inbox)
        self.engine = Mutex(engine)
        schedule()
    }

    private func schedule() {
        worker.asyncAfter(deadline: .now() + settings.interval) { [weak self] in
            guard let self, !self.inbox.withLock({ $0.isClosed }) else { return }
            self.engine.withLock { self.turn(&$0) }
            self.schedule()
        }
    }

    /// Takes rows to be written soon. Where too many wait already, they are counted and left out, and a gap will tell;
    /// what is rare and matters more (findings, gaps, actions) is kept twice as long.
    package func record(_ batch: HistoryBatch) {
        inbox.withLock { inbox in
            guard !inbox.isClosed else { return }
            let waiting = inbox.status.waiting + inbox.batch.rowCount
            var taken = batch
            if waiting + batch.rowCount > settings.mostWaiting {
                (taken.processes, taken.minutes, taken.lives) = ([], [], [])
                if waiting + taken.rowCount > 2 * settings.mostWaiting { taken = HistoryBatch() }
                inbox.lose(Int64(batch.rowCount - taken.rowCount), at: clock())
            }
            inbox.batch.append(taken)
        }
    }

    /// Writes what waits, and returns when it is committed.
    package func flush() throws(HistoryError) {
        let (state, path) = engine.withLock { engine in
            turn(&engine)
            return (engine.state, engine.path)
        }
        switch state {
        case .writing, .closed: return
        case .locked: throw .locked(path: path)
        case .diskFull: throw .diskFull(path: path)
        case .failing(let reason): throw .failed(path: path, reason: reason)
        case .damaged(let reason): throw .damaged(path: path, reason: reason)
        }
    }

    /// Writes what waits, on the writer's own thread: the caller's does not wait for the disk.
    ///
    /// - Returns: whether all that waited is committed.
    package func settle() async -> Bool {
        await withCheckedContinuation { continuation in
            worker.async {
                let state = self.engine.withLock { engine in
                    self.turn(&engine)
                    return engine.state
                }
                continuation.resume(returning: state == .writing)
            }
        }
    }

    /// Writes what waits, as far as that can be done, and closes the file. Nothing is recorded any more.
    package func close() {
        engine.withLock { engine in
            guard engine.state != .closed else { return }
            turn(&engine)
            engine.close()
            inbox.withLock { inbox in
                inbox.isClosed = true
                inbox.status.state = .closed
            }
        }
    }

    package var status: HistoryStatus {
        inbox.withLock { inbox in
            var status = inbox.status
            status.waiting += inbox.batch.rowCount
            status.dropped = inbox.lostInAll + inbox.refused
            return status
        }
    }

    private func turn(_ engine: inout HistoryEngine) {
        guard engine.state != .closed else { return }
        let now = clock()
        let batch = inbox.withLock { inbox in
            let batch = inbox.batch
            inbox.batch = HistoryBatch()
            inbox.status.waiting += batch.rowCount
            return batch
        }
        engine.turn(batch, now: now)
        // What was lost is told once the way is free again, so that the whole of it is one gap.
        if engine.state == .writing, let lost = inbox.withLock({ $0.takeLost() }) {
            var gap = HistoryBatch()
            gap.gaps = [lost]
            engine.turn(gap, now: now)
        }
        inbox.withLock { inbox in
            inbox.status.state = engine.state
            inbox.status.written = engine.written
            inbox.status.waiting = engine.waiting
            inbox.refused = engine.refused
            inbox.status.bytes = engine.byteCount
        }
    }
}

extension HistoryStatus.State {
    /// What a loss in this state is called.
    fileprivate var gap: GapRow.Kind {
        switch self {
        case .writing, .closed: .overrun
        case .locked: .locked
        case .diskFull: .diskFull
        case .failing, .damaged: .unwritable
        }
    }
}
