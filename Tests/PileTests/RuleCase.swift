import Testing

/// A pile, and what doctor has to be told so that it does not wait for minutes: only times are lowered, numbers stay,
/// unless the standard number is a host's (20,000 connections).
struct RuleCase: Sendable, CustomTestStringConvertible {
    /// Of the connections that a finding names, how many it must have.
    enum Count: Sendable {
        case exactly
        /// They come and go while we look.
        case atLeast(Int)
        /// The finding is about a limit, not about connections.
        case any
    }

    var pile: String
    var thresholds: [String: Double] = [:]
    var severity = "warning"
    var count = Count.exactly

    var testDescription: String { pile }

    /// Every rule that can be shown without touching the host's own settings.
    static let all: [RuleCase] = [
        RuleCase(pile: "close-wait", thresholds: ["close_wait.leak_seconds": 0]),
        RuleCase(pile: "close-wait-shared", thresholds: ["close_wait.old_seconds": 0]),
        RuleCase(pile: "close-wait-pool", thresholds: ["close_wait.leak_seconds": 0], severity: "info"),
        RuleCase(pile: "unaccepted", thresholds: ["accept.stalled_seconds": 0.2]),
        RuleCase(pile: "accept-queue-full", thresholds: ["accept.full_seconds": 0.2], severity: "critical"),
        // Nothing new comes: it ends by itself.
        RuleCase(pile: "time-wait-ports"),
        RuleCase(pile: "time-wait-buckets"),
        RuleCase(pile: "time-wait", severity: "info"),
        RuleCase(pile: "fin-wait-2", thresholds: ["fin_wait_2.held_seconds": 0]),
        RuleCase(pile: "fin-wait-2-orphaned", severity: "info"),
        RuleCase(pile: "closing-stuck", thresholds: ["closing.seconds": 0]),
        RuleCase(pile: "syn-flood", count: .atLeast(100)),
        RuleCase(pile: "handshake-stuck"),
        RuleCase(pile: "connect-unanswered", thresholds: ["connect.retries": 1]),
        RuleCase(pile: "dead-peer", thresholds: ["peer.backoff": 3]),
        RuleCase(pile: "zero-window", thresholds: ["zero_window.backoff": 1]),
        RuleCase(pile: "idle", thresholds: ["idle.seconds": 0.1]),
        RuleCase(pile: "many", thresholds: ["many.count": 2000], severity: "info"),
        RuleCase(pile: "ephemeral-ports", severity: "critical"),
        RuleCase(pile: "descriptors", severity: "critical", count: .any),
        RuleCase(pile: "closed-sockets", count: .any),
        RuleCase(pile: "conntrack", thresholds: ["conntrack.share": 0.0001], severity: "warning", count: .any),
    ]

    /// Those whose connections neither come and go nor are told by a time that the test lowers.
    static let standing = all.filter { rule in
        if case .exactly = rule.count { rule.pile != "idle" } else { false }
    }

    static func named(_ pile: String) -> RuleCase {
        all.first { $0.pile == pile } ?? RuleCase(pile: pile)
    }
}
