import TCP
import Testing

/// Long random runs, beyond what can be explored whole: windows that close, many faults, all profiles.
@Suite struct ExplorationRunTests {
    @Test(arguments: Configuration.Profile.allCases, 0..<20)
    func `whatever happens on the way, both are closed in the end and all bytes have come`(
        _ profile: Configuration.Profile, _ seed: UInt64
    ) {
        if let failure = ExplorationRun(profile, seed: seed).failure() {
            Issue.record("\(profile), seed \(seed): \(failure)")
        }
    }

    @Test func `a run that fails is cut down to the events that matter`() throws {
        // "No end is ever in CLOSING", which is not so.
        let failures = (0..<100).lazy.compactMap { seed in
            ExplorationRun(.rfc, seed: seed) { $0.ends.contains { $0.state == .closing } ? "CLOSING" : nil }.failure()
        }
        let failure = try #require(failures.first)
        #expect(failure.hasPrefix("CLOSING after 8 events: "), "\(failure)")
        #expect(failure.contains("A shutdown"))
        #expect(failure.contains("B shutdown"))
    }
}

/// A list of events made from a seed.
struct ExplorationRun {
    private let rules: ExplorationWorld.Rules
    private var events: [ExplorationWorld.Event] = []
    private let check: (ExplorationWorld) -> String?

    /// - Parameter check: what must hold after each event, beside all that the world sees to itself.
    init(
        _ profile: Configuration.Profile, seed: UInt64, length: Int = 400,
        check: @escaping (ExplorationWorld) -> String? = { _ in nil }
    ) {
        var random = SeededRandom(seed: seed)
        var configuration = Configuration(profile)
        // Two segments fill it: windows close.
        configuration.receiveBufferSize = 2_000
        configuration.maximumSegmentSize = 1_000
        configuration.offersSACK = Bool.random(using: &random)
        configuration.offersTimestamps = Bool.random(using: &random)
        configuration.noDelay = Bool.random(using: &random)
        configuration.challengesPerSecond = 0
        rules = ExplorationWorld.Rules(
            configuration: configuration, faults: 40, sends: 30, size: .random(in: 1...1_500, using: &random),
            aborts: false)
        self.check = check
        var world = ExplorationWorld(rules)
        // Opened from one side or from both at once.
        let opening: [ExplorationWorld.Event] = [
            .call(Bool.random(using: &random) ? .openPassively : .openActively, 1), .call(.openActively, 0),
        ]
        for step in 0..<length {
            // They read to the end: `close` is for the way home of others.
            let all = world.events.filter { if case .call(.close, _) = $0 { false } else { true } }
            let open = all.filter { !Self.isShutdown($0) }
            let usual = open.filter { !$0.isFault }
            let choice = Int.random(in: 0..<100, using: &random)
            let some = choice < 80 && !usual.isEmpty ? usual : choice < 99 && !open.isEmpty ? open : all
            guard let event = step < 2 ? opening[step] : some.randomElement(using: &random) else { break }
            events.append(event)
            if world.perform(event) != nil || check(world) != nil { break }
        }
    }

    var count: Int { events.count }

    private static func isShutdown(_ event: ExplorationWorld.Event) -> Bool {
        if case .call(.shutdown, _) = event { true } else { false }
    }

    /// What does not hold, and the fewest events that show it; `nil` if all does.
    func failure() -> String? {
        guard var what = broken(events) else { return nil }
        var events = events
        var size = max(events.count / 2, 1)
        while true {
            var start = 0
            var isShorter = false
            while start < events.count {
                var fewer = events
                fewer.removeSubrange(start..<min(start + size, events.count))
                if let found = broken(fewer) {
                    (events, what, isShorter) = (fewer, found, true)
                } else {
                    start += size
                }
            }
            if size == 1, !isShorter { break }
            size = max(size / 2, 1)
        }
        return "\(what) after \(events.count) events: \(events.map(\.description).joined(separator: ", "))"
    }

    private func broken(_ events: [ExplorationWorld.Event]) -> String? {
        var world = ExplorationWorld(rules)
        for event in events {
            // Without what was cut out, it may not be possible any more.
            guard world.events.contains(event) else { continue }
            if let broken = world.perform(event) ?? check(world) { return broken }
        }
        if let broken = world.goHome(by: .shutdown) { return broken }
        guard world.ends.allSatisfy({ $0.wasEstablished && $0.ending == .orderly }) else { return nil }
        for index in 0...1 where world.ends[index].readable != world.ends[1 - index].written {
            return "\(world.ends[index].readable) of \(world.ends[1 - index].written) bytes have come"
        }
        return nil
    }
}
