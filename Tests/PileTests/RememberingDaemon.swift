import Kernel
import Sockets
import Synchronization
import Watching

/// What `linger serve` does for a doctor and nothing else, in this process: it watches one local port in all namespaces, and
/// answers on a socket.
final class RememberingDaemon {
    private let folder: TemporaryFolder
    let socket: String
    private let server: RecollectionServer
    private let worker: Worker<String?>
    private let isOver: Flag
    private let desk: Desk<[UInt8]>

    private final class Flag: Sendable {
        let value = Atomic(false)
    }

    /// Returns when it watches.
    init(port: UInt16) throws {
        folder = try TemporaryFolder()
        socket = folder.path + "/run/linger.sock"
        let (isOver, desk) = (Flag(), Desk<[UInt8]>())
        (self.isOver, self.desk) = (isOver, desk)
        server = try RecollectionServer(path: socket) { desk.ask(milliseconds: 60_000) }
        worker = try Worker {
            do {
                try Self.watch(port, desk, until: isOver)
                return nil
            } catch {
                return "\(error)"
            }
        }
        guard desk.ask(milliseconds: 60_000) != nil else { throw HarnessError("the daemon does not watch") }
    }

    private static func watch(_ port: UInt16, _ desk: Desk<[UInt8]>, until isOver: Flag) throws {
        var options = StreamOptions()
        options.stacks = true
        options.bounds.localPorts = port...port
        let stream = try ConnectionStream(options)
        let tracker = Tracker()
        let symbolizer = Symbolizer()
        var log = CountLog()
        func read() throws {
            try stream.read(all: true) { event in
                switch event {
                case .transition(let transition): _ = tracker.consume(transition)
                case .opening(let opening): tracker.consume(opening)
                case .course: break
                }
            }
        }
        tracker.beginLook()
        let began = HostClock.monotonic
        var look = Look()
        look.namespaces = .all
        var snapshot = try Observer().look(look)
        snapshot.connections.removeAll { $0.local.port != port }
        try read()
        tracker.reconcile(snapshot, began: began, ended: HostClock.monotonic)
        let interruption = try Interruption()
        while !isOver.value.load(ordering: .relaxed) {
            stream.wait(milliseconds: 20, interruption)
            try read()
            tracker.advance(to: HostClock.monotonic) { _ in }
            log.note(tracker, at: HostClock.monotonic)
            desk.answer {
                tracker.recollection(at: HostClock.monotonic, since: began, counts: log) { stack in
                    Recollection.Stack(symbolizer.describe(stack.frames, of: stack.process))
                }.encoded()
            }
        }
    }

    /// What went wrong; `nil` if nothing did.
    func end() throws -> String? {
        isOver.value.store(true, ordering: .relaxed)
        let error = try worker.join()
        server.stop()
        return error
    }
}
