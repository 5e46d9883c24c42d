import History
import Kernel
import Logging
import ServiceLifecycle
import Synchronization

/// Has the history written, and says how that goes. A file that cannot be opened is tried again: the watch goes on.
final class HistoryKeeper: Service {
    private enum Place {
        /// No history is wanted.
        case none
        case open(HistoryWriter)
        /// Rows that were not kept since a time (microseconds since 1970), and why.
        case shut(since: Int64, rows: Int64, HistoryError)
    }

    private let settings: ServeConfiguration.Past
    private let host: HostRow
    private let logger: Logger
    private let place: Mutex<Place>
    /// When this daemon began, microseconds since 1970.
    private let began = HostClock.wall / 1000
    /// Findings that were there when the last daemon ended.
    let openFindings: [FindingRow]

    /// Opens the file.
    init(_ settings: ServeConfiguration.Past, host: HostRow, logger: Logger) {
        self.settings = settings
        self.host = host
        self.logger = logger
        place = Mutex(.none)
        openFindings = Self.findingsThatAreOpen(settings.path)
        open()
    }

    /// Takes rows from any thread, and returns at once.
    func record(_ batch: HistoryBatch) {
        guard !batch.isEmpty else { return }
        let writer = place.withLock { place -> HistoryWriter? in
            switch place {
            case .none: return nil
            case .open(let writer): return writer
            case .shut(let since, let rows, let error):
                place = .shut(since: since, rows: rows + Int64(batch.rowCount), error)
                return nil
            }
        }
        writer?.record(batch)
    }

    /// Writes what was recorded; the caller's thread does not wait for the disk.
    ///
    /// - Returns: whether all of it is in the file. What was recorded while that was not open is not.
    func settle() async -> Bool {
        guard case .open(let writer) = place.withLock(\.self) else { return false }
        return await writer.settle()
    }

    /// `nil` where there is none.
    var status: HistoryStatus? {
        place.withLock { place in
            switch place {
            case .none: return nil
            case .open(let writer): return writer.status
            case .shut(_, let rows, let error):
                var status = HistoryStatus()
                status.state = HistoryStatus.State(error)
                status.dropped = rows
                return status
            }
        }
    }

    func run() async throws {
        var told = HistoryStatus.State.writing
        var ticks = 0
        for await _ in AsyncTicks(seconds: 1).cancelOnGracefulShutdown() {
            ticks += 1
            if ticks.isMultiple(of: 60) { open() }
            guard let state = status?.state, state != told else { continue }
            told = state
            switch state {
            case .writing: logger.notice("the history is written again")
            case .closed: break
            default:
                logger.warning("the history is not written; the watch goes on", metadata: ["reason": "\(state.reason)"])
            }
        }
        close()
    }

    /// Writes what waits, as far as that can be done, and lets the file go.
    func close() {
        if case .open(let writer) = place.withLock(\.self) { writer.close() }
    }

    /// A file that cannot be read has none; what is wrong with it is told when it is to be written.
    private static func findingsThatAreOpen(_ path: String?) -> [FindingRow] {
        guard let path, let reader = try? HistoryReader(path: path), let last = try? reader.lastSeen() else {
            return []
        }
        // All that were seen in the last day in which anything was: an older one is over, whatever the file says.
        let span = HistorySpan(from: last - 86_400_000_000, to: last)
        return ((try? reader.findings(span)) ?? []).filter { $0.resolvedAt == nil }
    }

    /// Opens the file where it is not open yet.
    func open() {
        guard let path = settings.path else { return }
        if case .open = place.withLock(\.self) { return }
        do {
            let writer = try HistoryWriter(path: path, host: host, settings: settings.settings) {
                HostClock.wall / 1000
            }
            let before = place.withLock { place -> Place in
                defer { place = .open(writer) }
                return place
            }
            var batch = HistoryBatch()
            // Until this daemon began; what it has seen and not written is another gap.
            if let last = writer.previouslySeen, last < began {
                batch.gaps.append(GapRow(from: last, to: began, kind: .notRunning))
            }
            if case .shut(let since, let rows, let error) = before {
                batch.gaps.append(
                    GapRow(
                        from: since, to: HostClock.wall / 1000, kind: GapRow.Kind(error), count: rows,
                        detail: error.description))
            }
            writer.record(batch)
        } catch {
            let isFirst = place.withLock { place -> Bool in
                guard case .none = place else { return false }
                place = .shut(since: began, rows: 0, error)
                return true
            }
            if isFirst {
                logger.warning(
                    "the history cannot be opened; the watch goes on, and it is tried again every minute",
                    metadata: ["reason": "\(error)"])
            }
        }
    }
}

extension HistoryStatus.State {
    fileprivate init(_ error: HistoryError) {
        switch error {
        case .locked: self = .locked
        case .diskFull: self = .diskFull
        case .damaged(_, let reason): self = .damaged(reason)
        default: self = .failing(error.description)
        }
    }

    /// As metrics and logs name it.
    var key: String {
        switch self {
        case .writing: "writing"
        case .locked: "locked"
        case .diskFull: "disk_full"
        case .failing: "failing"
        case .damaged: "damaged"
        case .closed: "closed"
        }
    }

    fileprivate var reason: String {
        switch self {
        case .failing(let reason), .damaged(let reason): reason
        case .writing, .locked, .diskFull, .closed: key
        }
    }

    static let keys = ["writing", "locked", "disk_full", "failing", "damaged", "closed"]
}

extension GapRow.Kind {
    fileprivate init(_ error: HistoryError) {
        switch error {
        case .locked, .inUse: self = .locked
        case .diskFull: self = .diskFull
        default: self = .unwritable
        }
    }
}
