internal import AsyncHTTPClient
internal import Foundation
package import Logging
internal import NIOCore
internal import NIOHTTP1
internal import ServiceLifecycle
internal import Synchronization

/// Sends events to one receiver, one after the other in their order, from a queue that never makes anybody wait: what
/// finds no room in it is dropped and counted.
///
/// An event is sent again while the receiver cannot be reached, is slow, or answers 408, 425, 429 or 5xx; any other answer
/// but 2xx is final. So a receiver may get an event twice: its `Linger-Delivery` is the same then.
package final class Webhook: Service {
    package struct Counts: Sendable, Hashable {
        package var sent: UInt64 = 0
        /// Given up, or refused by the receiver.
        package var failed: UInt64 = 0
        /// Found no room, or were still waiting at the end.
        package var dropped: UInt64 = 0
        package var retries: UInt64 = 0
        package var waiting = 0
    }

    /// Time and chance, from outside.
    package struct Surroundings: Sendable {
        /// Seconds since 1970.
        package var now: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970) }
        /// 0 … 1
        package var jitter: @Sendable () -> Double = { Double.random(in: 0...1) }
        package var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
        /// How long one try may take.
        package var patience: Duration = .seconds(10)

        package init() {}
    }

    package let target: WebhookTarget
    private let backoff: Backoff
    private let surroundings: Surroundings
    private let logger: Logger
    private let agent: String
    private let events: AsyncStream<WebhookEvent>
    private let queue: AsyncStream<WebhookEvent>.Continuation
    private let counted = Mutex(Counts())

    /// Events that may wait: a receiver that is away for long gets the first ones.
    package static let room = 256

    /// - Parameter agent: what stands in the header `User-Agent`.
    package init(
        _ target: WebhookTarget, agent: String, backoff: Backoff = .usual,
        surroundings: Surroundings = Surroundings(), room: Int = Webhook.room, logger: Logger
    ) {
        self.target = target
        self.agent = agent
        self.backoff = backoff
        self.surroundings = surroundings
        self.logger = logger
        (events, queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(room))
    }

    package var counts: Counts { counted.withLock { $0 } }

    /// Takes an event, if the target wants its kind. Returns at once.
    package func offer(_ event: WebhookEvent) {
        guard target.events.contains(event.kind) else { return }
        // Counted first: the other end may have it before yield returns.
        counted.withLock { $0.waiting += 1 }
        guard case .enqueued = queue.yield(event) else {
            let dropped = counted.withLock { counts in
                counts.waiting -= 1
                counts.dropped += 1
                return counts.dropped
            }
            logger.warning(
                "webhook: no room for an event", metadata: ["to": "\(target.place)", "dropped": "\(dropped)"])
            return
        }
    }

    /// Sends until the service is to end; what waits then is dropped.
    package func run() async throws {
        _ = EventLoops.areFew
        var configuration = HTTPClient.Configuration()
        // A receiver that sends us elsewhere is refused: the secret's proof is for this one.
        configuration.redirectConfiguration = .disallow
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        await cancelWhenGracefulShutdown { [self] in
            for await event in events {
                let end = await deliver(event, by: client)
                counted.withLock { counts in
                    counts.waiting -= 1
                    counts[keyPath: end] += 1
                }
                if Task.isCancelled { break }
            }
        }
        queue.finish()
        counted.withLock { counts in
            counts.dropped += UInt64(max(counts.waiting, 0))
            counts.waiting = 0
        }
        try await client.shutdown()
    }

    private func deliver(_ event: WebhookEvent, by client: HTTPClient) async -> WritableKeyPath<Counts, UInt64> {
        let delivery = UUID().uuidString.lowercased()
        var attempt = 1
        while true {
            let answer = await send(event, delivery, by: client)
            let metadata: Logger.Metadata = [
                "to": "\(target.place)", "event": "\(event.kind.rawValue)", "answer": "\(answer.text)",
                "attempt": "\(attempt)",
            ]
            switch answer.verdict {
            case .taken:
                logger.debug("webhook: sent", metadata: metadata)
                return \.sent
            case .refused:
                logger.warning("webhook: refused by the receiver", metadata: metadata)
                return \.failed
            case .again: break
            }
            guard let pause = backoff.pause(after: attempt, jitter: surroundings.jitter()) else {
                logger.warning("webhook: given up", metadata: metadata)
                return \.failed
            }
            logger.info("webhook: to be sent again", metadata: metadata)
            do { try await surroundings.sleep(pause) } catch { return \.dropped }
            counted.withLock { $0.retries += 1 }
            attempt += 1
        }
    }

    private struct Answer {
        enum Verdict { case taken, refused, again }

        var verdict: Verdict
        var text: String

        init(status: UInt) {
            text = "\(status)"
            switch status {
            case 200..<300: verdict = .taken
            case 408, 425, 429, 500..<600: verdict = .again
            default: verdict = .refused
            }
        }

        init(_ error: any Error) { (verdict, text) = (.again, "\(error)") }
    }

    private func send(_ event: WebhookEvent, _ delivery: String, by client: HTTPClient) async -> Answer {
        let time = surroundings.now()
        var request = HTTPClientRequest(url: target.url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "User-Agent", value: agent)
        request.headers.add(name: "Linger-Event", value: event.kind.rawValue)
        request.headers.add(name: "Linger-Delivery", value: delivery)
        request.headers.add(name: "Linger-Timestamp", value: String(time))
        if let secret = target.secret {
            request.headers.add(
                name: "Linger-Signature", value: WebhookSignature.text(of: event.body, at: time, secret: secret))
        }
        request.body = .bytes(ByteBuffer(bytes: event.body))
        do {
            let patience = TimeAmount.milliseconds(Int64(surroundings.patience / .milliseconds(1)))
            return Answer(status: try await client.execute(request, timeout: patience).status.code)
        } catch {
            return Answer(error)
        }
    }
}
