import Kernel
import Sockets
import TCP
import Watching

/// One run of `linger watch`: opens the stream, then looks, brings both together, and shows what comes.
struct WatchRun {
    private let plan: WatchPlan
    private let stream: ConnectionStream
    private let tracker: Tracker
    private let observer: Observer
    private var scope: WatchScope
    private var table: WatchTable
    private var json = WatchJSON()
    private let symbolizer = Symbolizer()
    /// Stacks that were looked up: most connections of a program are opened at few places.
    private var described: [CallStack: [StackFrame]] = [:]
    private var activity = Activity()
    private var lives: UInt64 = 0
    /// As they were when a person was told.
    private var toldLosses = StreamCounts()

    /// How often the stream is read where little comes, milliseconds.
    private static let pace: Int32 = 50
    private static let mostDescribed = 4096
    /// Nanoseconds between two looks that correct what was lost.
    private static let betweenLooks: UInt64 = 2_000_000_000
    /// … and between two that look whether all is well.
    private static let betweenChecks: UInt64 = 60_000_000_000

    /// Opens the stream.
    init(_ plan: WatchPlan) throws {
        self.plan = plan
        var timeouts = Tracker.Timeouts()
        if let seconds = StreamPlace.finTimeout { timeouts.finWait2 = seconds * 1_000_000_000 }
        tracker = Tracker(timeouts: timeouts)
        observer = try Observer()
        scope = WatchScope(plan)
        table = WatchTable(plan)
        stream = try ConnectionStream(plan.stream)
    }

    mutating func run() throws {
        let interruption = try Interruption()
        var output = Output(messages: plan.messages)
        let began = HostClock.monotonic
        try begin(&output)
        if let error = stream.acceptFailure { Notes.note(plan.messages.acceptsUnseen(error.description)) }
        let end = plan.duration.map { began + UInt64($0 * 1e9) }
        var nextTable = nextSummary(after: HostClock.monotonic)
        var lastLook = HostClock.monotonic
        while !interruption.isPending, end.map({ HostClock.monotonic < $0 }) ?? true {
            stream.wait(milliseconds: pause(until: end, nextTable), interruption)
            let now = HostClock.monotonic
            table.offset = HostClock.offset
            json.offset = table.offset
            try read(&output)
            expire(now, &output)
            let newLosses = now - lastLook > Self.betweenLooks ? try newLosses() : nil
            if let newLosses { try tell(newLosses, &output) }
            // Now and then for what the stream cannot tell: small sockets that ended early.
            if newLosses != nil || now - lastLook > Self.betweenChecks {
                try look(&output)
                lastLook = HostClock.monotonic
            }
            if let due = nextTable, now >= due {
                try writeSummary(at: now, &output)
                activity = Activity()
                nextTable = nextSummary(after: due)
            }
            try output.flush()
        }
        try read(&output)
        try finish(since: began, &output)
    }

    // MARK: Beginning and end

    private mutating func begin(_ output: inout Output) throws {
        if plan.format == .table, plan.hasHeader {
            switch plan.shown {
            case .transitions: table.header(plan.messages.transitionTitles, to: &output)
            case .lives: table.header(plan.messages.lifeTitles, to: &output)
            case .summary: break
            }
        }
        if plan.format == .ndjson { json.start(at: HostClock.monotonic, to: &output) }
        try output.flush()
        let snapshot = try look(&output)
        if plan.format == .ndjson {
            json.ready(snapshot, known: tracker.count, at: HostClock.monotonic, to: &output)
        }
        activity = Activity()
        try output.flush()
    }

    private mutating func finish(since began: UInt64, _ output: inout Output) throws {
        let counts = try stream.counts()
        if case .summary = plan.shown {
            try writeSummary(at: HostClock.monotonic, &output)
        }
        let seconds = (HostClock.monotonic - began) / 1_000_000_000
        if plan.format == .ndjson { json.finish(counts, lives: lives, at: HostClock.monotonic, to: &output) }
        try output.flush()
        if plan.format == .table {
            Notes.note(plan.messages.watchEnd(counts, seconds: seconds, connections: lives))
        }
        if !counts.isComplete { throw ExitStatus.partlySeen }
    }

