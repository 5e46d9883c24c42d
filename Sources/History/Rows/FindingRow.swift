/// A finding of the doctor, over the time that it was there.
package struct FindingRow: Sendable, Hashable {
    /// Names the same finding again in a later look: its kind and whom it is about.
    package var key: String
    package var kind: String
    /// `info`, `warning`, `critical`
    package var severity: String
    /// In English, as it was last seen.
    package var sentence: String
    /// As `linger doctor --json` has it; empty where that was not kept.
    package var json: String
    package var firstSeen: Int64
    package var lastSeen: Int64
    /// `nil` while it is there.
    package var resolvedAt: Int64?

    package init(
        key: String, kind: String, severity: String, sentence: String, json: String = "", firstSeen: Int64,
        lastSeen: Int64, resolvedAt: Int64? = nil
    ) {
        self.key = key
        self.kind = kind
        self.severity = severity
        self.sentence = sentence
        self.json = json
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
        self.resolvedAt = resolvedAt
    }
}
