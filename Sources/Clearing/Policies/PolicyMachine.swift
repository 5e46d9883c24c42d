/// One policy from look to look: what it has seen, and what it may do now. Pure: it is told the time and what matches, and
/// returns what is to be done.
///
/// calm → found → calm, and from both to off, which only a changed policy leaves.
package struct PolicyMachine: Sendable {
    /// What a look showed.
    package struct Sight: Sendable {
        /// Monotonic, milliseconds.
        package var now: UInt64
        package var local: LocalTime
        /// The connections that match and could be cleared, by cookie, in the order in which they are to be.
        package var matches: [UInt64]

        package init(now: UInt64, local: LocalTime, matches: [UInt64]) {
            self.now = now
            self.local = local
            self.matches = matches
        }
    }

    /// What became of the connections of `PolicyAction.clear`.
    package struct Acted: Sendable {
        /// So many were acted on.
        package var count: Int
        package var isRefused: Bool

        package init(count: Int, isRefused: Bool) {
            self.count = count
            self.isRefused = isRefused
        }
    }

    private enum State: Sendable {
        case calm
        case found(Pile)
        case off(PolicyAction.OffReason)
    }

    /// A pile, from its finding to its end.
    private struct Pile: Sendable {
        var cleared = 0
        /// Named in dry run already.
        var named: Set<UInt64> = []
        var held: PolicyAction.HoldReason?
    }

    package let policy: Policy
    private var state: State
    /// When each connection was first seen to match, of those that match in every look since.
    private var since: [UInt64: UInt64] = [:]
    private var lastLook: UInt64?
    private var served: UInt64
    private var cleared: Int
    /// What was asked for by the last `clear`, and when, until `acted` says what became of it.
    private var asked: (count: Int, at: UInt64)?
    /// What was cleared in the last minute.
    private var spent: [(count: Int, at: UInt64)] = []
    private var comebacks: [UInt64]
    private var hasActed: Bool
    private var refusals = 0

    /// Between two looks so far apart nobody looked: that is no time in dry run.
    private static let longestStep: UInt64 = 300_000
    private static let minute: UInt64 = 60_000
    /// Refusals one after the other that switch it off.
    private static let mostRefusals = 3

    /// - Parameters:
    ///   - memory: from before; that of another policy counts for nothing.
    ///   - now: monotonic, milliseconds.
    package init(_ policy: Policy, memory: PolicyMemory?, now: UInt64) {
        self.policy = policy
        let memory = memory?.fingerprint == policy.fingerprint ? memory : nil
        // A pile that was under way is the same one still, or its end is told.
        state = memory?.off.map { .off($0) } ?? memory?.pile.map { .found(Pile(cleared: $0)) } ?? .calm
        served = memory?.served ?? 0
        cleared = memory?.cleared ?? 0
        comebacks = (memory?.comebacks ?? []).filter { $0 <= policy.comebackTime }.map { now &- min($0, now) }
        hasActed = memory?.hasActed ?? false
        // How much of it was in the last minute is not known: none of this one's is left.
        if cleared > 0 { spent = [(policy.perMinute, now)] }
    }

    /// To be kept before anything is done: what is asked for counts as done.
    package func memory(at now: UInt64) -> PolicyMemory {
        var memory = PolicyMemory(fingerprint: policy.fingerprint)
        memory.served = served
        memory.cleared = cleared
        memory.comebacks = comebacks.map { now &- min($0, now) }
        memory.hasActed = hasActed
        switch state {
        case .calm: break
        case .found(let pile): memory.pile = pile.cleared + (asked?.count ?? 0)
        case .off(let reason): memory.off = reason
        }
        return memory
    }

    package var off: PolicyAction.OffReason? { if case .off(let reason) = state { reason } else { nil } }

    /// It acts on nothing: by its own wish, or because its time in dry run is not over.
    package var isDry: Bool { policy.isDryRun || served < policy.dryRunTime }

    // MARK: Events

    package mutating func look(_ sight: Sight) -> [PolicyAction] {
        let meant = age(sight)
        switch state {
        case .off: return []
        case .calm:
            guard meant.count >= policy.least else { return [] }
            if hasActed {
                hasActed = false
                comebacks = comebacks.filter { sight.now &- $0 <= policy.comebackTime } + [sight.now]
                if comebacks.count >= policy.comebacks {
                    state = .off(.cameBack)
                    return [.found(meant.count), .switchedOff(.cameBack)]
                }
            }
            var pile = Pile()
            let actions = act(on: meant, &pile, sight)
            return [.found(meant.count)] + actions
        case .found(var pile):
            guard sight.matches.count >= policy.least else {
                state = .calm
                hasActed = pile.cleared > 0
                return [.recovered(cleared: pile.cleared)]
            }
            return act(on: meant, &pile, sight)
        }
    }

    /// After `PolicyAction.clear`.
    package mutating func acted(_ outcome: Acted) -> [PolicyAction] {
        guard let asked else { return [] }
        self.asked = nil
        // What was asked for and not done may be asked for again.
        let count = min(max(outcome.count, 0), asked.count)
        cleared -= asked.count - count
        if let place = spent.lastIndex(where: { $0.at == asked.at }) { spent[place].count = count }
        refusals = outcome.isRefused ? refusals + 1 : 0
        switch state {
        case .calm, .off: return []
        case .found(var pile):
            pile.cleared += count
            guard refusals < Self.mostRefusals else {
                state = .off(.refused)
                return [.switchedOff(.refused)]
            }
            state = .found(pile)
            return []
        }
    }

    // MARK: Parts

    /// How long each has matched; those that have for long enough.
    private mutating func age(_ sight: Sight) -> [UInt64] {
        if let lastLook, isDry, off == nil {
            let step = sight.now &- min(lastLook, sight.now)
            if step <= Self.longestStep { served += step }
        }
        lastLook = sight.now
        var seen: [UInt64: UInt64] = [:]
        seen.reserveCapacity(sight.matches.count)
        for cookie in sight.matches { seen[cookie] = since[cookie] ?? sight.now }
        since = seen
        return sight.matches.filter { sight.now &- (seen[$0] ?? sight.now) >= policy.lasting }
    }

    /// What may be done about a pile now. Leaves the state behind.
    private mutating func act(on meant: [UInt64], _ pile: inout Pile, _ sight: Sight) -> [PolicyAction] {
        defer { if off == nil { state = .found(pile) } }
        guard meant.count >= policy.least else { return [] }
        if isDry {
            let fresh = meant.filter { !pile.named.contains($0) }
            pile.named.formIntersection(sight.matches)
            pile.named.formUnion(fresh)
            return (policy.isDryRun ? [] : hold(.dryRunFirst, &pile)) + (fresh.isEmpty ? [] : [.wouldClear(fresh)])
        }
        if policy.quiet.contains(where: { $0.contains(sight.local) }) { return hold(.quietTime, &pile) }
        let left = policy.inAll - cleared
        guard left > 0 else {
            state = .off(.limit)
            return [.switchedOff(.limit)]
        }
        spent.removeAll { sight.now &- $0.at >= Self.minute }
        let room = policy.perMinute - spent.map(\.count).reduce(0, +)
        guard room > 0 else { return hold(.minuteLimit, &pile) }
        let chosen = Array(meant.prefix(min(left, room)))
        asked = (chosen.count, sight.now)
        spent.append((chosen.count, sight.now))
        cleared += chosen.count
        pile.held = nil
        return [.clear(chosen)]
    }

    private func hold(_ reason: PolicyAction.HoldReason, _ pile: inout Pile) -> [PolicyAction] {
        if pile.held == reason { return [] }
        pile.held = reason
        return [.heldBack(reason)]
    }
}
