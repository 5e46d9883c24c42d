import Kernel
import Web

/// The part `webhooks:` of the daemon's file: who is told of findings, actions and recoveries (docs/policies.md).
struct WebhookFile: YAMLFile {
    var mistakes: [FileMistake] = []

    /// - Parameter node: what stands under the key.
    static func parse(_ node: YAMLNode) -> (targets: [WebhookTarget], mistakes: [FileMistake]) {
        var file = WebhookFile()
        let targets = file.targets(node)
        return (targets, file.sortedMistakes)
    }

    static let keys = ["url", "secret-file", "events"]

    private mutating func targets(_ node: YAMLNode) -> [WebhookTarget] {
        if node.isNull { return [] }
        guard let sequence = node.sequence else {
            fail(node, "a list of webhooks is wanted here, each behind a dash")
            return []
        }
        return sequence.compactMap { target($0) }
    }

    private mutating func target(_ node: YAMLNode) -> WebhookTarget? {
        guard let mapping = node.mapping else {
            fail(
                node, "a webhook is a mapping with the key 'url', and 'secret-file' and 'events' where they are wanted")
            return nil
        }
        let before = mistakes.count
        var target: WebhookTarget?
        var secret: [UInt8]?
        var events: Set<WebhookEvent.Kind>?
        var hasURL = false
        for (key, value) in mapping {
            switch keyword(key, among: Self.keys) {
            case "url":
                hasURL = true
                target = value.string.flatMap { WebhookTarget(url: $0) }
                if target == nil {
                    fail(value, "a URL begins with http:// or https://, and has a host and no password")
                }
            case "secret-file": secret = self.secret(value)
            case "events": events = self.events(value)
            default: break
            }
        }
        if !hasURL { fail(node, "this webhook has no 'url'") }
        guard mistakes.count == before, var target else { return nil }
        target.secret = secret
        if let events { target.events = events }
        return target
    }

    /// The secret is the file's bytes without line ends behind them.
    private mutating func secret(_ node: YAMLNode) -> [UInt8]? {
        guard let path = node.string, path.hasPrefix("/"), !path.contains("\0") else {
            fail(node, "this is the path of a file with the secret, from / on: a secret does not stand here itself")
            return nil
        }
        do {
            var bytes = try Surroundings.contents(ofFile: path)
            while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { bytes.removeLast() }
            guard bytes.count >= 16 else {
                fail(node, "the secret in \(path) is too short: 16 bytes or more, such as 'openssl rand -hex 32' makes")
                return nil
            }
            return bytes
        } catch {
            fail(node, "the secret cannot be read from \(path): \(error.reason)")
            return nil
        }
    }

    private mutating func events(_ node: YAMLNode) -> Set<WebhookEvent.Kind>? {
        let nodes = node.sequence ?? [node]
        let names = WebhookEvent.Kind.allCases.map(\.rawValue)
        let kinds = nodes.compactMap { choice($0, "event", names).flatMap(WebhookEvent.Kind.init(rawValue:)) }
        return Set(kinds)
    }
}
