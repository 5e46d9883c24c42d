/// Rows that wait, in the order in which they came, taken in pieces that are small enough for one transaction.
struct Backlog: Sendable {
    private var processes: ArraySlice<ProcessRow> = []
    private var minutes: ArraySlice<MinuteRow> = []
    private var lives: ArraySlice<LifeRow> = []
    private var findings: ArraySlice<FindingRow> = []
    private var gaps: ArraySlice<GapRow> = []
    private var actions: ArraySlice<ActionRow> = []

    var count: Int {
        processes.count + minutes.count + lives.count + findings.count + gaps.count + actions.count
    }

    mutating func append(_ batch: HistoryBatch) {
        processes += batch.processes
        minutes += batch.minutes
        lives += batch.lives
        findings += batch.findings
        gaps += batch.gaps
        actions += batch.actions
    }

    /// The next rows that change so many pages at most: those that are few and matter most first. It stays in here until
    /// `remove`.
    func next(pages: Int64) -> HistoryBatch {
        var room = pages
        var batch = HistoryBatch()
        batch.actions = Self.take(actions, &room) { $0.json.utf8.count }
        batch.findings = Self.take(findings, &room) { $0.json.utf8.count + $0.sentence.utf8.count }
        batch.gaps = Self.take(gaps, &room) { $0.detail.utf8.count }
        batch.processes = Self.take(processes, &room) { $0.commandLine?.utf8.count ?? 0 }
        batch.minutes = Self.take(minutes, &room) { _ in 0 }
        // A stack stands twice: in the table of texts and in its index.
        batch.lives = Self.take(lives, &room) { 2 * $0.stack.utf8.count }
        return batch
    }

    mutating func remove(_ batch: HistoryBatch) {
        actions = actions.dropFirst(batch.actions.count)
        findings = findings.dropFirst(batch.findings.count)
        gaps = gaps.dropFirst(batch.gaps.count)
        processes = processes.dropFirst(batch.processes.count)
        minutes = minutes.dropFirst(batch.minutes.count)
        lives = lives.dropFirst(batch.lives.count)
    }

    /// Pages that a row may change: its own, one in each of two indices, one for a name.
    private static let pagesPerRow: Int64 = 4

    private static func take<Row>(_ rows: ArraySlice<Row>, _ room: inout Int64, bytes: (Row) -> Int) -> [Row] {
        var taken = 0
        for row in rows {
            let pages = pagesPerRow + Int64(bytes(row)) / SizeBound.pageSize
            if pages > room { break }
            room -= pages
            taken += 1
        }
        return Array(rows.prefix(taken))
    }
}
