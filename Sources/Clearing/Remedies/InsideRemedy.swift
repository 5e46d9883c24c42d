internal import Kernel
internal import Sockets

/// Levels 3 and 4: the descriptor is replaced or closed by the process itself, which is stopped for it. Every holder of a
/// shared socket is treated, process by process.
struct InsideRemedy: Remedy {
    let closes: Bool

    /// How many are done while a process stands still: some milliseconds.
    private static let slice = 128

    private struct Step: Sendable {
        var item: ClearItem
        var place: Int
        var descriptor: Int32
    }

    func apply(_ items: [ClearItem], _ context: RemedyContext) -> [ItemOutcome] {
        var outcomes = [ItemOutcome](repeating: .notTried, count: items.count)
        var steps: [Int: [Step]] = [:]
        for (place, item) in items.enumerated() {
            for holder in item.descriptors {
                steps[holder.target, default: []].append(
                    Step(item: item, place: place, descriptor: holder.descriptor))
            }
        }
        for (target, all) in steps.sorted(by: { $0.key < $1.key }) {
            var start = 0
            while start < all.count {
                let some = Array(all[start..<min(start + Self.slice, all.count)])
                let found = act(on: context.targets[target], some, context)
                for (step, outcome) in zip(some, found) {
                    outcomes[step.place] = outcomes[step.place].and(outcome)
                }
                if !context.pace.keepsGoing, found.contains(where: \.isRefusal) { return outcomes }
                start += some.count
            }
        }
        return outcomes
    }

    private func act(on target: Target, _ steps: [Step], _ context: RemedyContext) -> [ItemOutcome] {
        let (closes, hooks, keepsGoing) = (closes, context.hooks, context.pace.keepsGoing)
        do throws(KernelError) {
            return try SignalShield.run {
                Self.run(target, steps, closes: closes, hooks: hooks, keepsGoing: keepsGoing)
            }
        } catch {
            return [error.outcome] + repeatElement(.notTried, count: steps.count - 1)
        }
    }

    private static func run(
        _ target: Target, _ steps: [Step], closes: Bool, hooks: ClearHooks, keepsGoing: Bool
    ) -> [ItemOutcome] {
        for step in steps { hooks.beforeChecks?(step.item) }
        var outcomes: [ItemOutcome] = []
        do throws(KernelError) {
            let process = try ProcessHandle(pid: target.pid, startTicks: target.startTicks)
            var frozen = try FrozenProcess(target.pid)
            // It may have called execve(2) or ended until it stood still: the number is still the same process's.
            _ = try ProcessHandle(pid: target.pid, startTicks: target.startTicks)
            for step in steps {
                let outcome = act(step, process, &frozen, closes: closes)
                outcomes.append(outcome)
                if outcome.isRefusal, !keepsGoing { break }
            }
            try frozen.finishReleasing()
        } catch {
            if outcomes.count < steps.count { outcomes.append(error.outcome) }
        }
        return outcomes + repeatElement(.notTried, count: steps.count - outcomes.count)
    }

    private static func act(
        _ step: Step, _ process: borrowing ProcessHandle, _ frozen: inout FrozenProcess, closes: Bool
    ) -> ItemOutcome {
        do throws(KernelError) {
            // Held until the end: so the process does not do the last close, which may wait (SO_LINGER).
            let socket = try process.duplicate(step.descriptor)
            if let change = socket.change(from: step.item) { return .changed(change) }
            guard frozen.socketInode(step.descriptor) == socket.inode else { return .changed(.descriptor) }
            if closes {
                try frozen.close(step.descriptor)
            } else {
                try frozen.release(step.descriptor, ipv6: step.item.connection.family == .ipv6)
            }
            _ = consume socket
            return .acted
        } catch {
            return error.outcome
        }
    }
}

extension ItemOutcome {
    /// Of one connection with several holders: acted only where all were; a refusal says more than a change.
    func and(_ other: ItemOutcome) -> ItemOutcome {
        switch (self, other) {
        case (.notTried, let one), (let one, .notTried): one
        case (.refused, _): self
        case (_, .refused): other
        case (.changed, _): self
        case (_, .changed): other
        case (.acted, .acted): .acted
        }
    }
}
