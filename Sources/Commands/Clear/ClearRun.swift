import Clearing
import Diagnosis
import Kernel
import Sockets
import TCP

/// One run of `linger clear`: look, plan, show, ask, apply, look again.
struct ClearRun {
    private let command: ClearCommand
    private let common: Messages
    private let messages: ClearMessages
    private let selection: ClearSelection

    init(_ command: ClearCommand, resolver: NameResolver = .host) throws {
        self.command = command
        common = command.languageOptions.messages
        messages = ClearMessages(language: common.language)
        selection = try Self.selection(command, common, messages, resolver)
        try Self.checkNumbers(command, messages)
        if command.yes, command.observation.replay != nil { throw Failure(.usage, messages.replayed) }
        if command.level == .close, !command.evenReuse { throw Failure(.usage, messages.reuse) }
    }

    private static func selection(
        _ command: ClearCommand, _ common: Messages, _ messages: ClearMessages, _ resolver: NameResolver
    ) throws(Failure) -> ClearSelection {
        if let finding = command.finding {
            guard command.filter.isEmpty else { throw Failure(.usage, messages.filterAndFinding) }
            return ClearSelection(finding: finding)
        }
        if command.filter.isEmpty, !command.evenEverything { throw Failure(.usage, messages.filterOrFinding) }
        let filter: Filter
        do {
            filter = try Filter(parsing: command.filter, resolver: resolver)
        } catch {
            throw Failure(.usage, error.message(language: common.language) + "\n" + error.marked)
        }
        if filter.couldMeanEverything, !command.evenEverything {
            throw Failure(.usage, messages.couldMeanEverything(filter.text))
        }
        return .filter(filter)
    }

    private static func checkNumbers(_ command: ClearCommand, _ messages: ClearMessages) throws(Failure) {
        func check(_ option: String, _ value: Int?, from least: Int) throws(Failure) {
            if let value, value < least { throw Failure(.usage, messages.badNumber(option, "≥ \(least)")) }
        }
        func check(_ option: String, _ value: Double) throws(Failure) {
            guard (0...86_400).contains(value) else { throw Failure(.usage, messages.badNumber(option, "0 … 86400")) }
        }
        try check("--limit", command.limit, from: 0)
        try check("--batch", command.batch, from: 1)
        try check("--per-second", command.perSecond, from: 1)
        try check("--every", command.every)
        try check("--wait", command.wait)
        try check("--grace", command.grace)
        try check("--young", command.young)
    }

    // MARK: From look to plan

    func run() throws {
        let (snapshot, selected) = try PhaseLog.shared.measure("look") { try look() }
        let plan = Planner(snapshot, request).plan(selected)
        let isPartial = snapshot.gaps.contains(where: \.isPartial)
        if !command.json { try print(ClearScreen(messages: messages, screen: command.screenOptions.screen).text(plan)) }
        if command.level == .restart { noteContainers(snapshot, selected) }
        if isPartial {
            let phrasebook = Phrasebook(language: common.language)
            for gap in snapshot.gaps where gap.isPartial { Notes.note(common.gapInShort(gap, phrasebook)) }
            Notes.note(messages.unseen)
        }
        guard !plan.items.isEmpty else {
            Notes.note(plan.left.isEmpty ? messages.noMatch : messages.nothingPlanned)
            try finish(plan, isPartial ? .partlySeen : .nothingToClear)
            return
        }
        guard try isAgreed() else {
            try finish(plan, isPartial ? .partlySeen : .success)
            return
        }
        try apply(plan, isPartial: isPartial)
    }

    /// A container is its runtime's to restart: what a person runs.
    private func noteContainers(_ snapshot: Snapshot, _ selected: [Int]) {
        let processes = Set(selected.flatMap { snapshot.holders(of: snapshot.connections[$0]).map { Int($0.process) } })
        let commands = processes.filter(snapshot.processes.indices.contains).compactMap {
            snapshot.processes[$0].containerCommand
        }
        for command in Set(commands).sorted() { Notes.note(messages.container(command.escapedForTerminal)) }
    }