    private func writeSummary(at time: UInt64, _ output: inout Output) throws {
        let (described, symbolizer) = (described, symbolizer)
        let summary = WatchSummary(plan: plan, tracker: tracker, activity: activity) { stack in
            let frames = described[stack] ?? symbolizer.describe(stack.frames, of: stack.process)
            return StackFrame.place(of: frames)?.text ?? "-"
        }
        try summary.write(at: table.time(time), to: &output)
    }

    private func nextSummary(after time: UInt64) -> UInt64? {
        guard case .summary(let seconds) = plan.shown else { return nil }
        return time + UInt64(seconds * 1e9)
    }

    private func pause(until ends: UInt64?...) -> Int32 {
        let now = HostClock.monotonic
        let first = ends.compactMap { $0 }.min() ?? .max
        return first <= now ? 0 : Int32(min(UInt64(Self.pace), (first - now) / 1_000_000 + 1))
    }

    // MARK: The stream and looks

    private mutating func read(_ output: inout Output) throws {
        var pending: [StreamEvent] = []
        try stream.read { pending.append($0) }
        for event in pending { try take(event, &output) }
    }

    /// The stream goes on while the look does; then both are brought together.
    @discardableResult
    private mutating func look(_ output: inout Output) throws -> Snapshot {
        tracker.beginLook()
        let began = HostClock.monotonic
        var snapshot = try observer.look(plan.look)
        let ended = HostClock.monotonic
        scope.learn(from: snapshot)
        try read(&output)
        let bounds = plan.filter.bounds
        snapshot.connections.removeAll { !bounds.contains(local: $0.local.port, remote: $0.remote.port) }
        let isComplete = !snapshot.gaps.contains { gap in
            switch gap.kind {
            case .namespaces, .namespace, .interruptedDump, .records: true
            default: false
            }
        }
        var over: [Life] = []
        let result = tracker.reconcile(
            snapshot, began: began, ended: ended, isComplete: isComplete
        ) { over.append($0) }
        for life in over { try end(life, at: began, basis: "snapshot", &output) }
        // Whatever the reason: what was believed and was not so is said.
        if result.unseen > 0 {
            switch plan.format {
            case .table: Notes.note(plan.messages.corrected(result.unseen))
            case .ndjson: json.correction(result, at: ended, to: &output)
            }
        }
        return snapshot
    }

    /// The counts, where more was lost than was told.
    private func newLosses() throws -> StreamCounts? {
        let counts = try stream.counts()
        return counts.lost > toldLosses.lost ? counts : nil
    }

    private mutating func tell(_ counts: StreamCounts, _ output: inout Output) throws {
        toldLosses = counts
        switch plan.format {
        case .table: Notes.note(plan.messages.lost(counts.lostTransitions + counts.missedRuns, counts.lostOpenings))
        case .ndjson: json.gap(counts, at: HostClock.monotonic, to: &output)
        }
    }

    private mutating func take(_ event: StreamEvent, _ output: inout Output) throws {
        switch event {
        case .opening(let opening):
            // At once: the process may be gone when its connection ends.
            if !opening.frames.isEmpty {
                _ = frames(of: CallStack(process: opening.process, frames: opening.frames))
            }
            tracker.consume(opening)
            try show(opening, &output)
        case .transition(let transition):
            let step = tracker.consume(transition)
            if step.isNew, !step.life.beganBefore, step.life.state != .listen {
                activity.open(tracker.group(of: step.life, owner: step.owner ?? tracker.listener(of: step.life)))
            }
            if step.isFinished, step.life.state != .listen {
                lives += 1
                activity.close(tracker.group(of: step.life, owner: step.owner))
            }
            try show(step, &output)
        }
        try output.flushIfLarge()
    }

    /// Small sockets whose time is over.
    private mutating func expire(_ now: UInt64, _ output: inout Output) {
        guard plan.shown == .transitions else { return tracker.advance(to: now) { _ in } }
        var over: [(Life, ProcessIdentity?)] = []
        tracker.advance(to: now) { over.append(($0, nil)) }
        for (life, _) in over { showSmallEnd(life, at: now, basis: "timer", &output) }
    }

