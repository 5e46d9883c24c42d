internal import Kernel

/// Level 1: a copy of the descriptor, and shutdown(2) on it. One holder is enough: shutdown reaches the socket, not the
/// descriptor.
struct ShutdownRemedy: Remedy {
    func apply(_ items: [ClearItem], _ context: RemedyContext) -> [ItemOutcome] {
        var outcomes: [ItemOutcome] = []
        outcomes.reserveCapacity(items.count)
        for item in items {
            context.hooks.beforeChecks?(item)
            var outcome = ItemOutcome.changed(.process)
            for holder in item.descriptors {
                outcome = shut(item, holder, context.targets)
                if outcome == .acted { break }
            }
            outcomes.append(outcome)
            if case .refused = outcome, !context.pace.keepsGoing { break }
        }
        return outcomes + repeatElement(.notTried, count: items.count - outcomes.count)
    }

    private func shut(_ item: ClearItem, _ holder: TargetDescriptor, _ targets: [Target]) -> ItemOutcome {
        let target = targets[holder.target]
        do throws(KernelError) {
            let process = try ProcessHandle(pid: target.pid, startTicks: target.startTicks)
            // From here on it is this socket that is checked and shut, whatever becomes of the number.
            let socket = try process.duplicate(holder.descriptor)
            if let change = socket.change(from: item) { return .changed(change) }
            try socket.shutdown()
            return .acted
        } catch {
            return error.outcome
        }
    }
}
