import Testing

@Suite("each rule on the real kernel")
struct RuleTests {
    // Some piles take seconds to stand: both methods look at the same one.
    @Test("a pile gives exactly its finding, with the right processes and connections", arguments: RuleCase.all)
    func pile(_ rule: RuleCase) throws {
        try Pile.with(rule.pile) { pile in
            for method in Linger.Method.allCases { try expectFinding(of: rule, in: pile, by: method) }
        }
    }

    @Test("its healthy neighbour gives none", arguments: RuleCase.all)
    func neighbour(of rule: RuleCase) throws {
        try Pile.with(rule.pile, healthy: true) { pile in
            for method in Linger.Method.allCases {
                let (outcome, report) = try Linger.doctor(in: pile, by: method, thresholds: rule.thresholds)
                #expect(report.findings.map(\.kind) == [], "\(outcome)")
                #expect(outcome.exit == .code(0), "\(outcome)")
                #expect(report.exitCode == 0)
            }
        }
    }

    @Test(
        "a leak over IPv6 and over IPv4 of a dual-stack socket is the same leak",
        arguments: [Pile.Family.ipv6, .mapped],
        Linger.Method.allCases)
    func leak(over family: Pile.Family, by method: Linger.Method) throws {
        try Pile.with("close-wait", family: family) { pile in
            try expectFinding(of: .named("close-wait"), in: pile, by: method)
        }
    }

    @Test("a leak of MPTCP connections is found", arguments: Linger.Method.allCases)
    func multipathLeak(by method: Linger.Method) throws {
        try Pile.with("close-wait", transport: .mptcp) { pile in
            try expectFinding(of: .named("close-wait"), in: pile, by: method)
        }
    }

    @Test("the filter of a finding lists exactly its connections", arguments: RuleCase.standing)
    func filter(of rule: RuleCase) throws {
        try Pile.with(rule.pile) { pile in
            let (outcome, report) = try Linger.doctor(in: pile, thresholds: rule.thresholds)
            let connections = try #require(report.findings.first?.connections, "\(outcome)")
            let filter = try #require(connections.filter, "\(outcome)")
            let rows = try ListRow.list(in: pile, [filter])
            #expect(rows.count == connections.count, "\(filter)")
        }
    }

    private func expectFinding(of rule: RuleCase, in pile: Pile, by method: Linger.Method) throws {
        let expected = try #require(pile.ready.finding)
        let (outcome, report) = try Linger.doctor(in: pile, by: method, thresholds: rule.thresholds)
        #expect(report.findings.map(\.kind) == [expected.kind], "\(outcome)")
        let finding = try #require(report.findings.first, "\(outcome)")
        #expect(finding.severity == rule.severity, "\(outcome)")
        #expect(finding.pids == expected.pids.sorted(), "\(outcome)")
        switch rule.count {
        case .exactly: #expect(finding.connections?.count == expected.count, "\(outcome)")
        case .atLeast(let count): #expect(finding.connections?.count ?? 0 >= count, "\(outcome)")
        case .any: break
        }
        if let port = expected.listener {
            #expect(finding.subject.listener?.hasSuffix(":\(port)") == true, "\(outcome)")
        }
        if let port = expected.destination {
            #expect(finding.subject.destination?.hasSuffix(":\(port)") == true, "\(outcome)")
        }
        let code: Int32 = rule.severity == "info" ? 0 : 1
        #expect(outcome.exit == .code(code), "\(outcome)")
        #expect(report.exitCode == code)
        #expect(report.gaps.filter(\.isPartial).map(\.kind) == [], "root sees everything: \(outcome)")
    }
}
