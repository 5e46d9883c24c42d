import Kernel
import Sockets
import Synchronization

/// Between the thread that looks and the one that draws: the newest sample one way, what is wished for the other.
final class TopFeed: Sendable {
    private struct Shared {
        var sample: TopSample?
        var failure: Failure?
        var wish = TopWish()
        var isEnding = false
    }

    private let shared = Mutex(Shared())
    /// Rung when there is something to be drawn.
    let news: Bell
    /// Rung when something is wished for.
    private let wishes: Bell

    init() throws(KernelError) {
        news = try Bell()
        wishes = try Bell()
    }

    // MARK: Of the one that draws

    /// What has come since it was asked last.
    func take() -> (sample: TopSample?, failure: Failure?) {
        shared.withLock { shared in
            defer { (shared.sample, shared.failure) = (nil, nil) }
            return (shared.sample, shared.failure)
        }
    }

    func wish(_ wish: TopWish) {
        let isNew = shared.withLock { shared in
            defer { shared.wish = wish }
            return shared.wish != wish
        }
        if isNew { wishes.ring() }
    }

    func end() {
        shared.withLock { $0.isEnding = true }
        wishes.ring()
    }

    // MARK: Of the one that looks

    var wish: TopWish { shared.withLock { $0.wish } }
    var isEnding: Bool { shared.withLock { $0.isEnding } }

    func put(_ sample: TopSample) {
        shared.withLock { $0.sample = sample }
        news.ring()
    }

    func put(_ error: any Error) {
        let failure = error as? Failure ?? (error as? KernelError).map { Failure($0) } ?? Failure(.usage, "\(error)")
        shared.withLock { $0.failure = failure }
        news.ring()
    }

    /// Returns early when something new is wished for.
    func pause(milliseconds: Int32) -> Bool { wishes.wait(milliseconds: milliseconds) }
}
