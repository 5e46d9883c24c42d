import Foundation
import Logging
import Synchronization
import Testing
import Web

/// Against a real server that fails first, is slow, closes the connection, or is not there.
@Suite struct WebhookTests {
    static let secret = Array("0123456789abcdef".utf8)
    static let quick = Backoff(first: .milliseconds(1), longest: .milliseconds(4), attempts: 5)

    static func event(_ kind: WebhookEvent.Kind = .finding, _ body: String = #"{"event":"finding"}"#) -> WebhookEvent {
        WebhookEvent(kind, body: Array(body.utf8))
    }

    /// Sends events to a receiver until all are dealt with.
    private func send(
        _ events: [WebhookEvent], answers: [String], secret: [UInt8]? = WebhookTests.secret,
        surroundings: Webhook.Surroundings = .init(), backoff: Backoff = WebhookTests.quick
    ) async throws -> (counts: Webhook.Counts, requests: [Receiver.Request]) {
        let receiver = try Receiver(answers)
        let counts = try await deliver(
            events, to: "http://127.0.0.1:\(receiver.port)/hook?x=1", secret, surroundings, backoff)
        return (counts, try receiver.end())
    }

    private func deliver(
        _ events: [WebhookEvent], to url: String, _ secret: [UInt8]?, _ surroundings: Webhook.Surroundings,
        _ backoff: Backoff
    ) async throws -> Webhook.Counts {
        let target = try #require(WebhookTarget(url: url, secret: secret))
        let webhook = Webhook(
            target, agent: "linger/test", backoff: backoff, surroundings: surroundings, logger: quiet)
        for event in events { webhook.offer(event) }
        let running = Task { try await webhook.run() }
        while webhook.counts.waiting > 0 { try await Task.sleep(for: .milliseconds(5)) }
        running.cancel()
        try await running.value
        return webhook.counts
    }

    private var quiet: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

    @Test("an event arrives as it is, with its kind, a delivery, a time, and a signature that can be verified")
    func whole() async throws {
        let (counts, requests) = try await send([Self.event()], answers: [])
        #expect(counts.sent == 1 && counts.retries == 0)
        let request = try #require(requests.first)
        #expect(requests.count == 1 && request.path == "/hook?x=1" && request.body == #"{"event":"finding"}"#)
        #expect(request.headers["content-type"] == "application/json")
        #expect(request.headers["user-agent"] == "linger/test")
        #expect(request.headers["linger-event"] == "finding")
        #expect(request.headers["linger-delivery"]?.isEmpty == false)
        let time = try #require(request.headers["linger-timestamp"].flatMap(Int64.init))
        #expect(abs(Date().timeIntervalSince1970 - Double(time)) < 600)
        let wanted = WebhookSignature.text(of: Array(request.body.utf8), at: time, secret: Self.secret)
        #expect(request.headers["linger-signature"] == wanted)
        let other = WebhookSignature.text(of: Array(request.body.utf8), at: time + 1, secret: Self.secret)
        #expect(request.headers["linger-signature"] != other)
    }

    @Test("without a secret nothing is signed")
    func unsigned() async throws {
        let (_, requests) = try await send([Self.event()], answers: [], secret: nil)
        #expect(requests.count == 1 && requests[0].headers["linger-signature"] == nil)
    }

    static let failing: [(answers: [String], sent: UInt64, failed: UInt64, tries: Int)] = [
        (["500"], 1, 0, 2), (["503", "429", "408"], 1, 0, 4), (["close"], 1, 0, 2), (["slow"], 1, 0, 2),
        (["close", "slow", "500"], 1, 0, 4),
        // Given up after as many as there may be.
        (["500", "500", "500", "500", "500"], 0, 1, 5),
        // Final: the receiver does not want it.
        (["400"], 0, 1, 1), (["404"], 0, 1, 1), (["500", "410"], 0, 1, 2),
        // Nobody is followed elsewhere.
        (["302"], 0, 1, 1),
    ]