    private mutating func end(_ life: Life, at time: UInt64, basis: StaticString, _ output: inout Output) throws {
        if life.isSmall {
            if plan.shown == .transitions { showSmallEnd(life, at: time, basis: basis, &output) }
        } else if plan.shown == .lives, scope.wants(life, owner: nil, listener: nil) {
            lives += 1
            try show(life, owner: nil, stack: nil, &output)
        }
    }

    // MARK: Showing

    private mutating func show(_ step: Step, _ output: inout Output) throws {
        switch plan.shown {
        case .summary: return
        case .transitions:
            // That the kernel gave an orphan to a small socket is no change of state.
            guard step.transition.old != step.transition.new else { return }
            let listener = step.owner == nil ? tracker.listener(of: step.life) : nil
            guard scope.wants(step, listener: listener) else { return }
            let namespace = scope.name(ofNamespace: step.life.namespace)
            switch plan.format {
            case .table:
                table.transition(step, listener: listener, namespace: namespace, to: &output)
                // Who connects or listens is known at its first transition; who accepts has a line of its own.
                if step.isNew, let stack = step.stack { show(stack, &output) }
            case .ndjson:
                json.transition(step, listener: listener, namespace: namespace, stack: nil, to: &output)
            }
        case .lives:
            guard step.isFinished else { return }
            let listener = step.owner == nil ? tracker.listener(of: step.life) : nil
            guard scope.wants(step.life, owner: step.owner, listener: listener) else { return }
            try show(step.life, owner: step.owner, stack: step.stack, &output)
        }
    }

    private mutating func show(
        _ life: Life, owner: ProcessIdentity?, stack: CallStack?, _ output: inout Output
    ) throws {
        let namespace = scope.name(ofNamespace: life.namespace)
        switch plan.format {
        case .table:
            table.life(life, owner: owner, namespace: namespace, to: &output)
            if let stack { show(stack, &output) }
        case .ndjson:
            json.life(
                life, owner: owner, namespace: namespace, stack: stack.map { frames(of: $0) }, to: &output)
        }
    }

    private mutating func show(_ opening: Opening, _ output: inout Output) throws {
        guard plan.shown == .transitions, plan.format == .ndjson || plan.showsStacks else { return }
        let life = tracker.life(of: opening.cookie)
        guard scope.wants(opening, life) else { return }
        let namespace = scope.name(ofNamespace: opening.namespace)
        let stack = CallStack(process: opening.process, frames: opening.frames)
        switch plan.format {
        case .table:
            guard let life else { return }
            table.opening(opening, life, namespace: namespace, to: &output)
            show(stack, &output)
        case .ndjson:
            json.opening(opening, namespace: namespace, stack: frames(of: stack), to: &output)
        }
    }

    private mutating func show(_ stack: CallStack, _ output: inout Output) {
        // What no file is mapped at is no code: without frame pointers the last addresses are chance.
        let frames = frames(of: stack)
        let code = frames.prefix { $0.module != nil || $0.symbol != nil }
        table.stack((code.isEmpty ? frames.prefix(1) : code).map(\.text), runtime(of: stack), to: &output)
    }

    private mutating func frames(of stack: CallStack) -> [StackFrame] {
        if let known = described[stack] { return known }
        if described.count >= Self.mostDescribed { described = [:] }
        let frames = symbolizer.describe(stack.frames, of: stack.process)
        described[stack] = frames
        return frames
    }

    private func runtime(of stack: CallStack) -> String? {
        symbolizer.runtime(of: stack.process).map(plan.messages.runtime)
    }

    private mutating func showSmallEnd(_ life: Life, at time: UInt64, basis: StaticString, _ output: inout Output) {
        guard scope.wants(life, owner: nil, listener: nil) else { return }
        let namespace = scope.name(ofNamespace: life.namespace)
        switch plan.format {
        case .table: table.smallEnd(life, owner: nil, at: time, namespace: namespace, to: &output)
        case .ndjson:
            json.smallEnd(life, owner: nil, at: time, basis: basis, namespace: namespace, to: &output)
        }
    }
}
