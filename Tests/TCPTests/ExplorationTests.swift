import TCP
import Testing

/// Two machines against each other over a network with a few faults: every order of events.
@Suite struct ExplorationTests {
    /// The RFC's own way, with nothing in it that only makes it quicker.
    static var configuration: Configuration {
        var configuration = Configuration(.rfc)
        configuration.offersSACK = false
        configuration.offersTimestamps = false
        configuration.windowScale = nil
        configuration.delaysAcknowledgments = false
        configuration.noDelay = true
        configuration.challengesPerSecond = 0
        return configuration
    }

    struct Case: CustomTestStringConvertible {
        var testDescription: String
        var rules: ExplorationWorld.Rules
        /// Distinct joint states, and pairs of states: golden figures.
        var states: Int
        var pairs: Int
    }

    static let cases = [
        (0, 0, true), (0, 1, false), (1, 0, false), (1, 0, true), (2, 0, false), (1, 1, false),
    ].map { (f, s, a) in
        Case(
            testDescription: "\(f) \(s) \(a)",
            rules: ExplorationWorld.Rules(configuration: configuration, faults: f, sends: s, aborts: a), states: 0,
            pairs: 0)
    }

    @Test(.serialized, arguments: cases)
    func `no order of events leads to a pair that cannot be, or to one that never closes`(_ example: Case) {
        let t = ContinuousClock.now; let exploration = Exploration(example.rules); print(ContinuousClock.now - t)
        if let failure = exploration.failure { Issue.record("\(failure)") }
        print("\(example.testDescription): \(exploration.count) joint states, \(exploration.pairs.count) pairs")
        #expect(exploration.count == example.states)
        #expect(exploration.pairs.count == example.pairs)
        #expect(Set(exploration.pairs.map(\.left)) == Set(State.allCases))
    }
}

/// All joint states that can be reached, breadth first.
struct Exploration {
    struct Pair: Hashable {
        var left: State
        var right: State
    }

    private(set) var pairs: Set<Pair> = []
    private(set) var failure: String?
    /// Where each state came from, and by what.
    private var origins: [(from: Int, by: ExplorationWorld.Event?)] = []
    /// The state that follows on the way home; itself when it is over.
    private var homeward: [Int] = []

    var count: Int { origins.count }

    init(_ rules: ExplorationWorld.Rules) {
        explore(ExplorationWorld(rules))
        if failure == nil { checkWaysHome() }
    }

    private mutating func explore(_ start: ExplorationWorld) {
        var known = [ExplorationKey(start).value: 0]
        origins.append((0, nil))
        var frontier = [(0, start)]
        while !frontier.isEmpty, failure == nil {
            var next: [(Int, ExplorationWorld)] = []
            for (index, world) in frontier {
                pairs.insert(Pair(left: world.ends[0].state, right: world.ends[1].state))
                let wayHome = world.wayHome
                var home = index
                if wayHome == nil, !world.isOver { return fail(index, nil, "a deadlock") }
                for event in world.events {
                    var after = world
                    if let broken = after.perform(event) { return fail(index, event, broken) }
                    let key = ExplorationKey(after).value
                    let place: Int
                    if let found = known[key] {
                        place = found
                    } else {
                        place = origins.count
                        known[key] = place
                        origins.append((index, event))
                        next.append((place, after))
                    }
                    if event == wayHome { home = place }
                }
                // States are expanded in the order of their numbers.
                homeward.append(home)
                if wayHome != nil, home == index { return fail(index, wayHome, "goes nowhere") }
            }
            frontier = next
        }
    }

    /// Each way home ends: there are no circles.
    private mutating func checkWaysHome() {
        var ends = [Bool](repeating: false, count: homeward.count)
        for start in homeward.indices {
            var path: [Int] = []
            var index = start
            while !ends[index], homeward[index] != index {
                path.append(index)
                index = homeward[index]
                if path.count > homeward.count { return fail(start, nil, "never closes") }
            }
            ends[index] = true
            for place in path { ends[place] = true }
        }
    }

    private mutating func fail(_ index: Int, _ event: ExplorationWorld.Event?, _ what: String) {
        var path = event.map { [$0] } ?? []
        var index = index
        while let by = origins[index].by {
            path.append(by)
            index = origins[index].from
        }
        failure = "\(what) after: \(path.reversed().map(\.description).joined(separator: ", "))"
    }
}
