import History
import Kernel
import Logging
import ServiceLifecycle
import Sockets

/// Takes the lines of the audit record into the history: what `linger clear` and `linger tune` did, and what policies did.
struct AuditService: Service {
    private let place: Place
    private let logger: Logger
    private let hand: @Sendable (HistoryBatch) -> Void

    /// - Parameters:
    ///   - path: of the audit record.
    ///   - place: a file that keeps how far it has been read.
    ///   - hand: takes the history's rows.
    init(path: String, place: String, logger: Logger, hand: @escaping @Sendable (HistoryBatch) -> Void) {
        self.place = Place(path: place)
        self.logger = logger
        self.hand = hand
        self.path = path
    }

    private let path: String

    func run() async throws {
        var tail = AuditTail(path: path, from: place.read())
        // The history writes once a second. So the place follows two turns later: after a crash a line may come twice,
        // none is left out.
        var places = [tail.position, tail.position]
        var told: KernelError?
        for await _ in AsyncTicks(seconds: 1).cancelOnGracefulShutdown() {
            do throws(KernelError) {
                var batch = HistoryBatch()
                batch.actions = try tail.lines().compactMap { AuditLine($0) }.map(ActionRow.init)
                if !batch.isEmpty { hand(batch) }
                if places[0] != place.read() { try place.write(places[0]) }
                told = nil
            } catch {
                if told != error {
                    logger.warning("the audit record is not taken over", metadata: ["reason": "\(error)"])
                }
                told = error
            }
            places = [places[1], tail.position]
        }
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
