import Kernel
import Sockets
import Watching

/// The connections of a host as they are now, and what becomes of them: the stream and looks brought together.
///
/// The stream is open before the first look, and goes on while the host is looked at. A look follows where something was
/// lost, and once a minute; where eBPF is refused, looks are the stream (`way`). To be used on one thread; a class, so
/// that whoever is told can ask.
final class LiveTracker {
    enum News {
        /// Who opened a socket. The tracker knows it already.
        case opening(Opening)
        case transition(Step)
        /// Whole ordinary connections, counted together; only where that is asked for.
        case tally(CourseTally)
        /// A small socket (TIME_WAIT, an orphan's FIN_WAIT_2) is over, or a look ended a life whose end was not seen.
        case over(Life, at: UInt64, basis: StaticString)
        /// More was lost than was told before; a look follows.
        case lost(StreamCounts)
        /// A look found other than the stream had told.
        case corrected(Reconciliation, at: UInt64)
        /// A look is done. What the stream told meanwhile comes next. Looks that are the stream mostly leave out who holds
        /// what.
        case seen(Snapshot)
        /// The look and the tracker are brought together. The first one is the beginning: all that was there is known.
        case looked(Snapshot)
    }

    /// How often to take a turn where little comes, milliseconds.
    static let pace: Int32 = 50
    /// Nanoseconds between two looks that correct what was lost.
    private static let betweenLooks: UInt64 = 2_000_000_000
    /// … and between two that look whether all is well.
    private static let betweenChecks: UInt64 = 60_000_000_000

    let tracker: Tracker
    private let source: any TransitionSource
    private let observer: Observer
    private let look: Look
    private let bounds: Filter.Bounds
    /// Ordinary connections that are told as a whole are counted together.
    private let tallies: Bool
    /// Others go first, as long as the buffer has room; `nil` where somebody waits for what is told.
    private var courtesy: Courtesy?
    /// As they were when they were told.
    private var toldLosses = StreamCounts()
    /// Lives that a look found over or changed without the stream telling.
    private var corrected: UInt64 = 0
    /// When all was well: at the beginning, and after the last look that checked it.
    private var lastCheck: UInt64 = 0
    /// Small sockets are ended by their timers so long after: nothing is waited for where only timers tell; where looks
    /// do, they know better, for the kernel's own timers of a minute are up to seconds late.
    private let patience: UInt64

    /// Opens the stream: from here on what it can see is not missed.
    /// - Parameters:
    ///   - look: what the looks show; the same namespaces and families as the stream.
    ///   - isDaemon: ordinary connections that the kernel tells as a whole are counted together, and not told transition by
    ///     transition; and this thread, which must be the one that uses the value, lets others go first where it has time.
    init(_ stream: StreamOptions, look: Look, isDaemon: Bool = false) throws {
        // With stacks nothing is told as a whole.
        tallies = isDaemon && !stream.stacks
        courtesy = isDaemon ? Courtesy() : nil
        var timeouts = Tracker.Timeouts()
        if let seconds = StreamPlace.finTimeout { timeouts.finWait2 = seconds * 1_000_000_000 }
        tracker = Tracker(timeouts: timeouts)
        observer = try Observer()
        bounds = stream.bounds
        source = try stream.open(look)
        var look = look
        switch source.way {
        case .bpf: patience = 0
        case .snapshots(let limits):
            look.method = .proc
            look.memory = false
            patience = 10_000_000_000 + 10 * limits.every
        }
        self.look = look
    }

    /// By eBPF or by repeated looks, and what that cannot see.
    var way: StreamWay { source.way }

    /// Transitions that were missed though nothing was counted as lost, as far as that shows: in the next transition of the
    /// same connection, or in a look.
    var unseen: UInt64 { tracker.skips + corrected }

    /// What was told so far, and what was lost.
    func counts() throws -> StreamCounts { try source.counts() }

    /// The first look. Returns what it saw.
    @discardableResult
    func begin(_ take: (News) throws -> Void) throws -> Snapshot { try lookAgain(take) }

