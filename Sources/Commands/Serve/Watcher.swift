import History
import Kernel
import Logging
import ServiceLifecycle
import Sockets
import Watching

/// Watches the host's connections, on a thread of its own that waits for the kernel.
final class Watcher: Service {
    /// Milliseconds that the thread waits at most: nobody is in a hurry, and much that comes at once wakes it.
    private static let pace: Int32 = 200

    private let settings: LiveSettings
    private let stop: StopSign
    private let mailbox: Mailbox<WatchedHost>
    private let desk = Desk<[UInt8]>()
    private let logger: Logger
    private let hand: @Sendable (HistoryBatch) -> Void
    private let look: @Sendable (Snapshot) -> Void
    private let isReady: @Sendable (WatchBeginning) -> Void

    /// - Parameters:
    ///   - hand: takes the history's rows, on the watch's thread.
    ///   - look: takes each look, on the watch's thread.
    ///   - isReady: called when everything that was there is known.
    init(
        _ settings: LiveSettings, logger: Logger, hand: @escaping @Sendable (HistoryBatch) -> Void,
        look: @escaping @Sendable (Snapshot) -> Void, isReady: @escaping @Sendable (WatchBeginning) -> Void
    ) throws(KernelError) {
        self.settings = settings
        self.logger = logger
        self.hand = hand
        self.look = look
        self.isReady = isReady
        stop = try StopSign()
        mailbox = Mailbox(stop.waker)
    }

    func run() async throws {
        try await stop.thread(named: "watch") { try self.watch() }
    }

    func figures() async throws -> WatchFigures { try await mailbox.ask { $0.figures() } }

    /// The thread goes round.
    func isAlive() async throws { try await mailbox.ask { _ in } }

    /// What the daemon knows, encoded; `nil` where the thread does not answer. To be called on one thread, which waits.
    func recollection() -> [UInt8]? {
        stop.waker.wake()
        return desk.ask(milliseconds: 1500)
    }

    // MARK: The thread

    private func watch() throws {
        defer { mailbox.close() }
        let configuration = settings.now
        let host = WatchedHost(
            try LiveTracker(try Self.stream(configuration.watch), look: Self.look(configuration.watch), isDaemon: true),
            programs: configuration.metrics.programs, hand: hand, look: look)
        let interruption = try Interruption(by: stop.waker)
        try host.begin()
        isReady(
            WatchBeginning(connections: host.live.tracker.count, way: host.live.way))
        var lastLook = HostClock.monotonic
        var failure: KernelError?
        while !stop.isSet {
            let looks = host.looks
            do {
                try host.turn(milliseconds: Self.pace, interruption)
                // A turn early, so that the watch's own look once a minute is this one.
                let every = settings.now.doctor.every - UInt64(Self.pace)
                if HostClock.monotonic - lastLook >= every * 1_000_000 {
                    lastLook = HostClock.monotonic
                    try host.lookAgain()
                }
                // Most turns do not look, and say nothing of it.
                if failure != nil, host.looks > looks {
                    logger.notice("looks work again")
                    failure = nil
                }
            } catch let error as KernelError {
                // A namespace that is gone, a /proc that cannot be read: the stream goes on.
                if failure != error { logger.warning("a look failed", metadata: ["reason": "\(error)"]) }
                failure = error
                host.settle()
            }
            mailbox.answer(from: host)
            desk.answer { host.recollection().encoded() }
        }
        try host.finish()
    }

    private static func look(_ watch: ServeConfiguration.Watch) -> Look {
        var look = Look()
        look.namespaces = watch.namespaces
        // What the doctor asks for.
        look.closedSockets = true
        look.limits = true
        return look
    }

    private static func stream(_ watch: ServeConfiguration.Watch) throws(KernelError) -> StreamOptions {
        var stream = StreamOptions()
        stream.namespace = try StreamPlace.inode(of: watch.namespaces)
        stream.stacks = watch.stacks
        stream.bufferSize = watch.buffer
        stream.courses = true
        return stream
    }
}

/// How the watch began.
struct WatchBeginning: Sendable {
    /// That were there.
    var connections: Int
    /// How transitions become known.
    var way: StreamWay
}
