/// A time of which the history does not know everything.
package struct GapRow: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Transitions that found no room in the ring buffer.
        case lostTransitions = "lost_transitions"
        case lostOpenings = "lost_openings"
        /// Events at which the kernel did not run a program.
        case missedRuns = "missed_runs"
        /// Records that could not be decoded.
        case undecoded
        /// No daemon was running.
        case notRunning = "not_running"
        /// The daemon, or the host, was stopped and went on.
        case suspended
        /// eBPF was refused: repeated looks see less than the stream.
        case snapshotsOnly = "snapshots_only"
        /// What could not be written because the disk was full.
        case diskFull = "disk_full"
        /// What could not be written because another process held the file's lock.
        case locked
        /// What could not be written because the file could not (an error of the disk, or it was made read-only).
        case unwritable
        /// What came faster than it could be written.
        case overrun
        /// What was deleted before its age because the size bound was near. From and to are those of the deleted rows.
        case sizeBound = "size_bound"
        /// The wall clock was set: times before and after do not fit together.
        case clockStep = "clock_step"
        /// Part of the host could not be seen.
        case unseen
    }

    package var from: Int64
    package var to: Int64
    package var kind: Kind
    /// How many of what the kind names: transitions, rows; 0 where that is not known.
    package var count: Int64
    /// What else there is to say, in the system's or the kernel's words; may be empty.
    package var detail: String

    package init(from: Int64, to: Int64, kind: Kind, count: Int64 = 0, detail: String = "") {
        self.from = from
        self.to = to
        self.kind = kind
        self.count = count
        self.detail = detail
    }
}
