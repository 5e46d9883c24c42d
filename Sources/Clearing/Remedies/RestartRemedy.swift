internal import Kernel
internal import Sockets

/// Level 5: the systemd unit of each process is restarted, by systemctl(1).
struct RestartRemedy: Remedy {
    func apply(_ items: [ClearItem], _ context: RemedyContext) -> [ItemOutcome] {
        var outcomes = [ItemOutcome](repeating: .notTried, count: items.count)
        var done: [[String]: ItemOutcome] = [:]
        for (place, item) in items.enumerated() {
            context.hooks.beforeChecks?(item)
            for holder in item.descriptors {
                let target = context.targets[holder.target]
                guard let command = target.restartCommand else { continue }
                if done[command] == nil { done[command] = restart(item, holder, target, command) }
                outcomes[place] = outcomes[place].and(done[command] ?? .notTried)
            }
            if outcomes[place].isRefusal, !context.pace.keepsGoing { break }
        }
        return outcomes
    }

    /// The first connection of a unit is checked again; the others go with it.
    private func restart(
        _ item: ClearItem, _ holder: TargetDescriptor, _ target: Target, _ command: [String]
    ) -> ItemOutcome {
        do throws(KernelError) {
            let process = try ProcessHandle(pid: target.pid, startTicks: target.startTicks)
            let socket = try process.duplicate(holder.descriptor)
            if let change = socket.change(from: item) { return .changed(change) }
        } catch {
            return error.outcome
        }
        do throws(KernelError) {
            try Program.run(command)
            return .acted
        } catch {
            return .refused(error)
        }
    }
}

extension Target {
    /// `nil` where systemd does not run it by itself: no unit, or a container's runtime made it.
    package var restartCommand: [String]? {
        guard let unit, container == nil, unit.hasSuffix(".service") else { return nil }
        if let user = unitUser {
            // A user's manager listens in that user's runtime directory only (systemctl(1), --user).
            return [
                "sudo", "-u", "#\(user)", "XDG_RUNTIME_DIR=/run/user/\(user)", "systemctl", "--user", "restart", "--",
                unit,
            ]
        }
        return ["systemctl", "restart", "--", unit]
    }

    /// What a person runs for a container.
    package var containerCommand: String? {
        guard let container else { return nil }
        if container.pod != nil { return "kubectl delete pod …" }
        return switch container.runtime {
        case .docker: "docker restart \(container.id.prefix(12))"
        case .podman: "podman restart \(container.id.prefix(12))"
        case .containerd: "ctr tasks kill \(container.id)"
        case .crio: "crictl stop \(container.id.prefix(12))"
        case .lxc: "lxc-stop --reboot \(container.id)"
        case .nspawn: "machinectl reboot \(container.id)"
        case .unknown: nil
        }
    }
}
