import Glibc
import Testing

@Suite("what disappears while we look")
struct DisappearingTests {
    @Test("a process that is killed leaves no wrong row", arguments: Linger.Method.allCases)
    func process(by method: Linger.Method) throws {
        try Pile.with("busy", count: 1000) { pile in
            let known = Set(pile.ready.pids.values)
            let victim = try #require(pile.ready.pids["client"])
            for round in 0..<20 {
                // In the middle of one of the looks, as near as can be.
                var killer: Child? = round == 10 ? try Child(["sh", "-c", "sleep 0.03; kill -9 \(victim)"]) : nil
                let outcome = try Linger.run("list", ListRow.arguments, in: pile, by: method)
                if killer != nil { _ = killer?.wait() }
                try expectRightRows(outcome, holders: known)
                if round > 10 {
                    let rows = try ListRow.rows(of: outcome)
                    #expect(!rows.contains { $0.holders?.contains { $0.pid == victim } == true }, "\(outcome)")
                }
            }
        }
    }

    @Test("namespaces that go leave no wrong row", arguments: Linger.Method.allCases)
    func namespace(by method: Linger.Method) throws {
        for _ in 0..<5 {
            try Pile.with("close-wait", count: 300) { pile in
                var looker = try Child(
                    [
                        "sh", "-c",
                        "for i in 1 2 3; do \(Linger.executable) list --netns all --method \(method) -o ndjson --columns all || echo \"exit $?\"; done",
                    ])
                // Whatever it is doing by then: the pile has to end in the middle of some look.
                usleep(50_000)
                #expect(pile.end().isEmpty)
                let written = looker.readAll()
                #expect(looker.wait() == .code(0))
                let errors = String(decoding: written.errors, as: UTF8.self)
                #expect(!errors.contains("Fatal error"), "\(errors)")
                for line in String(decoding: written.output, as: UTF8.self).split(separator: "\n") {
                    // 4: partly seen, which is what happened.
                    if line.hasPrefix("exit") {
                        #expect(line == "exit 4", "\(errors)")
                    } else {
                        #expect(line.hasPrefix("{") && line.hasSuffix("}"))
                    }
                }
            }
        }
    }

    private func expectRightRows(_ outcome: Outcome, holders known: Set<Int32>) throws {
        #expect([.code(0), .code(4)].contains(outcome.exit), "\(outcome)")
        for row in try ListRow.rows(of: outcome) {
            #expect(row.local.hasPrefix("10.77.0.1:") || row.state == "listen", "\(row)")
            #expect(row.remote.hasPrefix("10.77.0.2:") || row.state == "listen", "\(row)")
            #expect((row.holders ?? []).allSatisfy { known.contains($0.pid) }, "\(row)")
            if row.state == "time_wait" { #expect(row.holding == "time_wait", "\(row)") }
        }
    }
}