    @Test(
        "a failing receiver is tried again, with the same delivery, until it takes or refuses",
        arguments: failing.indices)
    func failures(row: Int) async throws {
        let (answers, sent, failed, tries) = Self.failing[row]
        var surroundings = Webhook.Surroundings()
        surroundings.patience = .milliseconds(500)
        let (counts, requests) = try await send([Self.event()], answers: answers, surroundings: surroundings)
        #expect(counts.sent == sent && counts.failed == failed && counts.waiting == 0, "\(counts)")
        #expect(counts.retries == UInt64(tries - 1))
        #expect(requests.count == tries)
        #expect(Set(requests.compactMap { $0.headers["linger-delivery"] }).count == 1)
    }

    @Test("pauses between tries are those of the backoff, with chance from outside; each try is signed anew")
    func pauses() async throws {
        let pauses = Mutex<[Duration]>([])
        let clock = Mutex<Int64>(1_700_000_000)
        var surroundings = Webhook.Surroundings()
        surroundings.jitter = { 0 }
        surroundings.now = { clock.withLock { $0 } }
        surroundings.sleep = { pause in
            pauses.withLock { $0.append(pause) }
            clock.withLock { $0 += 100 }
        }
        let backoff = Backoff(first: .seconds(1), longest: .seconds(4), attempts: 9)
        let (counts, requests) = try await send(
            [Self.event()], answers: ["500", "500", "500", "500"], surroundings: surroundings, backoff: backoff)
        #expect(counts.sent == 1)
        #expect(pauses.withLock { $0 } == [.seconds(0.5), .seconds(1), .seconds(2), .seconds(2)])
        #expect(requests.compactMap { $0.headers["linger-timestamp"] }.last == "1700000400")
        #expect(Set(requests.compactMap { $0.headers["linger-signature"] }).count == 5)
    }

    @Test("a receiver that is not there is given up, and nothing waits for ever")
    func absent() async throws {
        let receiver = try Receiver([])
        let port = receiver.port
        _ = try receiver.end()
        let counts = try await deliver(
            [Self.event()], to: "http://127.0.0.1:\(port)/", nil, .init(), Self.quick)
        #expect(counts.failed == 1 && counts.sent == 0 && counts.retries == 4, "\(counts)")
    }

    @Test("events arrive in their order, and only those that the target wants are taken")
    func order() async throws {
        let receiver = try Receiver(["500"])
        var target = try #require(WebhookTarget(url: "http://127.0.0.1:\(receiver.port)/"))
        target.events = [.action]
        let webhook = Webhook(target, agent: "test", backoff: Self.quick, logger: quiet)
        for number in 1...5 {
            webhook.offer(Self.event(.action, "\(number)"))
            webhook.offer(Self.event(.finding, "not wanted"))
        }
        let running = Task { try await webhook.run() }
        while webhook.counts.waiting > 0 { try await Task.sleep(for: .milliseconds(5)) }
        running.cancel()
        try await running.value
        #expect(webhook.counts.sent == 5)
        #expect(try receiver.end().map(\.body) == ["1", "1", "2", "3", "4", "5"])
    }

    @Test("what finds no room is dropped and counted, and offering never waits")
    func fullQueue() async throws {
        let target = try #require(WebhookTarget(url: "http://127.0.0.1:1/"))
        let webhook = Webhook(target, agent: "test", room: 3, logger: quiet)
        // Nobody sends yet.
        for _ in 0..<10 { webhook.offer(Self.event()) }
        #expect(webhook.counts.dropped == 7 && webhook.counts.waiting == 3)
        // Ended while the receiver is away: what waits is dropped, and told.
        let running = Task { try await webhook.run() }
        running.cancel()
        try await running.value
        #expect(webhook.counts.dropped == 10 && webhook.counts.waiting == 0, "\(webhook.counts)")
    }
}
