import Kernel
import ServiceLifecycle
import Synchronization

/// Tells a thread that its work is over, and wakes it.
final class StopSign: Sendable {
    let waker: Waker
    private let isUp = Mutex(false)

    init() throws(KernelError) { waker = try Waker() }

    var isSet: Bool { isUp.withLock(\.self) }

    func set() {
        isUp.withLock { $0 = true }
        waker.wake()
    }

    /// Runs work that waits for the system on a thread of its own, so that it takes none of those that tasks share. Returns
    /// when it is done; when its service is to end, the sign goes up.
    /// - Parameter name: of the thread, at most 15 bytes.
    func thread(named name: String, _ work: @escaping @Sendable () throws -> Void) async throws {
        var worker: Worker<Void>?
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await withCheckedThrowingContinuation { continuation in
                do {
                    worker = try Worker(named: name) { continuation.resume(with: Result { try work() }) }
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        } onCancelOrGracefulShutdown: {
            self.set()
        }
        try worker?.join()
    }
}
