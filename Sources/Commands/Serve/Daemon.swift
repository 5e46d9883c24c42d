import History
import Kernel
import Logging
import ServiceLifecycle
import Sockets
import Synchronization
import UnixSignals
import Web

/// `linger serve`: all its parts as one group of services. SIGTERM and SIGINT end them, the last one first, so that what
/// one still writes finds the next one running.
struct Daemon {
    private let configuration: ServeConfiguration
    /// What it was read from; `nil` where there is no file.
    private let file: String?
    private let place: ConfigurationPlace
    private let messages: Messages

    init(_ configuration: ServeConfiguration, from file: String?, place: ConfigurationPlace, messages: Messages) {
        self.configuration = configuration
        self.file = file
        self.place = place
        self.messages = messages
    }

    /// Returns when the daemon was told to end and has ended in good order.
    func run() throws {
        let done = try Waker()
        let outcome = Mutex<Result<Void, any Error>>(.success(()))
        // Tasks have threads of their own; this one waits for them.
        Task {
            do {
                try await serve()
            } catch {
                outcome.withLock { $0 = .failure(error) }
            }
            done.wake()
        }
        done.wait()
        do {
            try outcome.withLock(\.self).get()
        } catch let error as KernelError {
            throw Failure(error)
        } catch let error as ListenFailure {
            // The address may come, or be free, later: the service is started again.
            throw Failure(
                .notListening, messages.cannotListen(error.place, KernelError(call: "listen", code: error.code).reason))
        }
    }

    private func serve() async throws {
        let level = DaemonLog.Level(configuration.log.level)
        let format = configuration.log.format
        let logger = Logger(label: "linger") { _ in DaemonLog(format, level) }
        logger.notice(
            "linger serve \(lingerVersion) begins",
            metadata: ["pid": "\(OwnProcess.pid)", "config": "\(file ?? "none")"])
        let settings = LiveSettings(configuration)
        let manager = ServiceManager()
        let (ready, isReady) = AsyncStream<Void>.makeStream()

        let keeper = HistoryKeeper(configuration.history, host: .this, logger: logger)
        let webhooks = configuration.webhooks.map { Webhook($0, agent: "linger/\(lingerVersion)", logger: logger) }
        let doctor = try PeriodicDoctor(
            settings, open: keeper.openFindings, logger: logger, hand: keeper.record,
            announce: { row, snapshot in
                let event = WebhookEvent(row, host: snapshot.host)
                for webhook in webhooks { webhook.offer(event) }
            })
        let policies = try PolicyService(
            settings, memory: PolicyMemoryFile(path: PolicyMemoryFile.usualPath), logger: logger,
            tell: { event in for webhook in webhooks { webhook.offer(event.webhook) } })
        let watcher = try Watcher(
            settings, logger: logger, hand: keeper.record,
            look: { snapshot in
                doctor.see(snapshot)
                policies.see(snapshot)
            },
            isReady: { beginning in
                logger.info("watching", metadata: ["connections": "\(beginning.connections)"])
                switch beginning.way {
                case .bpf(acceptFailure: nil): break
                case .bpf(let reason?):
                    logger.warning(
                        "who accepts is not seen: owners of incoming connections come from looks only",
                        metadata: ["reason": "\(reason)"])
                case .snapshots(let limits):
                    logger.warning(
                        "without eBPF transitions come from repeated looks: what is short is missed",
                        metadata: [
                            "reason": "\(limits.refusal?.description ?? "asked for")",
                            "notices_of_ends": "\(limits.noticesFailure?.description ?? "yes")",
                        ])
                }
                isReady.yield()
            })
        let reloads = Reloads(
            place: place, hasFile: file != nil, settings: settings, level: level, manager: manager, messages: messages,
            logger: logger,
            isReady: { isReady.yield() })

        var services: [any Service] = webhooks + [keeper, doctor, policies, watcher]
        if let history = configuration.history.path {
            services.append(
                AuditService(
                    path: ClearAudit.usualPath, place: history + ".audit", history: keeper, logger: logger))
        }
        if let socket = configuration.socket {
            services.append(MemoryService(path: socket, watcher: watcher, logger: logger))
        }
        let began = Double(HostClock.wall) / 1e9
        if let place = configuration.metrics.listen {
            services.append(
                MetricsServer(
                    host: place.address.description, port: Int(place.port), logger: logger,
                    metrics: {
                        MetricsPage(
                            watch: try await watcher.figures(), doctor: doctor.figures, history: keeper.status,
                            reloads: reloads.figures, own: .now(), began: began
                        ).bytes()
                    },
                    isListening: { port in
                        let address = Endpoint(address: place.address, port: UInt16(clamping: port))
                        logger.info("metrics are served", metadata: ["url": "http://\(address)/metrics"])
                        isReady.yield()
                    }))
        }
        services.append(reloads)
        let parts = 2 + (configuration.metrics.listen == nil ? 0 : 1)
        services.append(
            Supervision(manager: manager, ready: ready, parts: parts, logger: logger) {
                let known = try await watcher.figures().known
                let refusal = reloads.figures.isGood ? "" : "configuration refused, see the log; "
                return refusal + "watching \(known) connections; \(doctor.figures.summary); history: "
                    + (keeper.status?.state.key ?? "off")
            })
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet(logger)))
        try await group.run()
        logger.notice("linger serve ends")
    }

    /// What the group of services says of itself is for who debugs it.
    private func quiet(_ logger: Logger) -> Logger {
        var logger = logger
        logger.logLevel = .critical
        return logger
    }
}

extension HostRow {
    /// This host, as it runs since its boot.
    fileprivate static var this: HostRow {
        func line(_ path: String) -> String {
            let bytes = (try? Surroundings.contents(ofFile: "/proc/sys/kernel/" + path)) ?? []
            return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        }
        return HostRow(name: line("hostname"), boot: line("random/boot_id"), kernel: line("osrelease"))
    }
}
