import Testing
import Web

@Suite struct WebhookSignatureTests {
    @Test("a signature is HMAC-SHA256 of time, dot and body, as openssl makes it")
    func signature() {
        // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac 0123456789abcdef
        #expect(
            WebhookSignature.text(
                of: Array(#"{"a":1}"#.utf8), at: 1_700_000_000, secret: Array("0123456789abcdef".utf8))
                == "v1=9eb18f493f8ec135d9eb2dad817c369bb4e9cbfa818657897a7437c1cd8c3a23")
    }

    static let urls: [(String, Bool)] = [
        ("https://example.org/hook", true), ("http://127.0.0.1:8080", true), ("http://[::1]:8080/x?y=z", true),
        ("HTTPS://example.org", true), ("ftp://example.org", false), ("file:///etc/passwd", false),
        ("example.org", false),
        ("http://", false), ("http:///path", false), ("https://user:secret@example.org", false), ("", false),
        ("http://example.org/#part", false), ("unix:///run/socket", false),
    ]

    @Test("only http and https URLs with a host and without a password are taken", arguments: urls)
    func url(text: String, isGood: Bool) {
        #expect((WebhookTarget(url: text) != nil) == isGood)
    }

    @Test("the log names the host and nothing that lets somebody in")
    func place() {
        #expect(
            WebhookTarget(url: "https://example.org:8443/hooks/T0KEN?key=secret")?.place == "https://example.org:8443")
    }

    @Test("pauses double up to the bound, half of each is chance, and the last try has none")
    func backoff() {
        let backoff = Backoff(first: .seconds(1), longest: .seconds(10), attempts: 6)
        #expect(
            (1...6).map { backoff.pause(after: $0, jitter: 1) }
                == [.seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(10), nil])
        #expect((1...3).map { backoff.pause(after: $0, jitter: 0) } == [.seconds(0.5), .seconds(1), .seconds(2)])
        #expect(backoff.pause(after: 1, jitter: 7) == .seconds(1))
        #expect(Backoff.usual.pause(after: 11, jitter: 1) == .seconds(300))
    }
}
