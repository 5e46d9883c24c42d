import History
import Sockets
import Web

extension WebhookEvent {
    /// A finding that is new or worse, or that is over.
    init(_ row: FindingRow, host: String) {
        let kind: Kind = row.resolvedAt == nil ? .finding : .recovery
        var json = JSONWriter(reservingCapacity: 512)
        json.beginObject()
        json.key("event")
        json.value(kind.rawValue)
        json.key("time_ms")
        json.value(UInt64(clamping: (row.resolvedAt ?? row.lastSeen) / 1000))
        json.key("host")
        json.value(host)
        json.key("finding")
        json.value(row.kind)
        json.key("severity")
        json.value(row.severity)
        json.key("sentence")
        json.value(row.sentence)
        json.key("since_ms")
        json.value(UInt64(clamping: row.firstSeen / 1000))
        json.endObject()
        self.init(kind, body: json.bytes)
    }
}
