import Glibc
import Testing

/// A server on port 6800, two processes, the same sockets: both hold the listener and every connection over fork.
@Suite("two processes share a pile of CLOSE_WAIT on port 6800")
struct SharedSocketsTests {
    @Test(
        "each connection is listed once, with both holders and the same descriptor", arguments: Linger.Method.allCases)
    func list(by method: Linger.Method) throws {
        try Pile.with("close-wait-shared", count: 3) { pile in
            let rows = try ListRow.list(in: pile, by: method)
            let waiting = rows.filter { $0.state == "close_wait" }
            #expect(waiting.count == 3)
            for row in waiting {
                let holders = try #require(row.holders)
                #expect(holders.map(\.pid).sorted() == (pile.ready.finding?.pids ?? []).sorted())
                #expect(Set(holders.map(\.fd)).count == 1)
                #expect(row.local == "10.77.0.1:6800")
            }
        }
    }

    @Test("killing one of them releases nothing, and doctor says so before", arguments: Linger.Method.allCases)
    func killingOneIsUseless(by method: Linger.Method) throws {
        try Pile.with("close-wait-shared", count: 3) { pile in
            let rule = RuleCase.named("close-wait-shared")
            let before = try Linger.doctor(in: pile, by: method, thresholds: rule.thresholds)
            let finding = try #require(before.report.findings.first, "\(before.outcome)")
            #expect(finding.pids == (pile.ready.finding?.pids ?? []).sorted(), "\(before.outcome)")
            #expect(finding.causeKey == "close_wait_leak.shared", "\(before.outcome)")
            #expect(finding.subject.listener?.hasSuffix(":6800") == true, "\(before.outcome)")
            let kills = finding.remedies.compactMap(\.command).filter { $0.contains("kill ") }
            #expect(kills == ["kill \(finding.pids[0]) \(finding.pids[1])"], "one alone is useless: \(before.outcome)")

            let first = try #require(pile.ready.pids["server"])
            let second = try #require(pile.ready.pids["worker"])
            try end(first)
            let between = try ListRow.list(in: pile, by: method).filter { $0.state == "close_wait" }
            #expect(between.count == 3)
            #expect(between.allSatisfy { $0.holders?.map(\.pid) == [second] })

            try end(second)
            #expect(try ListRow.list(in: pile, by: method).isEmpty)
        }
    }

    /// Killed, and seen to be gone.
    private func end(_ pid: Int32) throws {
        let process = try #require(RunningProcess(pid: pid))
        #expect(kill(pid, SIGKILL) == 0)
        while process.isAlive { usleep(1000) }
    }
}
