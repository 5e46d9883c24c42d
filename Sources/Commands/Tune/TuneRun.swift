import Clearing
import Diagnosis
import Kernel
import Sockets

/// One run of `linger tune`: look, propose, show, and write where that was asked for.
struct TuneRun {
    private let command: TuneCommand
    private let common: Messages
    private let messages: TuneMessages

    init(_ command: TuneCommand) {
        self.command = command
        common = command.languageOptions.messages
        messages = TuneMessages(language: common.language)
    }

    func run() throws {
        let look = try FindingLook(command.observation, config: command.config, common)
        let findings = try chosen(among: look.findings)
        let pages = KernelSetting.memory.map { $0 / max(look.now.limits.pageSize ?? 4096, 1) }
        let plan = TunePlan(findings, in: look.now, memoryPages: pages) { name, namespace in
            Result { () throws(KernelError) in try KernelSetting.read(name, in: namespace) }
        }
        let page = TunePage(plan: plan, findings: findings, snapshot: look.now, file: command.file, messages: messages)
        let isPartial = look.now.gaps.contains(where: \.isPartial)
        if !command.json { try print(page.text(command.screenOptions.screen)) }
        if isPartial { Notes.note(ClearMessages(language: common.language).unseen) }
        var status: ExitStatus = isPartial ? .partlySeen : plan.changes.isEmpty ? .nothingToClear : .success
        var kept: String?
        if plan.changes.isEmpty {
            Notes.note(messages.nothingToTune)
        } else if command.apply {
            kept = try apply(plan)
            Notes.note(messages.applied(plan.changes.count, kept ?? ""))
            status = isPartial ? .partlySeen : .success
        } else if !command.json {
            Notes.note(messages.howToApply)
        }
        if command.json { try print(page.json(kept: kept, exitCode: status.rawValue)) }
        if status != .success { throw status }
    }

    private func chosen(among findings: [Finding]) throws(Failure) -> [Finding] {
        guard let name = command.finding, case .finding(let number, let kind) = ClearSelection(finding: name) else {
            return findings
        }
        // A kind may stand for several findings: settings of all of them are proposed.
        if number == nil, let kind, case let some = findings.filter({ $0.kind.rawValue == kind }), some.count > 1 {
            return some
        }
        return [
            try ClearSelection.choose(
                number, kind, among: findings, isUnattended: command.apply,
                ClearMessages(language: common.language))
        ]
    }

    private func apply(_ plan: TunePlan) throws -> String {
        let audit = try ClearAudit(command.auditOptions, ClearMessages(language: common.language))
        try audit.begin("tune", plan.changes.map { ($0.tunable.name, "\($0.before) → \($0.after)") })
        let kept: String
        do throws(TuneFailure) {
            kept = try plan.apply(file: command.file, keptIn: command.keptOptions.folder)
        } catch {
            let failure = messages.failure(error)
            try? audit.append { $0.note("tune_end", [("outcome", "nothing_changed"), ("detail", failure.message)]) }
            throw failure
        }
        do throws(KernelError) {
            try audit.append { $0.note("tune_end", [("outcome", "applied"), ("kept", kept)]) }
        } catch {
            Notes.note(ClearMessages(language: common.language).auditStopped(error.reason))
        }
        return kept
    }

    private func print(_ text: String) throws { try print(Array(text.utf8)) }

    private func print(_ bytes: [UInt8]) throws {
        var output = Output(messages: common)
        output.buffer.append(string: String(decoding: bytes, as: UTF8.self))
        try output.flush()
    }
}
