/// One line of the audit: what a remedy planned, did, left, and how it ended.
package struct ActionRow: Sendable, Hashable {
    package enum Record: String, Sendable, CaseIterable { case plan, act, left, end, note }

    package var time: Int64
    /// Who acted: `clear`, or `policy NAME`.
    package var source: String
    /// Ties the lines of one run together.
    package var run: String
    package var record: Record
    /// The line as the audit record has it, without its line end.
    package var json: String

    package init(time: Int64, source: String, run: String, record: Record, json: String) {
        self.time = time
        self.source = source
        self.run = run
        self.record = record
        self.json = json
    }
}
