import Kernel
import Sockets
import TCP
import Watching

/// One run of `linger watch`: opens the stream, then looks, and shows what comes.
struct WatchRun {
    private let plan: WatchPlan
    private let live: LiveTracker
    private var tracker: Tracker { live.tracker }
    private var scope: WatchScope
    private var table: WatchTable
    private var json = WatchJSON()
    private let symbolizer = Symbolizer()
    /// Stacks that were looked up: most connections of a program are opened at few places.
    private var described: [CallStack: [StackFrame]] = [:]
    private var activity = Activity()
    private var lives: UInt64 = 0

    private static let mostDescribed = 4096

    /// Opens the stream.
    init(_ plan: WatchPlan) throws {
        self.plan = plan
        scope = WatchScope(plan)
        table = WatchTable(plan)
        live = try LiveTracker(plan.stream, look: plan.look)
    }

    mutating func run() throws {
        let interruption = try Interruption()
        var output = Output(messages: plan.messages)
        let began = HostClock.monotonic
        try begin(&output)
        let end = plan.duration.map { began + UInt64($0 * 1e9) }
        var nextTable = nextSummary(after: HostClock.monotonic)
        while !interruption.isPending, end.map({ HostClock.monotonic < $0 }) ?? true {
            table.offset = HostClock.offset
            json.offset = table.offset
            try live.turn(milliseconds: pause(until: end, nextTable), interruption) { try take($0, &output) }
            let now = HostClock.monotonic
            if let due = nextTable, now >= due {
                try live.read(all: true) { try take($0, &output) }
                try writeSummary(at: now, &output)
                activity = Activity()
                nextTable = nextSummary(after: due)
            }
            try output.flush()
        }
        // The end is checked too: what was missed in silence would show now.
        try live.lookAgain { try take($0, &output) }
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
        if plan.format == .ndjson { json.start(live.way, at: HostClock.monotonic, to: &output) }
        try output.flush()
        sayWay()
        let snapshot = try live.begin { try take($0, &output) }
        if plan.format == .ndjson {
            json.ready(snapshot, known: tracker.count, at: HostClock.monotonic, to: &output)
        }
        activity = Activity()
        try output.flush()
    }

    /// What this way of watching cannot see is said before anything is shown.
    private func sayWay() {
        switch live.way {
        case .bpf(let acceptFailure):
            if let acceptFailure { Notes.note(plan.messages.acceptsUnseen(acceptFailure.description)) }
        case .snapshots(let limits):
            Notes.note(plan.messages.bySnapshots(limits))
            if let error = limits.noticesFailure { Notes.note(plan.messages.withoutNotices(error.description)) }
            if plan.showsStacks { Notes.note(plan.messages.withoutStacks) }
        }
    }

    private mutating func finish(since began: UInt64, _ output: inout Output) throws {
        let counts = try live.counts()
        if case .summary = plan.shown {
            try writeSummary(at: HostClock.monotonic, &output)
        }
        let seconds = (HostClock.monotonic - began) / 1_000_000_000
        if plan.format == .ndjson {
            json.finish(counts, unseen: live.unseen, lives: lives, at: HostClock.monotonic, to: &output)
        }
        try output.flush()
        if plan.format == .table {
            Notes.note(plan.messages.watchEnd(counts, unseen: live.unseen, seconds: seconds, connections: lives))
        }
        if !counts.isComplete || live.unseen > 0 || live.way.missesEnds { throw ExitStatus.partlySeen }
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
        return first <= now ? 0 : Int32(min(UInt64(LiveTracker.pace), (first - now) / 1_000_000 + 1))
    }

    // MARK: News

    private mutating func take(_ news: LiveTracker.News, _ output: inout Output) throws {
        switch news {
        case .opening(let opening):
            // At once: the process may be gone when its connection ends.
            if !opening.frames.isEmpty {
                _ = frames(of: CallStack(process: opening.process, frames: opening.frames))
            }
            try show(opening, &output)
        case .transition(let step):
            if step.isNew, !step.life.beganBefore, step.life.state != .listen {
                activity.open(tracker.group(of: step.life, owner: step.owner ?? tracker.listener(of: step.life)))
            }
            if step.isFinished, step.life.state != .listen {
                lives += 1
                activity.close(tracker.group(of: step.life, owner: step.owner))
            }
            try show(step, &output)
        case .over(let life, let time, let basis): try end(life, at: time, basis: basis, &output)
        case .lost(let counts): tell(counts, &output)
        case .corrected(let result, let time):
            switch plan.format {
            case .table: Notes.note(plan.messages.corrected(result.unseen))
            case .ndjson: json.correction(result, at: time, to: &output)
            }
        case .seen(let snapshot): scope.learn(from: snapshot)
        // Was not asked for.
        case .tally: break
        case .looked: break
        }
        try output.flushIfLarge()
    }

    private mutating func tell(_ counts: StreamCounts, _ output: inout Output) {
        switch plan.format {
        case .table:
            if counts.lostNotices > 0 {
                Notes.note(plan.messages.lostNotices(counts.lostNotices))
            } else {
                Notes.note(plan.messages.lost(counts.lostTransitions + counts.missedRuns, counts.lostOpenings))
            }
        case .ndjson: json.gap(counts, at: HostClock.monotonic, to: &output)
        }
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
            guard step.transition.old != step.transition.new || step.transition.isBrief else { return }
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
