internal import Kernel

/// Level 6: SIGTERM, a time of grace, and SIGKILL only where it was asked for. Every holder of a shared socket is ended.
struct KillRemedy: Remedy {
    func apply(_ items: [ClearItem], _ context: RemedyContext) -> [ItemOutcome] {
        var outcomes = [ItemOutcome](repeating: .notTried, count: items.count)
        var done: [Int: ItemOutcome] = [:]
        for (place, item) in items.enumerated() {
            context.hooks.beforeChecks?(item)
            for holder in item.descriptors {
                if done[holder.target] == nil {
                    let outcome = end(item, holder, context.targets[holder.target], context.pace)
                    // It does not hold this one any more, but may hold the next.
                    if case .changed(let change) = outcome, change != .process {
                        outcomes[place] = outcomes[place].and(outcome)
                        continue
                    }
                    done[holder.target] = outcome
                }
                outcomes[place] = outcomes[place].and(done[holder.target] ?? .notTried)
            }
            if outcomes[place].isRefusal, !context.pace.keepsGoing { break }
        }
        return outcomes
    }

    private func end(
        _ item: ClearItem, _ holder: TargetDescriptor, _ target: Target, _ pace: Pace
    ) -> ItemOutcome {
        do throws(KernelError) {
            let process = try ProcessHandle(pid: target.pid, startTicks: target.startTicks)
            let socket = try process.duplicate(holder.descriptor)
            if let change = socket.change(from: item) { return .changed(change) }
            try process.signal(.terminate)
            if process.waitForEnd(milliseconds: Int32(clamping: Int(pace.grace * 1000))) { return .acted }
            guard pace.force else {
                return .refused(
                    KernelError(
                        call: "SIGTERM", subject: "pid \(target.pid)",
                        hint: "it has not ended within \(Int(pace.grace)) s; --force sends SIGKILL"))
            }
            try process.signal(.kill)
            if process.waitForEnd(milliseconds: 10_000) { return .acted }
            return .refused(
                KernelError(call: "SIGKILL", subject: "pid \(target.pid)", hint: "it has not ended within 10 s"))
        } catch {
            return error.outcome
        }
    }
}
