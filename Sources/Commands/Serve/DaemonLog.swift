import Kernel
import Logging
import Sockets
import Synchronization

/// The daemon's log: one line an event on standard error, in English whatever the language of the user, for people or as
/// JSON. Where the journal reads it, each line begins with its level (`<4>`), and the journal adds the time.
struct DaemonLog: LogHandler {
    /// Can be changed while the daemon runs.
    final class Level: Sendable {
        private let level: Mutex<Logger.Level>

        init(_ level: Logger.Level) { self.level = Mutex(level) }

        func set(_ new: Logger.Level) { level.withLock { $0 = new } }
        var now: Logger.Level { level.withLock { $0 } }
    }

    private let format: ServeConfiguration.Log.Format
    private let shared: Level
    /// Of this logger alone.
    private var own: Logger.Level?
    private let hand: @Sendable (String) -> Void
    private let isJournal: Bool
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(
        _ format: ServeConfiguration.Log.Format, _ level: Level, isJournal: Bool = StandardStream.error.isJournal,
        to hand: @escaping @Sendable (String) -> Void = { StandardStream.error.write(line: $0) }
    ) {
        self.format = format
        shared = level
        self.isJournal = isJournal
        self.hand = hand
    }

    var logLevel: Logger.Level {
        get { max(own ?? .trace, shared.now) }
        set { own = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let now = HostClock.wall
        let all = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let line =
            switch format {
            case .text: text(event, all, at: now)
            case .json: json(event, all, at: now)
            }
        hand((isJournal ? "<\(event.level.syslog)>" : "") + line)
    }

    private func text(_ event: LogEvent, _ metadata: [(key: String, value: Logger.MetadataValue)], at time: Int64)
        -> String
    {
        let parts = metadata.map { key, value in
            let text = "\(value)".escapedForTerminal
            return text.contains(" ") || text.isEmpty ? "\(key)=\"\(text)\"" : "\(key)=\(text)"
        }
        let words = ["\(event.message)".escapedForTerminal] + parts
        let head = isJournal ? [] : [HostClock.utcText(time / 1_000_000_000), event.level.rawValue]
        return (head + words).joined(separator: " ")
    }

    private func json(_ event: LogEvent, _ metadata: [(key: String, value: Logger.MetadataValue)], at time: Int64)
        -> String
    {
        var writer = JSONWriter(reservingCapacity: 256)
        writer.beginObject()
        writer.key("time_us")
        writer.value(time / 1000)
        writer.key("level")
        writer.value(event.level.rawValue)
        writer.key("message")
        writer.value("\(event.message)")
        for (key, value) in metadata {
            writer.key(key)
            writer.value("\(value)")
        }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension Logger.Level {
    /// syslog(3): the numbers that the journal knows.
    fileprivate var syslog: Int {
        switch self {
        case .critical: 2
        case .error: 3
        case .warning: 4
        case .notice: 5
        case .info: 6
        case .debug, .trace: 7
        }
    }
}
