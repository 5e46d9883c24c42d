import Kernel
import Logging
import ServiceLifecycle

/// Tells the service manager, and the log, when the daemon is ready, how it goes, and that it is alive.
struct Supervision: Service {
    /// `nil` where nobody asked.
    let manager: ServiceManager?
    /// Comes once for each part of the daemon that is ready.
    let ready: AsyncStream<Void>
    let parts: Int
    let logger: Logger
    /// A line that says how it goes; throws where the watch does not answer.
    let status: @Sendable () async throws -> String

    /// Seconds between two lines of status.
    private static let pace = 10.0

    func run() async throws {
        var count = 0
        for await _ in ready.cancelOnGracefulShutdown() {
            count += 1
            if count == parts { break }
        }
        guard count == parts else { return }
        logger.notice("ready")
        tell { try $0.ready(status: "watching") }
        // Half of what the manager waits for; it restarts a daemon whose watch stands still.
        let pace = manager?.watchdog.map { min(Self.pace, Double($0) / 2e9) } ?? Self.pace
        for await _ in AsyncTicks(seconds: pace).cancelOnGracefulShutdown() {
            guard manager != nil, let line = try? await status() else { continue }
            tell { try $0.isAlive() }
            tell { try $0.tell(status: line) }
        }
        tell { try $0.stopping(status: "writing what is left") }
    }

    private func tell(_ what: (ServiceManager) throws -> Void) {
        guard let manager else { return }
        do {
            try what(manager)
        } catch {
            logger.debug("the service manager was not reached", metadata: ["reason": "\(error)"])
        }
    }
}
