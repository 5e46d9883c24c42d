import History
import Kernel
import Sockets
import TCP
import Watching

/// Makes the history's rows of what the watch tells, and counts it for the metrics. Pure: times come in as arguments.
struct Recorder {
    /// Unusual lives that are kept in full, a minute; a gap tells of the others.
    static let mostLives = 600

    private(set) var opened: UInt64 = 0
    /// Lives that are over, by how they ended.
    private(set) var ended: [LifeEnding: UInt64] = [:]
    /// Times at which a look found other than the stream had told, and connections of which that was so.
    private(set) var corrections: UInt64 = 0
    private var minutes = MinuteBook()
    private var batch = HistoryBatch()
    /// In this minute.
    private var livesKept = 0
    private var livesLeftOut: Int64 = 0
    private var knownProcesses: Set<ProcessIdentity> = []
    private var leaks: Set<UInt64> = []

    /// - Parameters:
    ///   - offset: from the monotonic clock to the wall clock, nanoseconds.
    ///   - stack: of a connection, in words.
    mutating func take(
        _ news: LiveTracker.News, _ tracker: Tracker, offset: Int64, _ stack: (CallStack) -> String
    ) {
        switch news {
        case .opening, .lost, .seen: break
        case .transition(let step): take(step, tracker, offset, stack)
        case .tally(let tally): take(tally, tracker)
        case .over(let life, let time, _): over(life, at: time, tracker, offset, stack)
        case .corrected(let result, _): corrections += UInt64(result.unseen)
        case .looked(let snapshot): learn(snapshot)
        }
    }

    private mutating func take(_ step: Step, _ tracker: Tracker, _ offset: Int64, _ stack: (CallStack) -> String) {
        let (life, transition) = (step.life, step.transition)
        guard life.state != .listen else { return }
        if step.isNew, !life.beganBefore { opened += 1 }
        let process = step.owner ?? tracker.listener(of: life)
        minutes.note(
            from: transition.old, to: transition.new, dwell: step.dwell.flatMap { $0.isExact ? $0.nanoseconds : nil },
            of: life, process, tracker.group(of: life, owner: nil)?.way)
        if step.isFinished { finish(life, process, step.stack, offset, stack) }
    }

    private mutating func take(_ tally: CourseTally, _ tracker: Tracker) {
        opened += tally.connections
        for group in tally.groups {
            ended[.orderly, default: 0] += group.orderly
            ended[.orphaned, default: 0] += group.orphaned
            var process = group.process
            if process == nil, case .listener(let namespace, let port) = group.way {
                process = tracker.listener(namespace, port)
            }
            minutes.add(group, process)
        }
    }

    /// The end of a small socket, or one that nobody saw.
    private mutating func over(
        _ life: Life, at time: UInt64, _ tracker: Tracker, _ offset: Int64, _ stack: (CallStack) -> String
    ) {
        guard life.state != .listen else { return }
        // How it ended was told when the small socket took over.
        if !life.isSmall { finish(life, tracker.owner(of: life), nil, offset, stack) }
        minutes.note(
            from: life.state, to: .closed, dwell: life.isSmall ? time - min(time, life.ended) : nil, of: life,
            tracker.owner(of: life), tracker.group(of: life, owner: nil)?.way)
    }

    private mutating func finish(
        _ life: Life, _ process: ProcessIdentity?, _ opened: CallStack?, _ offset: Int64, _ stack: (CallStack) -> String
    ) {
        guard let ending = life.ending else { return }
        ended[ending, default: 0] += 1
        leaks.remove(life.cookie)
        guard ending.isUnusual else { return }
        keep(LifeRow(life, reason: "\(ending.key)", process, stack: opened.map(stack) ?? "", at: life.ended, offset))
    }

    private mutating func keep(_ row: @autoclosure () -> LifeRow) {
        guard livesKept < Self.mostLives else { return livesLeftOut += 1 }
        livesKept += 1
        batch.lives.append(row())
    }

    private mutating func learn(_ snapshot: Snapshot) {
        // A look may leave out who holds what.
        guard !snapshot.processes.isEmpty else { return }
        let rows = snapshot.processes.map { ProcessRow($0) }
        batch.processes += rows.filter { !knownProcesses.contains($0.identity) }
        knownProcesses = Set(rows.map(\.identity))
    }