    private var request: ClearRequest {
        var request = ClearRequest(level: command.level)
        request.limit = command.limit
        request.young = UInt32(command.young * 1000)
        let flags: [(Bool, Guard)] = [
            (command.evenEverything, .everything), (command.evenListeners, .listeners),
            (command.evenOwnSession, .ownSession), (command.evenOwnSockets, .ownSockets),
            (command.evenFirstProcess, .firstProcess), (command.evenYoung, .young), (command.evenReuse, .reuse),
        ]
        request.permits = Set(flags.filter(\.0).map(\.1))
        request.own = .init(
            pid: Surroundings.processID, ancestors: Set(ProcessFacts.ownLine()),
            sshConnection: Surroundings.variable("SSH_CONNECTION"))
        return request
    }

    private func look() throws -> (Snapshot, [Int]) {
        switch selection {
        case .filter(let filter):
            let observer = try command.observation.observer(common)
            var look = try command.observation.look(common)
            let states = filter.namesStates ? filter.states : filter.states.intersection(.connected)
            look.limits = filter.needsLimits
            look.states = states
            look.mptcp = false
            let snapshot = try command.observation.look(by: observer, look)
            let prepared = filter.prepared(for: snapshot)
            let selected = snapshot.connections.indices.filter {
                states.contains(snapshot.connections[$0].state) && prepared.matches(snapshot.connections[$0])
            }
            return (snapshot, selected)
        case .finding(let number, let kind):
            let look = try FindingLook(command.observation, config: command.config, common)
            let finding = try ClearSelection.choose(
                number, kind, among: look.findings, isUnattended: command.yes, messages)
            guard !finding.connections.isEmpty else {
                throw Failure(.usage, messages.noConnections(finding.kind.rawValue))
            }
            return (look.now, finding.connections)
        }
    }

    /// The user has said yes, before or now.
    private func isAgreed() throws -> Bool {
        if command.yes { return true }
        guard command.observation.replay == nil, !command.json, Surroundings.canAsk else {
            if !command.json { Notes.note(messages.howToApply) }
            return false
        }
        Notes.ask(messages.question)
        if Surroundings.readLine() == "yes" { return true }
        Notes.note(messages.notApplied)
        return false
    }

    private func finish(_ plan: borrowing ClearPlan, _ status: ExitStatus) throws {
        if command.json {
            let json = ClearJSON(plan, applied: false)
            try print(json.bytes(exitCode: status.rawValue))
        }
        if status != .success { throw status }
    }

    // MARK: Applying

    private func apply(_ plan: consuming ClearPlan, isPartial: Bool) throws {
        let audit = try ClearAudit(command.auditOptions, messages)
        let targets = plan.targets
        try audit.begin(plan)
        var json = ClearJSON(plan, applied: true)
        let report = plan.apply(pace: pace, method: command.observation.method) { (results) throws(KernelError) in
            try audit.append { $0.acts(results, targets) }
        }
        do throws(KernelError) { try audit.append { $0.report(report) } } catch {
            Notes.note(messages.auditStopped(error.reason))
        }
        let status = status(of: report, isPartial: isPartial)
        if command.json {
            json.add(report)
            try print(json.bytes(exitCode: status.rawValue))
        } else {
            try print(ClearScreen(messages: messages, screen: command.screenOptions.screen).text(report))
            if let path = audit.path { Notes.note(messages.audited(path.escapedForTerminal)) }
        }
        switch report.stop {
        case .refusal: Notes.note(messages.stopped)
        case .notRecorded(let error): Notes.note(messages.auditStopped(error.reason))
        case nil: break
        }
        if status != .success { throw status }
    }

    private var pace: Pace {
        var pace = Pace()
        pace.batch = command.batch
        pace.every = command.every
        pace.perSecond = command.perSecond
        pace.keepsGoing = command.keepGoing
        pace.wait = command.wait
        pace.grace = command.grace
        pace.force = command.force
        pace.usesPass = command.observation.method != .proc
        return pace
    }

    private func status(of report: ClearReport, isPartial: Bool) -> ExitStatus {
        if report.isComplete { return isPartial ? .partlySeen : .success }
        let isRefused = report.results.contains { result in
            if case .refused(let error) = result.outcome { error.isPermission } else { false }
        }
        // Nothing at all was done, for want of a privilege.
        return isRefused && !report.results.contains { $0.outcome == .acted } ? .notPermitted : .incomplete
    }

    private func print(_ text: String) throws { try print(Array(text.utf8)) }

    private func print(_ bytes: [UInt8]) throws {
        var output = Output(messages: common)
        output.buffer.append(string: String(decoding: bytes, as: UTF8.self))
        try output.flush()
    }
}
