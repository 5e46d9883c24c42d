import Clearing
import Sockets
import Web

/// Something that a policy did or found: for the log and for webhooks.
struct PolicyEvent: Sendable {
    enum What: Sendable {
        case found(Int)
        /// In dry run.
        case wouldClear(Int)
        /// The run in the audit record, and what became of it.
        case cleared(run: String, planned: Int, cleared: Int, refused: String?)
        case heldBack(String)
        case switchedOff(PolicyAction.OffReason)
        case recovered(cleared: Int)
        /// It could not act: the memory or the audit record cannot be written.
        case failed(String)
    }

    var policy: String
    var filter: String
    /// Milliseconds since 1970.
    var time: UInt64
    var host: String
    var what: What

    /// In the log, the JSON, and docs/policies.md.
    var key: String {
        switch what {
        case .found: "found"
        case .wouldClear: "would_clear"
        case .cleared: "cleared"
        case .heldBack: "held_back"
        case .switchedOff: "switched_off"
        case .recovered: "recovered"
        case .failed: "failed"
        }
    }

    /// It is for the log of warnings.
    var isTrouble: Bool {
        switch what {
        case .switchedOff, .failed: true
        case .cleared(_, let planned, let cleared, let refused): refused != nil || cleared < planned
        case .found, .wouldClear, .heldBack, .recovered: false
        }
    }

    var webhook: WebhookEvent {
        let kind: WebhookEvent.Kind =
            switch what {
            case .found: .finding
            case .recovered: .recovery
            case .wouldClear, .cleared, .heldBack, .switchedOff, .failed: .action
            }
        var json = JSONWriter(reservingCapacity: 512)
        json.beginObject()
        json.key("event")
        json.value(kind.rawValue)
        json.key("time_ms")
        json.value(time)
        json.key("host")
        json.value(host)
        json.key("policy")
        json.value(policy)
        json.key("match")
        json.value(filter)
        json.key("what")
        json.value(key)
        write(to: &json)
        json.endObject()
        return WebhookEvent(kind, body: json.bytes)
    }

    private func write(to json: inout JSONWriter) {
        switch what {
        case .found(let count), .wouldClear(let count):
            json.key("connections")
            json.value(count)
        case .cleared(let run, let planned, let cleared, let refused):
            json.key("run")
            json.value(run)
            json.key("connections")
            json.value(planned)
            json.key("cleared")
            json.value(cleared)
            json.key("refused")
            json.value(refused)
        case .heldBack(let reason), .failed(let reason):
            json.key("reason")
            json.value(reason)
        case .switchedOff(let reason):
            json.key("reason")
            json.value(reason.rawValue)
        case .recovered(let cleared):
            json.key("cleared")
            json.value(cleared)
        }
    }
}
