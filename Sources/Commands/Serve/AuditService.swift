import History
import Kernel
import Logging
import ServiceLifecycle
import Sockets

/// Takes the lines of the audit record into the history: what `linger clear` and `linger tune` did, and what policies
/// did. While the history is not written they stay where they are, and come later.
struct AuditService: Service {
    private let path: String
    private let place: Place
    private let history: HistoryKeeper
    private let logger: Logger

    /// How far it is.
    struct Progress {
        /// `nil` until the history is open: before, another daemon may read on from the place, and write it.
        var tail: AuditTail?
        /// What the place says.
        var kept = AuditTail.Position()
        /// What was said to be wrong.
        var told: KernelError?
    }

    /// - Parameters:
    ///   - path: of the audit record.
    ///   - place: a file that keeps how far it has been read.
    init(path: String, place: String, history: HistoryKeeper, logger: Logger) {
        self.path = path
        self.place = Place(path: place)
        self.history = history
        self.logger = logger
    }

    func run() async throws {
        var progress = Progress()
        for await _ in AsyncTicks(seconds: 1).cancelOnGracefulShutdown() { await turn(&progress) }
        // The history is still open, so what it has and what the place says are the same at an orderly end.
        await turn(&progress)
    }

    /// Takes over what came since.
    func turn(_ progress: inout Progress) async {
        do throws(KernelError) {
            if history.status?.state == .writing { try read(&progress) }
            // The place follows what is in the file: after a crash a line may come twice, none is left out.
            if let position = progress.tail?.position, position != progress.kept, await history.settle() {
                try place.write(position)
                progress.kept = position
            }
            progress.told = nil
        } catch {
            if progress.told != error {
                logger.warning("the audit record is not taken over", metadata: ["reason": "\(error)"])
            }
            progress.told = error
        }
    }

    private func read(_ progress: inout Progress) throws(KernelError) {
        if progress.tail == nil {
            progress.kept = place.read()
            progress.tail = AuditTail(path: path, from: progress.kept)
        }
        guard let lines = try progress.tail?.lines() else { return }
        var batch = HistoryBatch()
        batch.actions = lines.compactMap { AuditLine($0) }.map(ActionRow.init)
        history.record(batch)
    }

    /// `INODE OFFSET`
    private struct Place {
        let path: String

        func read() -> AuditTail.Position {
            let text = (try? WholeFile.contents(path)).flatMap { $0 }.map { String(decoding: $0, as: UTF8.self) } ?? ""
            let numbers = text.split(whereSeparator: \.isWhitespace).compactMap { UInt64($0) }
            // Not there, or not ours: from the beginning.
            return numbers.count == 2 ? .init(inode: numbers[0], offset: numbers[1]) : .init()
        }

        func write(_ position: AuditTail.Position) throws(KernelError) {
            try WholeFile.replace(path, with: Array("\(position.inode) \(position.offset)\n".utf8), mode: 0o600)
        }
    }
}

extension ActionRow {
    fileprivate init(_ line: AuditLine) {
        self.init(
            time: Int64(clamping: line.time) * 1000, source: line.source, run: line.run,
            record: Record(rawValue: line.record) ?? .note, json: line.json)
    }
}
