import Diagnosis
import Sockets

/// The doctor, who looks in now and then.
struct TopClinic {
    private let phrasebook: Phrasebook
    private let messages: Messages
    private var before: Snapshot?
    private var next = 0.0
    private(set) var findings: [TopFinding]?
    private(set) var report: DoctorReport?

    /// Seconds from one visit to the next; the second one comes soon, for it tells what grows.
    private static let pause = 10.0
    private static let firstPause = 1.0

    init(messages: Messages) {
        self.messages = messages
        phrasebook = Phrasebook(language: messages.language)
    }

    func isDue(at seconds: Double) -> Bool { seconds >= next }

    mutating func visit(_ sample: TopSample) {
        let now = sample.snapshot
        let found = Diagnosis.run(before: before, now: now, thresholds: Thresholds())
        next = Double(sample.monotonic) / 1e9 + (before == nil ? Self.firstPause : Self.pause)
        report = DoctorReport(before: before == nil ? nil : now, now: now, findings: found, messages: messages)
        findings = found.filter { $0.severity > .info }.map { line($0, sample) }
        before = now
    }

    private func line(_ finding: Finding, _ sample: TopSample) -> TopFinding {
        let subject = finding.subject
        var place: TopKey?
        if let listener = subject.listener, sample.connections.indices.contains(listener) {
            let connection = sample.connections[listener]
            place = .port(sample.inode(ofNamespace: connection.namespace), connection.local.port)
        } else if let destination = subject.destination {
            place = .remote(destination)
        }
        return TopFinding(
            kind: finding.kind, severity: finding.severity,
            headline: phrasebook.render(finding, in: sample.snapshot).headline,
            processes: subject.processes.map { sample.key(.process($0)) }, place: place)
    }
}
