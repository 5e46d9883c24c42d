package import Kernel
internal import Sockets
internal import TCP

extension ClearPlan {
    /// Acts on each connection of the plan, then looks for each again. The plan is used up.
    ///
    /// - Parameters:
    ///   - method: how the looks after are taken.
    ///   - record: gets the results of each batch, before the next one begins. What it throws ends the run.
    package consuming func apply(
        pace: Pace, hooks: ClearHooks = ClearHooks(), method: Look.Method = .auto,
        record: ([ItemResult]) throws(KernelError) -> Void
    ) -> ClearReport {
        let context = RemedyContext(targets: targets, namespaces: namespaces, pace: pace, hooks: hooks)
        var report = ClearReport(targets: targets)
        var start = 0
        while start < items.count {
            let begun = Surroundings.seconds
            let chunk = Array(items[start..<min(items.count, start + min(pace.chunk, items.count))])
            let outcomes = PhaseLog.shared.measure("act") { Self.act(on: chunk, context) }
            let results = zip(chunk, outcomes).map { ItemResult(item: $0, outcome: $1) }
            report.results += results
            start += chunk.count
            do throws(KernelError) { try record(results) } catch {
                report.stop = .notRecorded(error)
                break
            }
            if !pace.keepsGoing, results.contains(where: \.outcome.isRefusal) {
                report.stop = .refusal
                break
            }
            if start < items.count {
                Surroundings.sleep(seconds: begun + pace.length(of: chunk.count) - Surroundings.seconds)
            }
        }
        report.results += items[start...].map { ItemResult(item: $0, outcome: .notTried) }
        PhaseLog.shared.measure("look again") { report.look(namespaces, wait: pace.wait, method: method) }
        return report
    }

    /// One chunk, level by level, the gentlest first.
    private static func act(on items: [ClearItem], _ context: RemedyContext) -> [ItemOutcome] {
        var outcomes = [ItemOutcome](repeating: .notTried, count: items.count)
        for (level, places) in Dictionary(grouping: items.indices, by: { items[$0].level }).sorted(by: {
            $0.key < $1.key
        }) {
            let found = level.remedy.apply(places.map { items[$0] }, context)
            for (place, outcome) in zip(places, found) { outcomes[place] = outcome }
            if !context.pace.keepsGoing, found.contains(where: \.isRefusal) { break }
        }
        return outcomes
    }
}

/// What became of a plan.
package struct ClearReport: Sendable {
    package enum Stop: Sendable {
        /// Something was refused, and the run does not go on after that.
        case refusal
        /// The audit record could not be written.
        case notRecorded(KernelError)
    }

    package let targets: [Target]
    package internal(set) var results: [ItemResult] = []
    /// Why it ended before all was done.
    package internal(set) var stop: Stop?

    /// Everything that was planned is gone.
    package var isComplete: Bool { stop == nil && results.allSatisfy(\.isCleared) }

    init(targets: [Target]) { self.targets = targets }

    // MARK: Looking again

    /// Looks until every connection that was acted on is gone or the time is over. TIME_WAIT counts as gone where it was
    /// not that which was to be cleared: the connection has ended as it should.
    mutating func look(_ namespaces: [NetworkNamespace], wait: Double, method: Look.Method) {
        let end = Surroundings.seconds + wait
        var pause = 0.02
        while true {
            let states = Self.states(results, namespaces, method)
            for place in results.indices {
                let connection = results[place].item.connection
                guard let known = states[connection.namespace] else {
                    results[place].end = .unknown
                    continue
                }
                let state = known[connection.cookie]
                let isOver = state == nil || state == .closed || state == .timeWait && connection.state != .timeWait
                results[place].end = isOver ? .gone : state.map { .there($0) } ?? .unknown
            }
            let waits = results.contains { $0.outcome == .acted && $0.end != .gone }
            let left = end - Surroundings.seconds
            if !waits || left <= 0 { break }
            Surroundings.sleep(seconds: min(pause, left))
            pause = min(pause * 2, 1)
        }
        for place in results.indices {
            let item = results[place].item
            results[place].stillHeld = item.descriptors.filter { holder in
                item.connection.inode != 0
                    && ProcessFacts.socketInode(targets[holder.target].pid, holder.descriptor) == item.connection.inode
            }
        }
    }

    /// The states by cookie of every namespace that the results are in; none for one that could not be seen, an empty
    /// table for one that is gone, and everything in it.
    private static func states(
        _ results: [ItemResult], _ namespaces: [NetworkNamespace], _ method: Look.Method
    ) -> [UInt16: [UInt64: State]] {
        var wanted = Set(results.map(\.item.connection.namespace))
        var found: [UInt16: [UInt64: State]] = [:]
        while let index = wanted.popFirst() {
            var look = Look()
            look.namespaces = .inode(namespaces[Int(index)].inode)
            look.holders = false
            look.processDetails = false
            look.mptcp = false
            look.method = method
            let cookies = Set(
                results.lazy.filter { $0.item.connection.namespace == index }.map(\.item.connection.cookie))
            do throws(KernelError) {
                let snapshot = try Observer().look(look)
                guard !snapshot.gaps.contains(where: { $0.kind == .namespace }) else { continue }
                found[index] = [:]
                for connection in snapshot.connections where cookies.contains(connection.cookie) {
                    found[index]?[connection.cookie] = connection.state
                }
            } catch {
                if error.isAbsent { found[index] = [:] }
            }
        }
        return found
    }
}
