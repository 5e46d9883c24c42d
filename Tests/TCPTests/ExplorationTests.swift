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
        // Without it a lost reset leaves an end there for ever, as a test below shows.
        configuration.finWait2Timeout = 60_000_000
        configuration.challengesPerSecond = 0
        return configuration
    }

    struct Case: CustomTestStringConvertible {
        var testDescription: String
        var rules: ExplorationWorld.Rules
        var depth = Int.max
        /// Distinct joint states, and pairs of states: golden figures.
        var states: Int
        var pairs: Int
    }

    /// Each end may be opened once, actively or passively, send once where it says so, read, shut down, close and abort,
    /// in every order. Without a depth these are all the states that there are.
    static let cases = [
        Case(
            testDescription: "no faults, aborts",
            rules: ExplorationWorld.Rules(configuration: configuration, faults: 0, sends: 0), states: 13_475, pairs: 54),
        Case(
            testDescription: "no faults, data both ways",
            rules: ExplorationWorld.Rules(configuration: configuration, faults: 0, aborts: false), states: 22_325,
            pairs: 54),
        Case(
            testDescription: "a fault",
            rules: ExplorationWorld.Rules(configuration: configuration, faults: 1, sends: 0, aborts: false),
            states: 21_322, pairs: 52),
        Case(
            testDescription: "two faults, data both ways, aborts",
            rules: ExplorationWorld.Rules(configuration: configuration, faults: 2), depth: 8, states: 102_936, pairs: 51
        ),
    ]

    @Test(arguments: cases)
    func `no order of events leads to a pair that cannot be, or to one that never closes`(_ example: Case) {
        let exploration = Exploration(example.rules, depth: example.depth)
        if let failure = exploration.failure { Issue.record("\(failure)") }
        print(
            "\(example.testDescription): \(exploration.count) joint states, \(exploration.pairs.count) pairs of states")
        #expect(exploration.count == example.states)
        #expect(exploration.pairs.count == example.pairs)
        if example.depth == .max { #expect(Set(exploration.pairs.map(\.left)) == Set(State.allCases)) }
    }

    @Test(arguments: [nil, 60_000_000] as [Microseconds?])
    func `a lost reset leaves FIN_WAIT_2 for ever where it has no timer`(_ timeout: Microseconds?) {
        var configuration = Self.configuration
        configuration.finWait2Timeout = timeout
        var world = ExplorationWorld(ExplorationWorld.Rules(configuration: configuration, faults: 1))
        let events: [ExplorationWorld.Event] = [
            .call(.openPassively, 1), .call(.openActively, 0), .arrive(1, at: 0), .arrive(0, at: 0), .arrive(1, at: 0),
            .call(.close, 0), .arrive(1, at: 0), .arrive(0, at: 0), .call(.abort, 1), .lose(0),
        ]
        for event in events {
            #expect(world.events.contains(event))
            #expect(world.perform(event) == nil)
        }
        #expect(world.ends[0].state == .finWait2)
        #expect(world.ends[1].state == .closed)
        #expect(world.goHome() == (timeout == nil ? "a deadlock" : nil))
        #expect(world.ends[0].state == (timeout == nil ? .finWait2 : .closed))
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

    /// - Parameter depth: so many events at most.
    init(_ rules: ExplorationWorld.Rules, depth: Int = .max) {
        explore(ExplorationWorld(rules), depth)
        if failure == nil { checkWaysHome() }
    }

    private mutating func explore(_ start: ExplorationWorld, _ depth: Int) {
        var known = [ExplorationKey(start).value: 0]
        origins.append((0, nil))
        var frontier = [(0, start)]
        var events = 0
        while !frontier.isEmpty {
            guard events < depth else { return checkFrontier(frontier) }
            events += 1
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

    /// What was not gone on with goes home all the same.
    private mutating func checkFrontier(_ frontier: [(Int, ExplorationWorld)]) {
        for (index, world) in frontier {
            pairs.insert(Pair(left: world.ends[0].state, right: world.ends[1].state))
            homeward.append(index)
            guard index % 16 == 0 else { continue }
            var world = world
            if let broken = world.goHome() { return fail(index, nil, broken) }
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
