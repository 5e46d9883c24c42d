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
        RuleCase(pile: "close_wait_leak", thresholds: ["close_wait.leak_seconds": 0]),
        RuleCase(pile: "close_wait_shared", thresholds: ["close_wait.old_seconds": 0]),
        RuleCase(pile: "close_wait_pool", thresholds: ["close_wait.leak_seconds": 0], severity: "info"),
        RuleCase(pile: "accept_stalled", thresholds: ["accept.stalled_seconds": 0.2]),
        RuleCase(pile: "accept_queue_full", thresholds: ["accept.full_seconds": 0.2], severity: "critical"),
        // Nothing new comes: it ends by itself.
        RuleCase(pile: "time_wait_ports"),
        RuleCase(pile: "time_wait_buckets"),
        RuleCase(pile: "time_wait_normal", severity: "info"),
        RuleCase(pile: "fin_wait_2_held", thresholds: ["fin_wait_2.held_seconds": 0]),
        RuleCase(pile: "fin_wait_2_orphaned", severity: "info"),
        RuleCase(pile: "closing_stuck", thresholds: ["closing.seconds": 0]),
        RuleCase(pile: "syn_flood", count: .atLeast(100)),
        RuleCase(pile: "handshake_stuck"),
        RuleCase(pile: "connect_unanswered", thresholds: ["connect.retries": 1]),
        RuleCase(pile: "peer_unresponsive", thresholds: ["peer.backoff": 3]),
        RuleCase(pile: "zero_window", thresholds: ["zero_window.backoff": 1]),
        RuleCase(pile: "idle_without_keepalive", thresholds: ["idle.seconds": 0.1]),
        RuleCase(pile: "many_connections", thresholds: ["many.count": 2000], severity: "info"),
        RuleCase(pile: "ephemeral_ports", severity: "critical"),
        RuleCase(pile: "descriptors_low", severity: "critical", count: .any),
        RuleCase(pile: "closed_descriptors", count: .any),
        RuleCase(pile: "conntrack_full", thresholds: ["conntrack.share": 0.0001], severity: "warning", count: .any),
    ]

    /// Those whose connections neither come and go nor are told by a time that the test lowers.
    static let standing = all.filter { rule in
        if case .exactly = rule.count { rule.pile != "idle_without_keepalive" } else { false }
    }

    static func named(_ pile: String) -> RuleCase {
        all.first { $0.pile == pile } ?? RuleCase(pile: pile)
    }
}
