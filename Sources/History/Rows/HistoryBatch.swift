/// What is written in one go. All times in rows are microseconds since 1970, UTC, unless they say otherwise.
package struct HistoryBatch: Sendable {
    package var processes: [ProcessRow] = []
    package var minutes: [MinuteRow] = []
    package var lives: [LifeRow] = []
    package var findings: [FindingRow] = []
    package var gaps: [GapRow] = []
    package var actions: [ActionRow] = []

    package init() {}

    package var rowCount: Int {
        processes.count + minutes.count + lives.count + findings.count + gaps.count + actions.count
    }

    package var isEmpty: Bool { rowCount == 0 }

    package mutating func append(_ other: HistoryBatch) {
        processes += other.processes
        minutes += other.minutes
        lives += other.lives
        findings += other.findings
        gaps += other.gaps
        actions += other.actions
    }
}
