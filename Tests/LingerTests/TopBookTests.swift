import Sockets
import TCP
import Testing

@testable import Commands

@Suite struct TopBookTests {
    @Test("two looks tell what was opened and closed between them, and by whom")
    func rates() throws {
        var book = TopBook()
        var first = TopHost.sample(TopHost.snapshot(leaked: 10), seconds: 0)
        #expect(book.take(&first) == nil)
        var second = TopHost.sample(TopHost.snapshot(leaked: 30), seconds: 2)
        let between = book.take(&second)
        let opened = try #require(between)
        #expect(opened.opened(.process(22_725, 22_725)) == 10)
        #expect(opened.closed(.process(22_725, 22_725)) == 0)
        #expect(opened.opened(.process(812, 0)) == 0)
        var third = TopHost.sample(TopHost.snapshot(leaked: 25), seconds: 3)
        let after = book.take(&third)
        let closed = try #require(after)
        #expect(closed.closed(.process(22_726, 22_726)) == 5)
        #expect(closed.opened(.process(22_726, 22_726)) == 0)
    }

    @Test("into TIME_WAIT is closed, and what the kernel told of the time is kept")
    func states() throws {
        var snapshot = TopHost.snapshot(leaked: 0)
        var book = TopBook()
        var first = TopHost.sample(snapshot, seconds: 0)
        _ = book.take(&first)
        let place = try #require(snapshot.connections.firstIndex { $0.state == .established && $0.cookie == 4 })
        #expect(first.age(of: place) == TopAge(0))
        var second = TopHost.sample(snapshot, seconds: 5)
        _ = book.take(&second)
        #expect(second.age(of: place) == TopAge(5000))
        snapshot.connections[place].state = .timeWait
        snapshot.connections[place].holding = .timeWait
        snapshot.connections[place].timer = Timer(kind: .timeWait, retries: 0, expires: 59_000)
        var third = TopHost.sample(snapshot, seconds: 6)
        let taken = book.take(&third)
        let rates = try #require(taken)
        #expect(rates.closed(.process(4242, 0)) == 1)
        #expect(third.age(of: place) == TopAge(1000, isExact: true))
    }

    @Test("rates are those of the last five seconds")
    func window() {
        var window = TopRateWindow()
        var shown = TopRates()
        for second in 0..<10 {
            var rates = TopRates()
            for _ in 0..<(second < 5 ? 10 : 0) { rates.open(.outgoing) }
            shown = window.add(rates)
            if second == 4 { #expect(shown.opened(.outgoing) == 10) }
        }
        #expect(shown.opened(.outgoing) == 0)
        #expect(shown.seconds == 5)
    }

    @Test(
        "a sparkline has a bar a part, the highest at the top, and a blank for what was not seen",
        arguments: [
            ([(0, 8)], "         \u{2588}"), ([(0, 0)], "         \u{2581}"),
            ([(0, 7), (18, 14), (36, 0)], "       \u{2585}\u{2588}\u{2581}"),
            // A part without a look is as the one before.
            ([(0, 4), (36, 4)], "       \u{2588}\u{2588}\u{2588}"),
            // The highest of a part counts.
            ([(0, 1), (1, 70), (2, 1)], "         \u{2588}"),
            ([(0, 1), (18, 7000)], "        \u{2582}\u{2588}"),
        ] as [([(UInt64, Int)], String)])
    func sparkline(looks: [(UInt64, Int)], wanted: String) {
        var history = TopHistory()
        for (seconds, count) in looks {
            var counts = [Int](repeating: 0, count: 12)
            counts[Int(State.closeWait.rawValue)] = count
            history.add(counts, at: (1800 + seconds) * 1_000_000_000)
        }
        #expect(history.sparkline(of: .closeWait, cells: 10) == wanted)
    }
}
