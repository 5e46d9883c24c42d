import History
import Kernel
import Sockets
import TCP
import Watching

/// What the thread of the watch owns: the connections as they are now, and what is made of them. To be used on that thread.
final class WatchedHost {
    let live: LiveTracker
    /// When the first look was done, monotonic.
    private(set) var began: UInt64 = 0
    private(set) var lost = StreamCounts()
    /// Looks that were done.
    private(set) var looks: UInt64 = 0
    private let hand: @Sendable (HistoryBatch) -> Void
    private let look: @Sendable (Snapshot) -> Void
    private let stacks = StackTexts()
    private var recorder = Recorder()
    private var log = CountLog()
    private var labels: ProgramLabels
    private var time = TimeWatch(.now)
    /// When the first news of a turn came, monotonic.
    private var woke: UInt64?
    private var lastTurn = HostClock.monotonic
    private var nextMinute: UInt64 = 0

    private var nextBeat: UInt64 = 0

    private static let minute: UInt64 = 60_000_000_000
    private static let betweenBeats: UInt64 = 5_000_000_000

    /// - Parameters:
    ///   - programs: that have labels of their own in the metrics.
    ///   - hand: takes the history's rows.
    ///   - look: takes each look that was asked for: those in between may leave out who holds what.
    init(
        _ live: LiveTracker, programs: Int, hand: @escaping @Sendable (HistoryBatch) -> Void,
        look: @escaping @Sendable (Snapshot) -> Void
    ) {
        self.live = live
        self.hand = hand
        self.look = look
        labels = ProgramLabels(most: programs)
    }

    private var tracker: Tracker { live.tracker }

    // MARK: The thread's steps

    func begin() throws {
        look(try live.begin(take))
        began = HostClock.monotonic
        if case .snapshots(let limits) = live.way {
            let now = HostClock.wall / 1000
            recorder.add(
                GapRow(from: now, to: now, kind: .snapshotsOnly, detail: limits.refusal?.description ?? ""))
        }
        nextMinute = began + Self.untilMinuteEnds
        time = TimeWatch(.now)
        lastTurn = began
    }

    /// Waits up to so many milliseconds, and takes what comes.
    func turn(milliseconds: Int32, _ interruption: borrowing Interruption) throws {
        woke = nil
        try live.turn(milliseconds: milliseconds, interruption, take)
        settle()
    }

    func lookAgain() throws {
        look(try live.lookAgain(take))
        // A look takes as long as it takes: no sign that we were stopped.
        time = TimeWatch(.now)
        lastTurn = HostClock.monotonic
    }

    /// After a look that failed.
    func settle() {
        let reading = TimeWatch.Reading.now
        for gap in time.note(woke: woke ?? reading.monotonic, reading) { recorder.add(gap) }
        lastTurn = reading.monotonic
        // What is counted is what is there, the young too.
        if log.isDue(at: reading.monotonic) || reading.monotonic >= nextMinute { catchUp() }
        log.note(tracker, at: reading.monotonic)
        if reading.monotonic >= nextBeat {
            nextBeat = reading.monotonic + Self.betweenBeats
            recorder.beat()
        }
        if reading.monotonic >= nextMinute { closeMinute(reading) } else { hand(recorder.takeRows()) }
    }

    /// What has come until now is written.
    func finish() throws {
        try live.read(all: true, take)
        noteLosses(try live.counts())
        closeMinute(.now)
    }

    // MARK: News

    private func take(_ news: LiveTracker.News) {
        switch news {
        case .opening(let opening): stacks.note(opening)
        case .lost(let counts): noteLosses(counts)
        case .seen(let snapshot): if woke == nil { woke = snapshot.monotonic * 1_000_000 }
        case .looked: looks += 1
        case .transition, .tally, .over, .corrected: break
        }
        if woke == nil { woke = HostClock.monotonic }
        recorder.take(news, tracker, offset: offset, stacks.text)
    }

    private var offset: Int64 { lastOffset }
    private var lastOffset = HostClock.offset

    private func noteLosses(_ counts: StreamCounts) {
        let now = TimeWatch.Reading.now
        // The counts are read every other second at most.
        let from = (Int64(bitPattern: max(began, lastTurn - min(lastTurn, 2_000_000_000))) &+ now.offset) / 1000
        for (kind, count, before) in [
            (GapRow.Kind.lostTransitions, counts.lostTransitions, lost.lostTransitions),
            (.lostOpenings, counts.lostOpenings, lost.lostOpenings), (.missedRuns, counts.missedRuns, lost.missedRuns),
            (.undecoded, counts.undecoded, lost.undecoded),
        ] where count > before {
            recorder.add(GapRow(from: from, to: now.wall, kind: kind, count: Int64(clamping: count - before)))
        }
        lost = counts
    }

    // MARK: What is asked

    private func closeMinute(_ now: TimeWatch.Reading) {
        lastOffset = now.offset
        nextMinute = now.monotonic + Self.untilMinuteEnds
        // The one that has just ended: its last second is more ours than the next one's first.
        let minute = (now.wall - 1_000_000) / 60_000_000
        hand(recorder.closeMinute(minute, at: now.monotonic, tracker, offset: now.offset, stacks.text))
    }

    /// Nanoseconds.
    private static var untilMinuteEnds: UInt64 {
        minute - UInt64(clamping: max(0, HostClock.wall) % Int64(minute))
    }

    func recollection() -> Recollection {
        catchUp()
        return tracker.recollection(at: HostClock.monotonic, since: began, lost: lost.lost, counts: log) { stack in
            let frames = stacks.frames(of: stack)
            // The innermost ones are the C library's: the first of the program itself says more.
            let own = frames.first { $0.module.map { !$0.contains(".so") } ?? true } ?? frames.first
            return Recollection.Stack(place: own?.text ?? "", frames: frames.map(\.text))
        }
    }

    /// What is asked for is as it is now, of young connections too.
    private func catchUp() {
        // What fails here fails at the next turn, which tells.
        try? live.read(all: true, take)
    }

    func figures() -> WatchFigures {
        catchUp()
        var figures = WatchFigures()
        if let counts = try? live.counts() { figures.stream = counts }
        if case .snapshots = live.way { figures.isByLooks = true }
        figures.opened = recorder.opened
        figures.ended = recorder.ended
        figures.corrections = recorder.corrections
        figures.known = tracker.count
        figures.bytes = tracker.byteCount
        figures.leftOut = [
            ("openings", tracker.forgottenOpenings), ("owners", tracker.owners.leftOut),
            ("stacks", tracker.stacks.leftOut), ("dwell_groups", tracker.dwells.leftOut),
        ]
        var counts: [String: [Int]] = [:]
        tracker.visit { life in
            let command = (tracker.owner(of: life) ?? tracker.listener(of: life))?.command.escapedForTerminal
            counts[command ?? ProgramLabels.unknown, default: WatchFigures.zeros][Int(life.state.rawValue)] += 1
        }
        figures.connections = labels.largest(counts)
        tracker.dwells.visit { group, state, histogram in
            let key = WatchFigures.DwellKey(program: labels.lasting(group.command), state: state)
            figures.dwells[key, default: WatchFigures.Dwell()].add(histogram)
        }
        return figures
    }
}
