internal import Hummingbird
internal import HummingbirdCore
package import Logging
internal import NIOCore
internal import ServiceLifecycle

/// Answers `GET /metrics` on one address, as a service of a group: it drains and ends with it.
package struct MetricsServer: Service {
    /// Of each a descriptor is taken: any program of the host may connect.
    private static let mostConnections = 64
    /// A scraper whose connection was closed meanwhile opens another.
    private static let idleTime = TimeAmount.seconds(60)
    private static let drainTime = Duration.seconds(2)

    private let host: String
    private let port: Int
    private let logger: Logger
    private let metrics: @Sendable () async throws -> [UInt8]
    private let isListening: @Sendable (_ port: Int) async -> Void

    /// - Parameters:
    ///   - host: a numeric address of this host.
    ///   - port: 0 takes a free one.
    ///   - metrics: makes the page; an error is answered with 503.
    ///   - isListening: called once it listens, with the port.
    package init(
        host: String, port: Int, logger: Logger, metrics: @escaping @Sendable () async throws -> [UInt8],
        isListening: @escaping @Sendable (_ port: Int) async -> Void
    ) {
        self.host = host
        self.port = port
        // What the server itself says at start and end is the daemon's to say.
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        self.logger = logger
        self.metrics = metrics
        self.isListening = isListening
    }

    package func run() async throws {
        _ = EventLoops.areFew
        let router = Router()
        let (metrics, logger) = (metrics, logger)
        router.get("/metrics") { _, _ in
            do {
                return Response(
                    status: .ok, headers: [.contentType: Exposition.contentType],
                    body: ResponseBody(byteBuffer: ByteBuffer(bytes: try await metrics())))
            } catch {
                logger.warning("metrics could not be made", metadata: ["reason": "\(error)"])
                return Response(status: .serviceUnavailable)
            }
        }
        router.get("/") { _, _ in "linger serve: metrics are at /metrics\n" }
        let isListening = isListening
        let application = Application(
            router: router,
            server: .http1(configuration: .init(idleTimeout: Self.idleTime)),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port),
                availableConnectionsDelegate: MaximumAvailableConnections(Self.mostConnections)),
            onServerRunning: { channel in await isListening(channel.localAddress?.port ?? 0) }, logger: logger)
        do {
            try await withThrowingTaskGroup { group in
                group.addTask { try await application.run() }
                group.addTask {
                    // Who does not read the answer does not keep the daemon from ending.
                    try await gracefulShutdown()
                    try await Task.sleep(for: Self.drainTime)
                }
                try await group.next()
                group.cancelAll()
            }
        } catch let error as IOError {
            throw ListenFailure(place: host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)", error: error)
        }
    }
}

/// The address could not be listened on.
package struct ListenFailure: Error, CustomStringConvertible {
    package let place: String
    /// errno
    package let code: Int32

    fileprivate init(place: String, error: IOError) {
        self.place = place
        code = error.errnoCode
    }

    package var description: String { "cannot listen on \(place): errno \(code)" }
}
