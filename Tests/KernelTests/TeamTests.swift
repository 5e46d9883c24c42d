import Synchronization
import Testing

@testable import Kernel

@Suite("work that several threads share")
struct TeamTests {
    @Test("every piece is done once, and results stand in order", arguments: [0, 1, 3, 4, 1000])
    func map(count: Int) {
        let calls = Mutex([Int](repeating: 0, count: count))
        let results = Team.map(count) { number in
            calls.withLock { $0[number] += 1 }
            return number * 2
        }
        #expect(results == (0..<count).map { $0 * 2 })
        #expect(calls.withLock { $0 } == [Int](repeating: 1, count: count))
    }

    private final class Box: Sendable {
        let value = Mutex(0)
    }

    @Test("pieces of a relay are handed on in order, whoever makes them", arguments: [0, 1, 2, 5, 500])
    func relay(count: Int) throws {
        let relay = Relay(count, piece: Box.init) { number, box in box.value.withLock { $0 = number } }
        var handed: [Int] = []
        try relay.run { box in handed.append(box.value.withLock { $0 }) }
        #expect(handed == Array(0..<count))
    }

    private struct Refused: Error {}

    @Test("a relay whose reader refuses ends, and hands on no more", arguments: [0, 1, 30])
    func refusal(place: Int) {
        let made = Mutex(0)
        let relay = Relay(1000, piece: Box.init) { _, _ in made.withLock { $0 += 1 } }
        var handed = 0
        #expect(throws: Refused.self) {
            try relay.run { _ in
                if handed == place { throw Refused() }
                handed += 1
            }
        }
        #expect(handed == place)
        #expect(made.withLock { $0 } < 1000)
    }
}
