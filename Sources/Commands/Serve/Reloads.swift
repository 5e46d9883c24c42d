import Kernel
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Reads the configuration again when SIGHUP comes. One that is wrong changes nothing, and that is said.
final class Reloads: Service {
    struct Figures: Sendable {
        /// The last one was taken over.
        var isGood = true
        /// There was a file to read.
        var hasFile = false
        /// Nanoseconds since 1970, when one was taken over last.
        var time = HostClock.wall
    }

    private let place: ConfigurationPlace
    private let settings: LiveSettings
    /// What the daemon was started with, and some of it runs with until it ends.
    private let first: ServeConfiguration
    private let level: DaemonLog.Level
    private let manager: ServiceManager?
    private let messages: Messages
    private let logger: Logger
    private let state = Mutex(Figures())
    private let isReady: @Sendable () -> Void

    /// - Parameters:
    ///   - hasFile: the configuration was read from one.
    ///   - isReady: called when the signal is waited for.
    init(
        place: ConfigurationPlace, hasFile: Bool, settings: LiveSettings, level: DaemonLog.Level,
        manager: ServiceManager?,
        messages: Messages, logger: Logger, isReady: @escaping @Sendable () -> Void
    ) {
        self.place = place
        self.settings = settings
        first = settings.now
        self.level = level
        self.manager = manager
        self.messages = messages
        self.logger = logger
        self.isReady = isReady
        state.withLock { $0.hasFile = hasFile }
    }

    var figures: Figures { state.withLock(\.self) }

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        isReady()
        for await _ in signals.cancelOnGracefulShutdown() {
            try? manager?.reloading()
            let status = reload()
            try? manager?.ready(status: status)
        }
    }

    /// - Returns: a line for the service manager.
    private func reload() -> String {
        do {
            let (new, file) = try place.read(messages, hadFile: figures.hasFile)
            settings.set(new)
            level.set(new.log.level)
            state.withLock { $0 = Figures(hasFile: file != nil) }
            var facts: Logger.Metadata = ["config": "\(file ?? "none")"]
            let waiting = first.needingRestart(new)
            if !waiting.isEmpty { facts["at_next_start"] = "\(waiting.joined(separator: ", "))" }
            logger.notice("configuration taken over", metadata: facts)
            return "configuration taken over"
        } catch {
            state.withLock { $0.isGood = false }
            for line in error.message.split(separator: "\n") {
                // All but the first begin as they do on a terminal.
                let mistake = line.hasPrefix("linger: ") ? line.dropFirst("linger: ".count) : line
                logger.error("configuration refused, the old one goes on: \(mistake)")
            }
            return "configuration refused, the old one goes on; see the log"
        }
    }
}