    mutating func add(_ gap: GapRow) { batch.gaps.append(gap) }

    /// Everything since the last time.
    /// - Parameters:
    ///   - minute: since 1970; the one that ends now.
    ///   - now: on the monotonic clock.
    mutating func closeMinute(
        _ minute: Int64, at now: UInt64, _ tracker: Tracker, offset: Int64, _ stack: (CallStack) -> String
    ) -> HistoryBatch {
        batch.minutes += minutes.close(minute, tracker)
        noteLeaks(at: now, tracker, offset, stack)
        if livesLeftOut > 0 {
            batch.gaps.append(
                GapRow(
                    from: minute * 60_000_000, to: (Int64(now) + offset) / 1000, kind: .overrun, count: livesLeftOut,
                    detail: "unusual lives beyond \(Self.mostLives) a minute"))
            livesLeftOut = 0
        }
        livesKept = 0
        return takeRows()
    }

    /// What came since the last time, but for the minute that goes on.
    mutating func takeRows() -> HistoryBatch {
        defer { batch = HistoryBatch() }
        return batch
    }

    /// A row that changes nothing: the history remembers when it was last written to, so that it is known afterwards until
    /// when a daemon ran.
    mutating func beat() {
        batch.processes.append(ProcessRow(ProcessIdentity(pid: OwnProcess.pid, command: "linger")))
    }

    /// Each leaked connection is written once, while it lives.
    private mutating func noteLeaks(at now: UInt64, _ tracker: Tracker, _ offset: Int64, _ stack: (CallStack) -> String)
    {
        let verdicts = tracker.leaks(at: now)
        guard !verdicts.isEmpty else { return leaks = [] }
        var found: [Life] = []
        let limits = Dictionary(verdicts.map { ($0.group, $0.limit) }, uniquingKeysWith: min)
        tracker.visit { life in
            guard life.state == .closeWait, !leaks.contains(life.cookie), let dwell = life.dwell(until: now),
                let group = tracker.group(of: life, owner: tracker.owner(of: life)), let limit = limits[group],
                dwell.nanoseconds > limit
            else { return }
            found.append(life)
        }
        for life in found {
            // Those beyond are written in a later minute.
            guard livesKept < Self.mostLives else { break }
            livesKept += 1
            leaks.insert(life.cookie)
            let opened = tracker.stack(of: life)
            batch.lives.append(
                LifeRow(life, reason: "leak", tracker.owner(of: life), stack: opened.map(stack) ?? "", at: now, offset))
        }
    }
}

extension LifeEnding {
    /// Worth keeping in full.
    fileprivate var isUnusual: Bool {
        switch self {
        case .resetByPeer, .resetHere, .refused, .timedOut, .unreachable, .destroyed, .noPort: true
        case .orderly, .abandoned, .orphaned, .stoppedListening, .unseen: false
        }
    }
}

extension LifeRow {
    /// - Parameters:
    ///   - time: when it ended, or was seen to live; monotonic.
    ///   - offset: to the wall clock, nanoseconds.
    fileprivate init(
        _ life: Life, reason: String, _ process: ProcessIdentity?, stack: String, at time: UInt64, _ offset: Int64
    ) {
        func wall(_ time: UInt64) -> Int64 { (Int64(bitPattern: time) &+ offset) / 1000 }
        self.init(
            reason: reason, cookie: life.cookie, namespace: life.namespace, local: life.local.description,
            remote: life.remote.description, isOutgoing: life.isOutgoing, process: process,
            descriptor: life.descriptor,
            states: (0..<Int(life.stateCount)).map { index in
                Entry(life.state(at: index), entered: life.entered(at: index).map(wall))
            },
            ended: wall(time), ending: life.ending.map { "\($0.key)" }, closedFirst: life.closedFirst?.rawValue,
            error: Int32(life.error), bytesAcked: life.bytesAcked, bytesReceived: life.bytesReceived,
            retransmissions: life.retransmissions, stack: stack, beganBefore: life.beganBefore,
            hasHoles: life.hasHoles)
    }
}
