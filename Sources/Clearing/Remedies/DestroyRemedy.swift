internal import Kernel
internal import Sockets
internal import TCP

/// Level 2: the kernel drops the socket, found by its cookie. Many at once in one pass of an eBPF iterator, few (and the
/// small sockets of TIME_WAIT and SYN_RCVD) by netlink.
struct DestroyRemedy: Remedy {
    /// From so many on, loading the program (some 30 ms) is worth it.
    static let worthLoading = 64

    func apply(_ items: [ClearItem], _ context: RemedyContext) -> [ItemOutcome] {
        if let hook = context.hooks.beforeChecks { items.forEach(hook) }
        var outcomes = [ItemOutcome](repeating: .notTried, count: items.count)
        let byNamespace = Dictionary(grouping: items.indices, by: { items[$0].connection.namespace })
        for (namespace, places) in byNamespace.sorted(by: { $0.key < $1.key }) {
            let some = places.map { items[$0] }
            let pace = context.pace
            let found: [ItemOutcome]
            do throws(KernelError) {
                found = try NamespaceThread.run(in: context.namespaces[Int(namespace)]) {
                    destroy(some, pace)
                }
            } catch {
                found = [.refused(error)]
            }
            for (place, outcome) in zip(places, found) { outcomes[place] = outcome }
            if !pace.keepsGoing, found.contains(where: \.isRefusal) { break }
        }
        return outcomes
    }

    /// In the namespace of the calling thread.
    private func destroy(_ items: [ClearItem], _ pace: Pace) -> [ItemOutcome] {
        var outcomes = [ItemOutcome?](repeating: nil, count: items.count)
        if pace.usesPass, items.count >= Self.worthLoading, let pass = pass(over: items) {
            for (place, item) in items.enumerated() {
                outcomes[place] =
                    switch pass.outcome(of: item.connection.cookie) {
                    case .destroyed: .acted
                    case .otherState: .changed(.state)
                    // Netlink tells what the pass cannot: gone, or a small socket; and the reason of a refusal.
                    case .notMet, .refused: nil
                    }
            }
        }
        do throws(KernelError) {
            var destroyer = try SocketDestroyer()
            for place in items.indices where outcomes[place] == nil {
                let outcome = destroy(items[place], &destroyer)
                outcomes[place] = outcome
                if outcome.isRefusal, !pace.keepsGoing { break }
            }
        } catch {
            if let first = outcomes.firstIndex(of: nil) { outcomes[first] = .refused(error) }
        }
        return outcomes.map { $0 ?? .notTried }
    }

    /// `nil` where eBPF is refused or the kernel lacks the function: netlink takes over.
    private func pass(over items: [ClearItem]) -> DestroyPass? {
        do throws(KernelError) {
            let orders = items.map { ($0.connection.cookie, StateSet($0.connection.state)) }
            let pass = try PhaseLog.shared.measure("load destroy") { () throws(KernelError) in try DestroyPass(orders) }
            try PhaseLog.shared.measure("destroy") { () throws(KernelError) in try pass.run() }
            return pass
        } catch {
            return nil
        }
    }

    private func destroy(_ item: ClearItem, _ destroyer: inout SocketDestroyer) -> ItemOutcome {
        do throws(KernelError) {
            guard let now = try destroyer.find(item.connection) else { return .changed(.socket) }
            guard now.state == item.connection.state else { return .changed(.state) }
            return try destroyer.destroy(item.connection) ? .acted : .changed(.socket)
        } catch {
            return .refused(error)
        }
    }
}

extension ItemOutcome {
    var isRefusal: Bool { if case .refused = self { true } else { false } }
}
