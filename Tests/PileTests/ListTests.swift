import Testing

@Suite("list on the real kernel")
struct ListTests {
    /// `ss` runs before and after us: what it shows alike both times did not change in between, and must be ours too.
    @Test("thousands of sockets in every state are those that ss shows", arguments: Linger.Method.allCases)
    func asSS(by method: Linger.Method) throws {
        try Pile.with("every-state", count: 3000) { pile in
            let before = try SocketStatistics.look(in: pile)
            let rows = try ListRow.list(in: pile, by: method).filter { $0.transport == "tcp" }
            let after = try SocketStatistics.look(in: pile)

            var ours: [String: ListRow] = [:]
            for row in rows {
                let cookie = try #require(row.cookie, "\(row)")
                #expect(ours.updateValue(row, forKey: cookie) == nil, "a socket came twice: \(row)")
            }
            let unchanged = before.filter { after[$0.key] == $0.value }
            #expect(unchanged.count >= before.count * 9 / 10)
            #expect(unchanged.count > 2500)
            #expect(unchanged.values.count { $0.memory != nil } > 1000)
            #expect(Set(unchanged.values.map(\.state)).count == 10)
            var differences: [String] = []
            for (cookie, theirs) in unchanged {
                let same = ours[cookie].map { row in
                    row.state == theirs.state && row.receiveQueue == theirs.receiveQueue
                        && row.sendQueue == theirs.sendQueue && row.inode ?? 0 == theirs.inode
                        && (theirs.memory == nil || row.memory == theirs.memory)
                        && (row.state == "listen" || row.local == theirs.local && row.remote == theirs.remote)
                }
                if same != true { differences.append("ss \(theirs), linger \(String(describing: ours[cookie]))") }
            }
            #expect(differences.isEmpty, "\(differences.count) differ, first: \(differences.first ?? "")")
            let known = Set(before.keys).union(after.keys)
            #expect(ours.keys.allSatisfy(known.contains), "linger shows sockets that ss does not")
        }
    }

    @Test("every state has as many rows as the pile made", arguments: Linger.Method.allCases)
    func states(by method: Linger.Method) throws {
        try Pile.with("every-state", count: 520) { pile in
            let rows = try ListRow.list(in: pile, by: method).filter { $0.transport == "tcp" }
            let counts = Dictionary(grouping: rows, by: \.state).mapValues(\.count)
            #expect(counts == pile.ready.states)
        }
    }

    @Test("who holds what, and what nobody holds, is told apart", arguments: Linger.Method.allCases)
    func holding(by method: Linger.Method) throws {
        try Pile.with("every-state", count: 260) { pile in
            let each = 10 * 2  // over both families
            let rows = try ListRow.list(in: pile, by: method)
            func count(_ state: String, _ holding: String) -> Int {
                rows.count { $0.state == state && $0.holding == holding }
            }
            #expect(count("established", "unaccepted") == each)
            #expect(count("established", "held") == 3 * each + 10)
            #expect(count("close_wait", "unaccepted") == each)
            #expect(count("close_wait", "held") == 2 * each)
            #expect(count("fin_wait_1", "orphan") == each)
            #expect(count("fin_wait_2", "held") == each)
            #expect(count("fin_wait_2", "orphan") == each)
            #expect(count("closing", "held") == each)
            #expect(count("last_ack", "orphan") == each)
            #expect(count("time_wait", "time_wait") == each)
            #expect(count("syn_rcvd", "request") == each)
            #expect(count("syn_sent", "held") == each)
            #expect(count("listen", "held") == 6)
            let holders = Set(rows.flatMap { $0.holders ?? [] }.map(\.pid))
            #expect(
                holders
                    == [pile.ready.pids["server"], pile.ready.pids["client"]].compactMap(\.self).reduce(into: []) {
                        $0.insert($1)
                    })
        }
    }

    @Test("a filter shows what it asks for and nothing else", arguments: Linger.Method.allCases)
    func filter(by method: Linger.Method) throws {
        try Pile.with("every-state", count: 260) { pile in
            let rows = try ListRow.list(in: pile, by: method, ["state", "close-wait", "unaccepted"])
            #expect(rows.count == 20)
            #expect(rows.allSatisfy { $0.state == "close_wait" && $0.holding == "unaccepted" })
        }
    }
}
