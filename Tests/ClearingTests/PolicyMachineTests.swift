import Sockets
import Testing

@testable import Clearing

/// The state machine of a policy: tables of what it does look by look, and a sweep over all orders of what can come.
@Suite struct PolicyMachineTests {
    static let noon = LocalTime(weekday: 3, minute: 720)
    static let night = LocalTime(weekday: 3, minute: 60)

    /// Three connections at least for ten seconds, five a minute, twelve in all, quiet by night; armed at once.
    static func policy(_ change: (inout Policy) -> Void = { _ in }) throws -> Policy {
        let filter = try Filter(parsing: ["state close-wait"], resolver: .none)
        var policy = Policy(name: "leak", filter: filter, lasting: 10_000, perMinute: 5, inAll: 12)
        policy.least = 3
        policy.isDryRun = false
        policy.dryRunTime = 0
        policy.quiet = [try #require(QuietTime("00:00-06:00"))]
        change(&policy)
        return policy
    }

    static func cookies(_ count: Int, from first: UInt64 = 1) -> [UInt64] { (0..<UInt64(count)).map { first + $0 } }

    /// A look at second `second`; what was to be cleared is told to be done, and gone.
    private struct Course {
        var machine: PolicyMachine
        var refuses = false

        mutating func look(_ second: UInt64, _ matches: [UInt64], _ local: LocalTime = noon) -> [PolicyAction] {
            var actions: [PolicyAction] = []
            for action in machine.look(.init(now: second * 1000, local: local, matches: matches)) {
                actions.append(action)
                if case .clear(let chosen) = action {
                    actions += machine.acted(.init(count: refuses ? 0 : chosen.count, isRefused: refuses))
                }
            }
            return actions
        }
    }

    @Test("a connection is meant once it has matched for long enough, in every look since")
    func lasting() throws {
        var course = Course(machine: PolicyMachine(try Self.policy(), memory: nil, now: 0))
        #expect(course.look(0, [1, 2, 3]) == [])
        #expect(course.look(9, [1, 2, 3]) == [])
        // One was away for a look: it begins anew, and two are too few.
        #expect(course.look(10, [1, 2]) == [])
        #expect(course.look(12, [1, 2, 3]) == [])
        #expect(course.look(21, [1, 2, 3]) == [])
        #expect(course.look(22, [1, 2, 3, 4]) == [.found(3), .clear([1, 2, 3])])
    }

    @Test("fewer than the least are left alone, and a pile that has fallen below is over")
    func least() throws {
        var course = Course(machine: PolicyMachine(try Self.policy(), memory: nil, now: 0))
        #expect(course.look(0, [1, 2]) == [])
        #expect(course.look(60, [1, 2]) == [])
        #expect(course.look(61, [1, 2, 3]) == [])
        #expect(course.look(71, [1, 2, 3]) == [.found(3), .clear([1, 2, 3])])
        #expect(course.look(72, [7]) == [.recovered(cleared: 3)])
        #expect(course.look(73, []) == [])
    }

    @Test("no more a minute than it may, told once, and on when the minute is over")
    func minute() throws {
        var course = Course(machine: PolicyMachine(try Self.policy(), memory: nil, now: 0))
        let all = Self.cookies(9)
        #expect(course.look(0, all) == [])
        #expect(course.look(10, all) == [.found(9), .clear([1, 2, 3, 4, 5])])
        let rest = Array(all.dropFirst(5))
        #expect(course.look(20, rest) == [.heldBack(.minuteLimit)])
        #expect(course.look(30, rest) == [])
        #expect(course.look(69, rest) == [])
        #expect(course.look(70, rest) == [.clear(rest)])
        #expect(course.look(71, []) == [.recovered(cleared: 9)])
    }

    @Test("what was asked for and not done is not counted")
    func undone() throws {
        var machine = PolicyMachine(try Self.policy(), memory: nil, now: 0)
        let all = Self.cookies(5)
        _ = machine.look(.init(now: 0, local: Self.noon, matches: all))
        #expect(machine.look(.init(now: 10_000, local: Self.noon, matches: all)) == [.found(5), .clear(all)])
        #expect(machine.memory(at: 10_000).cleared == 5, "until it is known, it counts as done")
        #expect(machine.acted(.init(count: 2, isRefused: false)) == [])
        #expect(machine.memory(at: 10_000).cleared == 2)
        #expect(machine.look(.init(now: 11_000, local: Self.noon, matches: all)) == [.clear([1, 2, 3])])
    }

    @Test("one that would clear more than it may in all switches itself off, for good")
    func limit() throws {
        var course = Course(machine: PolicyMachine(try Self.policy { $0.perMinute = 100 }, memory: nil, now: 0))
        let all = Self.cookies(20)
        #expect(course.look(0, all) == [])
        #expect(course.look(10, all) == [.found(20), .clear(Self.cookies(12))])
        #expect(course.look(11, Self.cookies(8, from: 13)) == [.switchedOff(.limit)])
        #expect(course.machine.off == .limit)
        #expect(course.look(12, all) == [] && course.look(1000, all) == [])
        // A restart does not help, a changed policy does: it begins anew.
        let memory = course.machine.memory(at: 1_000_000)
        var again = Course(
            machine: PolicyMachine(try Self.policy { $0.perMinute = 100 }, memory: memory, now: 5_000_000))
        #expect(again.machine.off == .limit && again.look(6000, all) == [])
        let changed = PolicyMachine(try Self.policy { $0.inAll = 13 }, memory: memory, now: 5_000_000)
        #expect(changed.off == nil && changed.memory(at: 0).cleared == 0)
    }

    @Test("one whose pile comes back too often switches itself off; old returns are forgotten")
    func comebacks() throws {
        func run(_ apart: UInt64) throws -> [PolicyAction] {
            let policy = try Self.policy {
                $0.inAll = 1000
                $0.comebacks = 2
                $0.comebackTime = 3_600_000
            }
            var course = Course(machine: PolicyMachine(policy, memory: nil, now: 0))
            var all: [PolicyAction] = []
            for round in 0..<UInt64(5) {
                let start = round * apart
                let pile = Self.cookies(3, from: 1 + round * 10)
                all += course.look(start, pile) + course.look(start + 10, pile) + course.look(start + 100, [])
            }
            return all
        }
        let cleared: [PolicyAction] = [.found(3), .clear([1, 2, 3]), .recovered(cleared: 3)]
        let second: [PolicyAction] = [.found(3), .clear([11, 12, 13]), .recovered(cleared: 3)]
        #expect(try run(200) == cleared + second + [.found(3), .switchedOff(.cameBack)])
        #expect(try run(4000).count { if case .clear = $0 { true } else { false } } == 5)
    }

    @Test("returns are remembered over a restart")
    func comebackMemory() throws {
        let policy = try Self.policy { $0.comebacks = 1 }
        var course = Course(machine: PolicyMachine(policy, memory: nil, now: 0))
        _ = course.look(0, [1, 2, 3])
        #expect(course.look(10, [1, 2, 3]) == [.found(3), .clear([1, 2, 3])])
        #expect(course.look(20, []) == [.recovered(cleared: 3)])
        var again = Course(machine: PolicyMachine(policy, memory: course.machine.memory(at: 20_000), now: 900_000))
        #expect(again.look(900, [4, 5, 6]) == [])
        #expect(again.look(910, [4, 5, 6]) == [.found(3), .switchedOff(.cameBack)])
    }

    @Test("in quiet hours it finds and does not act, and acts when they are over")
    func quiet() throws {
        var course = Course(machine: PolicyMachine(try Self.policy(), memory: nil, now: 0))
        #expect(course.look(0, [1, 2, 3], Self.night) == [])
        #expect(course.look(10, [1, 2, 3], Self.night) == [.found(3), .heldBack(.quietTime)])
        #expect(course.look(20, [1, 2, 3], Self.night) == [])
        #expect(course.look(30, [1, 2, 3]) == [.clear([1, 2, 3])])
    }

    @Test("in dry run it names each connection once and clears none, however long it lasts")
    func dryRun() throws {
        var course = Course(machine: PolicyMachine(try Self.policy { $0.isDryRun = true }, memory: nil, now: 0))
        #expect(course.look(0, [1, 2, 3]) == [])
        #expect(course.look(10, [1, 2, 3, 4]) == [.found(3), .wouldClear([1, 2, 3])])
        #expect(course.look(20, [1, 2, 3, 4]) == [.wouldClear([4])])
        #expect(course.look(1_000_000, [1, 2, 3, 4]) == [])
        #expect(course.look(1_000_001, []) == [.recovered(cleared: 0)])
    }

    @Test("before its first act it has been in dry run for as long as it must, counted in looks and over restarts")
    func dryRunFirst() throws {
        let policy = try Self.policy { $0.dryRunTime = 600_000 }
        var course = Course(machine: PolicyMachine(policy, memory: nil, now: 0))
        #expect(course.look(0, [1, 2, 3]) == [])
        #expect(course.look(200, [1, 2, 3]) == [.found(3), .heldBack(.dryRunFirst), .wouldClear([1, 2, 3])])
        // Nobody looked for an hour: that is no time in dry run.
        #expect(course.look(3800, [1, 2, 3]) == [])
        #expect(course.machine.memory(at: 3_800_000).served == 200_000)
        // Over a restart, and by the same policy with dry-run: true.
        var dry = Course(
            machine: PolicyMachine(
                try Self.policy {
                    $0.dryRunTime = 600_000
                    $0.isDryRun = true
                }, memory: course.machine.memory(at: 3_800_000), now: 50_000_000))
        // The pile that was under way is over.
        #expect(dry.look(50_000, []) == [.recovered(cleared: 0)])
        #expect(dry.look(50_300, []) == [])
        var again = Course(machine: PolicyMachine(policy, memory: dry.machine.memory(at: 50_300_000), now: 90_000_000))
        #expect(again.machine.isDry)
        #expect(again.look(90_000, [1, 2, 3]) == [])
        #expect(again.look(90_099, [1, 2, 3]) == [.found(3), .heldBack(.dryRunFirst), .wouldClear([1, 2, 3])])
        #expect(again.look(90_100, [1, 2, 3]) == [.clear([1, 2, 3])])
        // A changed policy begins anew.
        let changed = try Self.policy {
            $0.dryRunTime = 600_000
            $0.least = 4
        }
        #expect(PolicyMachine(changed, memory: again.machine.memory(at: 0), now: 0).memory(at: 0).served == 0)
    }

    @Test("after refusals one after the other it switches itself off; a success between begins the count anew")
    func refusals() throws {
        var course = Course(machine: PolicyMachine(try Self.policy(), memory: nil, now: 0), refuses: true)
        #expect(course.look(0, [1, 2, 3]) == [])
        #expect(course.look(10, [1, 2, 3]) == [.found(3), .clear([1, 2, 3])])
        course.refuses = false
        #expect(course.look(11, [1, 2, 3]) == [.clear([1, 2, 3])])
        course.refuses = true
        #expect(course.look(100, [1, 2, 3]) == [.clear([1, 2, 3])])
        #expect(course.look(200, [1, 2, 3]) == [.clear([1, 2, 3])])
        #expect(course.look(300, [1, 2, 3]) == [.clear([1, 2, 3]), .switchedOff(.refused)])
        #expect(course.look(400, [1, 2, 3]) == [])
    }

    @Test("after a restart it clears nothing for a minute: what was cleared in the last one is not known")
    func restart() throws {
        var course = Course(machine: PolicyMachine(try Self.policy { $0.lasting = 0 }, memory: nil, now: 0))
        #expect(course.look(0, Self.cookies(9)) == [.found(9), .clear(Self.cookies(5))])
        let memory = course.machine.memory(at: 1000)
        var again = Course(machine: PolicyMachine(try Self.policy { $0.lasting = 0 }, memory: memory, now: 2000))
        let rest = Self.cookies(4, from: 6)
        // It is the same pile still.
        #expect(again.look(3, rest) == [.heldBack(.minuteLimit)])
        #expect(again.look(61, rest) == [])
        #expect(again.look(62, rest) == [.clear(rest)])
    }

    // MARK: All orders

    /// What can come at a look.
    enum Happening: CaseIterable {
        case large, small, none, largeByNight, largeAfterLong, refused, restarted
    }

    @Test("in every order of what can come, no bound is ever passed")
    func sweep() throws {
        let policies = [
            try Self.policy(), try Self.policy { $0.isDryRun = true }, try Self.policy { $0.dryRunTime = 30_000 },
            try Self.policy { $0.comebacks = 1 },
        ]
        let all = Happening.allCases
        for policy in policies {
            for number in 0..<(all.count * all.count * all.count * all.count) {
                var rest = number
                var order: [Happening] = []
                for _ in 0..<4 {
                    order.append(all[rest % all.count])
                    rest /= all.count
                }
                run(policy, [.large, .large] + order + [.large])
            }
        }
    }

    private func run(_ policy: Policy, _ order: [Happening]) {
        var machine = PolicyMachine(policy, memory: nil, now: 0)
        var now: UInt64 = 0
        var alive = Self.cookies(16)
        var seen: [UInt64: UInt64] = [:]
        var acts: [(at: UInt64, count: Int)] = []
        var isFound = false
        var wasOff = false
        // An expectation for each would take most of the time.
        var isWhole = true
        func expect(_ condition: Bool) { isWhole = isWhole && condition }
        for happening in order {
            now += happening == .largeAfterLong ? 60_000 : 10_000
            if happening == .restarted {
                machine = PolicyMachine(policy, memory: machine.memory(at: now), now: now)
                seen = [:]
            }
            let matches = happening == .none ? [] : happening == .small ? Array(alive.prefix(2)) : alive
            seen = Dictionary(matches.map { ($0, seen[$0] ?? now) }) { $1 }
            let local = happening == .largeByNight ? Self.night : Self.noon
            for action in machine.look(.init(now: now, local: local, matches: matches)) {
                expect(!wasOff)
                switch action {
                case .found:
                    expect(!isFound)
                    isFound = true
                case .recovered:
                    expect(isFound)
                    isFound = false
                case .wouldClear: expect(machine.isDry)
                case .heldBack: expect(isFound)
                case .switchedOff: wasOff = true
                case .clear(let chosen):
                    expect(isFound && !machine.isDry && local == Self.noon)
                    expect(chosen.allSatisfy { now - (seen[$0] ?? now) >= policy.lasting })
                    expect(matches.count >= policy.least)
                    let isRefused = happening == .refused
                    let done = isRefused ? 0 : chosen.count
                    if done > 0 { acts.append((now, done)) }
                    if !isRefused { alive.removeAll { chosen.contains($0) } }
                    let lastMinute = acts.filter { now - $0.at < 60_000 }.map(\.count).reduce(0, +)
                    expect(lastMinute <= policy.perMinute)
                    expect(acts.map(\.count).reduce(0, +) <= policy.inAll)
                    if machine.acted(.init(count: done, isRefused: isRefused)) != [] { wasOff = true }
                }
            }
            expect((machine.off != nil) == wasOff)
            expect(machine.memory(at: now).cleared == acts.map(\.count).reduce(0, +))
        }
        #expect(isWhole, "\(policy) \(order)")
    }
}
