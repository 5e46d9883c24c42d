internal import Kernel
internal import Sockets
internal import TCP

/// One level's way of acting. Each checks again, in the same moment, that it acts on what the plan saw.
protocol Remedy {
    /// - Returns: what became of each item, in order. A refusal may leave the items behind it `.notTried`.
    func apply(_ items: [ClearItem], _ context: RemedyContext) -> [ItemOutcome]
}

/// What a remedy needs beside the items.
struct RemedyContext: Sendable {
    var targets: [Target]
    var namespaces: [NetworkNamespace]
    var pace: Pace
    var hooks: ClearHooks
}

/// For tests: what happens between the plan and the act.
package struct ClearHooks: Sendable {
    /// Called before the checks of an item.
    package var beforeChecks: (@Sendable (ClearItem) -> Void)?

    package init(beforeChecks: (@Sendable (ClearItem) -> Void)? = nil) { self.beforeChecks = beforeChecks }
}

extension Level {
    var remedy: any Remedy {
        switch self {
        case .shutdown: ShutdownRemedy()
        case .destroy: DestroyRemedy()
        case .release: InsideRemedy(closes: false)
        case .close: InsideRemedy(closes: true)
        case .restart: RestartRemedy()
        case .kill: KillRemedy()
        }
    }
}

extension SocketHandle {
    /// Whether this is the socket that the item means, as the plan saw it.
    func change(from item: ClearItem) -> ItemOutcome.Change? {
        if item.connection.inode != 0, inode != item.connection.inode { return .descriptor }
        if cookie != item.connection.cookie { return .descriptor }
        return state == item.connection.state.rawValue ? nil : .state
    }
}

extension KernelError {
    /// What a failed reach for a process or a descriptor tells.
    var outcome: ItemOutcome {
        if isProcessGone { return .changed(.process) }
        return isDescriptorGone ? .changed(.descriptor) : .refused(self)
    }
}
