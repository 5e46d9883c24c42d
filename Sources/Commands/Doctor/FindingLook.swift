import Diagnosis
import Kernel
import Sockets

/// Findings for a command that acts on them: two looks a second apart, beside the record of a running daemon, as
/// `linger doctor` takes them.
struct FindingLook {
    let now: Snapshot
    let findings: [Finding]

    /// - Parameter config: a file of thresholds.
    init(_ observation: ObservationOptions, config: String?, _ messages: Messages) throws {
        let observer = try observation.observer(messages)
        var look = try observation.look(messages)
        look.closedSockets = true
        look.limits = true
        let first = try observation.look(by: observer, look)
        var (before, now): (Snapshot?, Snapshot) = (nil, first)
        if observer.recordedLooks ?? 2 >= 2 {
            if observer.recordedLooks == nil { Surroundings.sleep(seconds: 1) }
            (before, now) = (first, try observation.look(by: observer, look))
        }
        let thresholds = try config.map { path throws(Failure) in
            try ThresholdFile(path: path, messages: messages).read()
        }
        self.now = now
        let history = HistoryUse.asking(observer, at: RecollectionServer.standardPath, for: now, messages)
        findings = Diagnosis.run(
            before: before, now: now, recollection: history.recollection, thresholds: thresholds ?? Thresholds())
    }
}
