import Testing

@Suite("what a socket tells on the real kernel")
struct EndpointTests {
    @Test("a listener for both families is told from one for IPv6 alone", arguments: Linger.Method.allCases)
    func families(by method: Linger.Method) throws {
        try Pile.with("listeners") { pile in
            let rows = try ListRow.list(in: pile, by: method)
            #expect(
                rows.filter { $0.state == "listen" }.map(\.local).sorted() == ["*:8080", "[::1]:8082", "[::]:8081"])
            let waiting = try #require(rows.first { $0.state == "established" })
            #expect(waiting.holding == "unaccepted")
            #expect(waiting.local == "[::ffff:10.77.0.1]:8080")
            let listener = try #require(waiting.listener)
            #expect(listener.local.hasSuffix(":8080"))
            #expect(listener.holders.map(\.pid) == [pile.ready.pids["server"]].compactMap(\.self))
        }
    }

    @Test("what has not moved any data yet has no idle time", arguments: Linger.Method.allCases)
    func idle(by method: Linger.Method) throws {
        try Pile.with("connect-unanswered") { pile in
            let rows = try ListRow.list(in: pile, by: method)
            #expect(rows.map(\.state) == Array(repeating: "syn_sent", count: 10))
            #expect(rows.allSatisfy { $0.idle == nil }, "\(rows)")
            #expect(try ListRow.list(in: pile, by: method, ["idle > 30m"]).isEmpty)
        }
    }
}
