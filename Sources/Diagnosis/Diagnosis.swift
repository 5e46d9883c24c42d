package import Sockets

/// From one or two looks at a host to what is wrong with its connections.
package enum Diagnosis {
    /// Every rule, in the order in which docs/findings.md tells of them.
    static let rules: [any Rule] = [
        CloseWaitRule(),
        AcceptQueueRule(),
        TimeWaitRule(),
        FinWait2Rule(),
        ClosingRule(),
        HandshakeRule(),
        DeadPeerRule(),
        ManyConnectionsRule(),
        DescriptorsRule(),
        HostLimitsRule(),
    ]

    /// The findings, worst first: by severity, then by what runs out first, then by the number of connections.
    ///
    /// - Parameters:
    ///   - before: an earlier look, for growth and rates; `nil` leaves them unknown.
    ///   - recollection: what a running daemon knows of the connections, for exact ages, growth over minutes, and the
    ///     programs' own past.
    package static func run(
        before: Snapshot?, now: Snapshot, recollection: Recollection? = nil, thresholds: Thresholds
    ) -> [Finding] {
        let evidence = Evidence(before: before, now: now, recollection: recollection, thresholds: thresholds)
        let found = rules.flatMap { $0.findings(in: evidence) }
        // `sorted` is stable: what is equal stays in the order of the rules.
        var sorted = found.sorted(by: isWorse)
        for place in sorted.indices.prefix(mostChecked) {
            sorted[place].filterIsExact = listsExactly(sorted[place], evidence)
        }
        return sorted
    }

    /// Each check goes over the connections once: with very many findings, the later ones are not claimed to be exact.
    private static let mostChecked = 32

    /// Tries the filter of a finding out: `and`s of a few conditions cannot say everything that a rule looks at.
    private static func listsExactly(_ finding: Finding, _ evidence: Evidence) -> Bool {
        guard let text = finding.filter, let filter = try? Filter(parsing: [text], resolver: .none) else {
            return false
        }
        let prepared = filter.prepared(for: evidence.now)
        // As `linger list` reads it.
        let states = filter.namesStates ? filter.states : filter.states.intersection(.connected)
        var count = 0
        for connection in evidence.now.connections
        where states.contains(connection.state) && prepared.matches(connection) {
            count += 1
            if count > finding.connections.count { return false }
        }
        return count == finding.connections.count
            && finding.connections.allSatisfy {
                states.contains(evidence.now.connections[$0].state) && prepared.matches(evidence.now.connections[$0])
            }
    }

    private static func isWorse(_ left: Finding, _ right: Finding) -> Bool {
        if left.severity != right.severity { return left.severity > right.severity }
        let ends = (left.forecast?.secondsLeft ?? .infinity, right.forecast?.secondsLeft ?? .infinity)
        if ends.0 != ends.1 { return ends.0 < ends.1 }
        return left.connections.count > right.connections.count
    }

    /// What the findings say together.
    package enum Outcome: Sendable, Equatable {
        /// Nothing, or only what looks alarming and is normal.
        case clean
        case findings(worst: Finding.Severity)
    }

    package static func outcome(of findings: [Finding]) -> Outcome {
        let worst = findings.map(\.severity).max()
        return if let worst, worst > .info { .findings(worst: worst) } else { .clean }
    }
}
