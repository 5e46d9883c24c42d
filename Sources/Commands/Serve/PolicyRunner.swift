import Clearing
import Kernel
import Sockets
import TCP

/// Runs the daemon's policies over each look. What a policy wants done is planned, checked, applied, looked for again and
/// written down exactly as `linger clear` does it, with every guard up.
struct PolicyRunner {
    private var machines: [PolicyMachine]
    private let memory: PolicyMemoryFile
    /// Where each act is written down, before it is done; what it throws keeps the act from being done.
    private let audit: ([UInt8]) throws(KernelError) -> Void
    private let tell: (PolicyEvent) -> Void
    /// As it stands in the file.
    private var remembered: [PolicyMemory]
    private var lastWrite: UInt64 = 0
    /// By policy: why it could not act when it tried last. Each look tries again, and the same reason is told once.
    private var failures: [String?]
    private var sightline = Sightline()
    /// What the last look could not see, and earlier ones could.
    private(set) var hindrance: Gap?
    /// Milliseconds; younger connections are left alone.
    var young = ClearRequest().young

    /// Seconds that a look after an act may wait, so that the next look of the daemon is not late.
    private static let wait = 2.0
    /// Milliseconds between two writings of nothing but time in dry run.
    private static let betweenWrites: UInt64 = 60_000

    /// - Parameters:
    ///   - old: the one before a reload: policies that have not changed go on in the middle of what they do.
    ///   - now: monotonic, milliseconds.
    ///   - audit: takes lines of the audit record (docs/clearing.md), to the disk.
    ///   - tell: gets what happened, for the log and for webhooks.
    /// - Throws: where the memory cannot be read.
    init(
        _ policies: [Policy], after old: PolicyRunner? = nil, memory: PolicyMemoryFile, now: UInt64,
        audit: @escaping ([UInt8]) throws(KernelError) -> Void, tell: @escaping (PolicyEvent) -> Void
    ) throws(Failure) {
        self.memory = memory
        self.audit = audit
        self.tell = tell
        let memories = try memory.read()
        machines = policies.map { policy in
            old?.machines.first { $0.policy == policy }
                ?? PolicyMachine(policy, memory: memories[policy.name], now: now)
        }
        failures = policies.map { _ in nil }
        sightline = old?.sightline ?? Sightline()
        remembered = policies.map { memories[$0.name] ?? PolicyMemory(fingerprint: "") }
    }

    /// The same file that `linger clear` writes; the history takes the lines from there.
    static func usualAudit() -> ([UInt8]) throws(KernelError) -> Void {
        { (bytes) throws(KernelError) in
            // Opened anew each time: it may have been rotated meanwhile.
            let file = try AppendFile(
                path: ClearAudit.usualPath, rotateAt: ClearAudit.largest, keep: ClearAudit.kept)
            try file.append(bytes)
        }
    }

    var isEmpty: Bool { machines.isEmpty }

    /// Policies that have switched themselves off, and why.
    var off: [(name: String, reason: PolicyAction.OffReason)] {
        machines.compactMap { machine in machine.off.map { (machine.policy.name, $0) } }
    }

    /// To be called after each look with holders, details of processes, and limits. A look that did not see all that
    /// earlier ones saw is passed over: what it does not show is not gone.
    /// - Parameter now: of the look, monotonic, milliseconds.
    mutating func run(_ snapshot: Snapshot, at now: UInt64, local: LocalTime = .now) {
        hindrance = sightline.hindrance(of: snapshot)
        guard hindrance == nil else { return }
        for place in machines.indices { run(place, snapshot, now, local) }
        remember(at: now, isUrgent: false)
    }

    private mutating func run(_ place: Int, _ snapshot: Snapshot, _ now: UInt64, _ local: LocalTime) {
        let policy = machines[place].policy
        let candidates = plan(policy, snapshot) { _ in true }.items.map(\.connection.cookie)
        let sight = PolicyMachine.Sight(now: now, local: local, matches: candidates)
        for action in machines[place].look(sight) {
            switch action {
            case .found(let count):
                // Of another pile it is told again why nothing is done.
                failures[place] = nil
                tell(.found(count), policy, snapshot)
            case .wouldClear(let cookies): tell(.wouldClear(cookies.count), policy, snapshot)
            case .heldBack(let reason): tell(.heldBack(reason.rawValue), policy, snapshot)
            case .switchedOff(let reason): tell(.switchedOff(reason), policy, snapshot)
            case .recovered(let cleared): tell(.recovered(cleared: cleared), policy, snapshot)
            case .clear(let cookies): clear(Set(cookies), place, snapshot, now)
            }
        }
    }

    /// To be called before another takes over, and at the end.
    mutating func end(at now: UInt64) {
        let memories = machines.map { $0.memory(at: now) }
        if memories != remembered { remember(at: now, isUrgent: true) }
    }