    /// Waits up to so many milliseconds; then tells what came, and looks where that is needed.
    func turn(
        milliseconds: Int32, _ interruption: borrowing Interruption, _ take: (News) throws -> Void
    ) throws {
        courtesy?.set(!source.isPressed)
        source.wait(milliseconds: milliseconds, interruption)
        let now = HostClock.monotonic
        try read(take)
        // All else holds up the next read.
        courtesy?.set(false)
        try expire(now, take)
        let newLosses = now - min(now, lastCheck) > Self.betweenLooks ? try newLosses() : nil
        if let newLosses {
            toldLosses = newLosses
            try take(.lost(newLosses))
        }
        // Now and then for what the stream cannot tell: small sockets that ended early.
        if newLosses != nil || now - min(now, lastCheck) > Self.betweenChecks {
            try lookAgain(take)
        } else if source.needsLook(at: now) {
            _ = try look(.sockets, take)
        }
    }

    /// Tells what waits now.
    /// - Parameter all: young connections too, that the kernel would tell of later.
    func read(all: Bool = false, _ take: (News) throws -> Void) throws {
        var pending: [StreamEvent] = []
        var waiting: Set<UInt64> = []
        try source.read(all: all) { event in
            if tallies {
                // Most are ordinary connections as a whole: done at once, but where something of the same socket waits.
                if case .course(let course) = event, !waiting.contains(course.cookie), tracker.consume(course) {
                    return
                }
                waiting.insert(event.cookie)
            }
            pending.append(event)
        }
        for event in pending { try tell(event, take) }
        let tally = tracker.takeTally()
        if !tally.isEmpty { try take(.tally(tally)) }
    }

    private func tell(_ event: StreamEvent, _ take: (News) throws -> Void) throws {
        switch event {
        case .course(let course):
            for event in course.events { try tell(event, take) }
        case .opening(let opening):
            tracker.consume(opening)
            try take(.opening(opening))
        case .transition(let transition):
            try take(.transition(tracker.consume(transition)))
        }
    }

    /// Looks now. The stream goes on meanwhile; then both are brought together.
    @discardableResult
    func lookAgain(_ take: (News) throws -> Void) throws -> Snapshot {
        let snapshot = try look(.holders, take)
        lastCheck = HostClock.monotonic
        return snapshot
    }

    private func look(_ asked: LookDepth, _ take: (News) throws -> Void) throws -> Snapshot {
        var depth = asked
        // What a look by itself could not tell apart from what comes while it goes on.
        try read(take)
        tracker.beginLook()
        var began = HostClock.monotonic
        var snapshot = try observer.look(at(depth))
        if depth == .sockets, source.needsHolders(snapshot, at: began) {
            depth = .holders
            try read(take)
            tracker.beginLook()
            began = HostClock.monotonic
            snapshot = try observer.look(at(depth))
        }
        let ended = HostClock.monotonic
        snapshot.connections.removeAll { !bounds.contains(local: $0.local.port, remote: $0.remote.port) }
        try take(.seen(snapshot))
        let doubtful = source.take(snapshot, began: began, ended: ended, depth)
        try read(all: true, take)
        var over: [Life] = []
        let result = tracker.reconcile(snapshot, began: began, ended: ended, sparing: doubtful) { over.append($0) }
        for life in over { try take(.over(life, at: began, basis: "snapshot")) }
        // Whatever the reason: what was believed and was not so is said.
        if result.unseen > 0 {
            corrected += UInt64(result.unseen)
            try take(.corrected(result, at: ended))
        }
        try take(.looked(snapshot))
        return snapshot
    }

    private func at(_ depth: LookDepth) -> Look {
        var look = look
        if depth == .sockets {
            look.holders = false
            look.processDetails = false
        }
        return look
    }

    /// Small sockets whose time is over.
    private func expire(_ now: UInt64, _ take: (News) throws -> Void) throws {
        var over: [Life] = []
        tracker.advance(to: now - min(now, patience)) { over.append($0) }
        for life in over { try take(.over(life, at: now, basis: "timer")) }
    }

    /// The counts, where more was lost than was told.
    private func newLosses() throws -> StreamCounts? {
        let counts = try source.counts()
        return counts.lost > toldLosses.lost ? counts : nil
    }
}
