import ArgumentParser
import History
import Kernel

/// Which history, and of which time; the same for every command that asks it.
struct HistoryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The history's file (default: /var/lib/linger/history.db as root, else under XDG_STATE_HOME).",
            valueName: "file"),
        completion: .file(extensions: ["db"]))
    var db: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "From when: 2h, '3d ago', 03:15, 2026-11-28, '2026-11-28 03:15' (default: 24h).", valueName: "time"))
    var from: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("Until when (default: now).", valueName: "time"))
    var to: String?

    @Flag(help: "Times are UTC, read and shown; else of the local time zone.")
    var utc = false

    @Flag(help: "Print one JSON document; docs/history.md names its keys.")
    var json = false

    @OptionGroup var screenOptions: ScreenOptions
    @OptionGroup var languageOptions: LanguageOptions

    var path: String {
        if let db { return db }
        if Surroundings.isRoot { return "/var/lib/linger/history.db" }
        let home = Surroundings.variable("HOME") ?? "."
        let state = Surroundings.variable("XDG_STATE_HOME").flatMap { $0.isEmpty ? nil : $0 } ?? home + "/.local/state"
        return state + "/linger/history.db"
    }
}

/// A history that is open, and how its answers are shown.
struct HistorySession {
    let reader: HistoryReader
    let span: HistorySpan
    let times: HistoryTimes
    let isJSON: Bool
    let screen: Screen
    let messages: Messages

    private static let day: Int64 = 86_400_000_000

    /// Microseconds since 1970.
    static func clock() -> Int64 { (Int64(bitPattern: HostClock.monotonic) &+ HostClock.offset) / 1000 }

    /// - Parameters:
    ///   - isAll: of all times, unless `--from` says otherwise.
    ///   - now: microseconds since 1970.
    init(
        _ options: HistoryOptions, isAll: Bool = false, now: Int64 = Self.clock(), screen: Screen? = nil
    ) throws(Failure) {
        messages = options.languageOptions.messages
        self.screen = screen ?? options.screenOptions.screen
        isJSON = options.json
        times = HistoryTimes(now: now, isUTC: options.utc)
        let from = try Self.time(options.from, "--from", times, messages) ?? (isAll ? 0 : now - Self.day)
        let to = try Self.time(options.to, "--to", times, messages) ?? now
        guard from <= to else { throw Failure(.usage, messages.fromAfterTo(times.second(from), times.second(to))) }
        span = HistorySpan(from: from, to: to)
        do {
            reader = try HistoryReader(path: options.path)
        } catch {
            throw Failure(error, messages)
        }
    }

    private static func time(
        _ text: String?, _ option: String, _ times: HistoryTimes, _ messages: Messages
    ) throws(Failure) -> Int64? {
        guard let text else { return nil }
        guard let time = times.time(text) else { throw Failure(.usage, messages.badTime(option, text)) }
        return time
    }

    /// Asks the history; what goes wrong is told in the reader's language.
    func ask<Answer>(_ question: (HistoryReader) throws(HistoryError) -> Answer) throws(Failure) -> Answer {
        do throws(HistoryError) {
            return try question(reader)
        } catch {
            throw Failure(error, messages)
        }
    }

    /// What a person should know beside the answer.
    func noteGaps() throws(Failure) {
        let gaps = try ask { reader throws(HistoryError) in try reader.gaps(span) }
        if !gaps.isEmpty { Notes.note(messages.gapsInSpan(gaps.count)) }
    }
}

extension Failure {
    init(_ error: HistoryError, _ messages: Messages) {
        if case .notPermitted = error {
            self.init(.notPermitted, messages.history(error))
        } else {
            self.init(.usage, messages.history(error))
        }
    }
}
