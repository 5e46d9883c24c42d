import Kernel
import Logging
import ServiceLifecycle

/// Answers on a socket of the host what the daemon knows of the connections that are there: `linger doctor` asks.
struct MemoryService: Service {
    let path: String
    let watcher: Watcher
    let logger: Logger

    func run() async throws {
        let server: RecollectionServer
        do throws(KernelError) {
            server = try RecollectionServer(path: path) { [watcher] in watcher.recollection() }
        } catch {
            // Another daemon there is a mistake; without a folder for the socket the rest still works.
            guard !error.isAddressInUse else { throw error }
            logger.warning("linger doctor cannot ask the daemon", metadata: ["reason": "\(error)"])
            return try await gracefulShutdown()
        }
        defer { server.stop() }
        try? await gracefulShutdown()
    }
}
