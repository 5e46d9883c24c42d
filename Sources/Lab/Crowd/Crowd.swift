internal import Kernel
internal import Sockets
internal import TCP

/// A pile that stands. It is gone with the value, with this process, or with `end`.
package final class Crowd {
    /// A process of it.
    package struct Process: Sendable, Hashable {
        package var role: String
        package var name: String
        package var pid: Int32
    }

    package let pile: CrowdPile
    package let promise: Promise
    package let count: Int
    package let processes: [Process]
    /// Ports of the listeners that are looked at.
    package let ports: [UInt16]
    private let stage: Stage
    private var isTicking = true
    /// Why it does not go on any more, until it is told.
    private var failure: String?
    private var known: Set<Int32> = []

    /// Makes it, and returns when the kernel shows what it promises.
    package init(_ pile: CrowdPile, _ options: CrowdOptions) throws(LabError) {
        if options.isHere, let reason = pile.ownNamespaceBecause {
            throw LabError("\(pile.name) cannot be made with --here", next: "leave it out: \(reason)")
        }
        if options.isHealthy, !pile.hasNeighbour {
            throw LabError(
                "\(pile.name) has no healthy neighbour", next: "leave --healthy out: nothing is wrong with it")
        }
        let count = options.count ?? pile.standardCount
        guard count > 0 else { throw LabError("--count \(count) makes no pile", next: "give at least 1") }
        stage = try Stage(options)
        self.pile = pile
        self.count = count
        do throws(LabError) {
            promise = try pile.make(stage, count)
        } catch {
            // What was made before it failed.
            stage.end()
            throw error
        }
        let own = stage.members.map { Process(role: $0.role, name: $0.name, pid: $0.pid) }
        processes = own + stage.sharing.map { Process(role: $0.role, name: $0.name, pid: $0.pid) }
        ports = stage.ownPorts.sorted()
    }

    /// `nil` with `--here`.
    package var namespaceInode: UInt64? { stage.namespaceInode }
    /// Made without privileges: it can be entered through its user namespace only.
    package var isInUserNamespace: Bool { stage.isInUserNamespace }
    package var peerNamespaceInode: UInt64? { stage.peerNamespaceInode }

    /// Lets go on what goes on in the pile: to be called ten times a second.
    /// - Returns: what a person should know, each thing once.
    package func tick() -> [String] {
        var news: [String] = []
        for member in stage.members where member.hasEnded && known.insert(member.pid).inserted {
            news.append("\(member.name) (pid \(member.pid)) has ended, and what only it held is gone")
        }
        // A process closes its pipe a moment before it can be seen to have ended: then that is the reason.
        if let failure, known.isEmpty { news.append(failure) }
        failure = nil
        guard isTicking, known.isEmpty else { return news }
        do throws(LabError) {
            try stage.onTick?()
        } catch {
            isTicking = false
            failure = error.description
        }
        return news
    }

    package func end() { stage.end() }
}