    // MARK: Acting

    /// What of the policy's matches could be cleared, and how.
    private func plan(_ policy: Policy, _ snapshot: Snapshot, _ isWanted: (UInt64) -> Bool) -> ClearPlan {
        let filter = policy.filter
        let states = filter.namesStates ? filter.states : filter.states.intersection(.connected)
        let prepared = filter.prepared(for: snapshot)
        let selected = snapshot.connections.indices.filter { index in
            let connection = snapshot.connections[index]
            return states.contains(connection.state) && isWanted(connection.cookie) && prepared.matches(connection)
        }
        var request = ClearRequest(level: policy.level)
        request.young = young
        request.own = .init(
            pid: Surroundings.processID, ancestors: Set(ProcessFacts.ownLine()), sshConnection: nil)
        return Planner(snapshot, request).plan(selected)
    }

    private mutating func clear(_ cookies: Set<UInt64>, _ place: Int, _ snapshot: Snapshot, _ now: UInt64) {
        let policy = machines[place].policy
        let plan = plan(policy, snapshot) { cookies.contains($0) }
        let (targets, planned) = (plan.targets, plan.items.count)
        let record = AuditRecord(
            arguments: CommandLine.arguments, sudoUser: nil, session: nil, source: "policy \(policy.name)")
        // First what it has cleared, then what it is going to do: after a crash it has cleared rather more than less.
        if let failure = remember(at: now, isUrgent: true)
            ?? attempt({ () throws(KernelError) in try audit(record.plan(plan)) })
        {
            _ = machines[place].acted(.init(count: 0, isRefused: false))
            return fail(failure, place, snapshot)
        }
        var pace = Pace()
        pace.wait = Self.wait
        let report = plan.apply(pace: pace) { (results) throws(KernelError) in
            try audit(record.acts(results, targets))
        }
        let unwritten = attempt { () throws(KernelError) in try audit(record.report(report)) }
        let refusal = report.results.lazy.compactMap { if case .refused(let error) = $0.outcome { error } else { nil } }
            .first
        let outcome = PolicyMachine.Acted(
            count: report.results.count { $0.outcome == .acted }, isRefused: refusal != nil)
        let actions = machines[place].acted(outcome)
        tell(
            .cleared(
                run: record.run, planned: planned, cleared: report.results.count(where: \.isCleared),
                refused: refusal?.description),
            policy, snapshot)
        for case .switchedOff(let reason) in actions { tell(.switchedOff(reason), policy, snapshot) }
        let forgotten = remember(at: now, isUrgent: true)
        if let failure = unwritten ?? forgotten { fail(failure, place, snapshot) } else { failures[place] = nil }
    }

    private mutating func fail(_ failure: KernelError, _ place: Int, _ snapshot: Snapshot) {
        let reason = failure.description
        if failures[place] != reason { tell(.failed(reason), machines[place].policy, snapshot) }
        failures[place] = reason
    }

    private func attempt(_ body: () throws(KernelError) -> Void) -> KernelError? {
        do throws(KernelError) { try body() } catch { return error }
        return nil
    }

    private func tell(_ what: PolicyEvent.What, _ policy: Policy, _ snapshot: Snapshot) {
        tell(
            PolicyEvent(
                policy: policy.name, filter: policy.filter.text, time: Surroundings.milliseconds, host: snapshot.host,
                what: what))
    }

    // MARK: Memory

    /// Writes down what the policies know, where it has changed.
    @discardableResult
    private mutating func remember(at now: UInt64, isUrgent: Bool) -> KernelError? {
        let memories = machines.map { $0.memory(at: now) }
        guard isWorthWriting(memories, at: now, isUrgent: isUrgent) else { return nil }
        do throws(KernelError) {
            try memory.write(zip(machines, memories).map { ($0.policy.name, $1) })
            remembered = memories
            lastWrite = now
            return nil
        } catch {
            return error
        }
    }

    private func isWorthWriting(_ memories: [PolicyMemory], at now: UInt64, isUrgent: Bool) -> Bool {
        if isUrgent { return true }
        guard memories != remembered else { return false }
        // Ages of comebacks grow by themselves.
        func lasting(_ memory: PolicyMemory) -> PolicyMemory {
            var memory = memory
            memory.served = 0
            memory.comebacks = memory.comebacks.map { _ in 0 }
            return memory
        }
        return memories.map(lasting) != remembered.map(lasting) || now &- lastWrite >= Self.betweenWrites
    }
}

extension LocalTime {
    static var now: LocalTime {
        let (weekday, minute) = Surroundings.localTime
        return LocalTime(weekday: weekday, minute: minute)
    }
}
