import Foundation
import Testing

@Suite("the piles themselves")
struct PileTests {
    @Test("ss sees the states that a pile promises", arguments: RuleCase.all, [false, true])
    func states(of rule: RuleCase, healthy: Bool) throws {
        try Pile.with(rule.pile, healthy: healthy) { pile in
            let seen = Dictionary(grouping: try SocketStatistics.look(in: pile).values, by: \.state).mapValues(\.count)
            for (state, promised) in pile.ready.states {
                let count = seen[state] ?? 0
                if case .atLeast(let least) = rule.count, !healthy, state != "listen" {
                    #expect(count >= least, "\(state)")
                } else {
                    #expect(count == promised, "\(state)")
                }
            }
        }
    }

    @Test("a pile goes with the process that made it, killed or not")
    func killed() throws {
        let left = try Pile.with("close-wait-shared") { $0.kill() }
        #expect(left.isEmpty)
    }

    @Test("a namespace of a pile has no name that could outlive it")
    func anonymous() throws {
        try Pile.with("close-wait-shared") { pile in
            let mounts = try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
            #expect(!mounts.contains("net:[\(pile.ready.netnsInode)]"))
            #expect(!mounts.contains("net:[\(pile.ready.peerNetnsInode)]"))
        }
    }
}
