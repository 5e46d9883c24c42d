import Sockets
import TCP
import Testing

@testable import Commands

@Suite struct TopModelTests {
    @Test(
        "keys open and close views",
        arguments: [
            ("", "groups"), ("\n", "connections"), ("\n\n", "page"), ("\n\n<", "connections"), ("\n<", "groups"),
            ("\n\n<<<<", "groups"), ("?", "page"), ("?q", "groups"), ("e", "page"), ("d", "page"), ("c", "page"),
            ("s", "sorting"), ("s<", "groups"), ("s\n", "groups"), ("??", "page"), ("??<", "groups"), ("x", "groups"),
        ])
    func views(keys: String, wanted: String) {
        var model = TopHost.watched()
        #expect(model.press(keys) == .draw)
        let name =
            switch model.view {
            case .groups: "groups"
            case .connections: "connections"
            case .page: "page"
            case .sorting: "sorting"
            }
        #expect(name == wanted)
    }

    @Test("q goes back, and out at last; Esc never goes out; Q goes out at once")
    func quitting() {
        var model = TopHost.watched()
        #expect(model.press("\n\nq") == .draw)
        #expect(model.press("q") == .draw)
        #expect(model.press("<") == .draw)
        #expect(model.press("q") == .quit)
        var other = TopHost.watched()
        #expect(other.press("\n\nQ") == .quit)
    }

    @Test("what is worst stands first: the process with the most in CLOSE_WAIT")
    func order() {
        let model = TopHost.watched()
        #expect(model.groups.first?.title.hasPrefix("oracle 2272") == true)
        #expect(model.groups.first?[.closeWait] == 120)
    }

    @Test(
        "Tab and digits choose what connections are counted by",
        arguments: [
            ("\t", TopGrouping.listener), ("\t\t", .remote), ("\t\t\t", .process), ("2", .listener), ("3", .remote),
            ("21", .process),
        ])
    func grouping(keys: String, wanted: TopGrouping) {
        var model = TopHost.watched()
        model.press(keys)
        #expect(model.grouping == wanted)
        #expect(!model.groups.isEmpty)
        #expect(model.groupCursor.position == 0)
    }

    @Test("the cursor stays on its group when the order changes, and at the top while nobody moved it")
    func cursor() throws {
        var model = TopHost.watched()
        model.press("jj")
        let selected = try #require(model.selectedGroup)
        model.press("r")
        #expect(model.selectedGroup?.key == selected.key)
        #expect(model.groupCursor.position != 2)

        var still = TopHost.watched()
        let first = try #require(still.selectedGroup)
        still.press("r")
        #expect(still.groupCursor.position == 0)
        #expect(still.selectedGroup?.key != first.key)
    }

    @Test("moving stops at the ends", arguments: [("kkk", 0), ("G", -1), ("Gjjj", -1), ("Gg", 0), ("jjk", 1)])
    func moving(keys: String, wanted: Int) {
        var model = TopHost.watched()
        model.press(keys)
        #expect(model.groupCursor.position == (wanted < 0 ? model.groups.count - 1 : wanted))
    }

    @Test("in a list that is longer than the screen, the cursor is always seen", arguments: [10, 16, 24, 50])
    func scrolling(rows: Int) {
        var model = TopHost.watched(rows: rows)
        model.press("\n")
        #expect(model.connections.count == 120)
        for _ in 0..<150 {
            model.press("j")
            let cursor = model.connectionCursor
            #expect(cursor.position >= cursor.top && cursor.position < cursor.top + model.layout.tableRows)
        }
        #expect(model.connectionCursor.position == 119)
        // The terminal becomes smaller.
        _ = model.handle(.resize(columns: 40, rows: 10))
        #expect(model.connectionCursor.position < model.connectionCursor.top + model.layout.tableRows)
    }

    @Test("a pause holds what is shown, and the end of it shows the newest")
    func pausing() {
        var model = TopHost.watched()
        model.press("p")
        _ = model.handle(.sample(TopHost.sample(TopHost.snapshot(leaked: 7), seconds: 121)))
        #expect(model.groups.first?[.closeWait] == 120)
        model.press("p")
        #expect(model.groups.first?[.closeWait] == 7)
    }

    @Test("a filter chooses the connections, also in the view of one group")
    func filtering() {
        var model = TopHost.watched()
        model.press("/state established\n")
        #expect(model.prompt == nil)
        #expect(model.filter.text == "state established")
        #expect(model.groups.allSatisfy { $0.total == $0[.established] })
        model.press("/")
        #expect(model.prompt?.text == "state established")
        model.press("\u{15}process = oracle\n\n")
        #expect(model.connections.count == 120)
        model.press("/ and sport = :1\n")
        #expect(model.connections.isEmpty)
    }

    @Test("a filter that is wrong is said to be, and the one before goes on; Esc drops what was typed")
    func wrongFilter() throws {
        var model = TopHost.watched()
        model.press("/state close_wiat\n")
        let error = try #require(model.prompt?.error)
        #expect(error.message(language: .en).contains("close_wiat"))
        #expect(model.filter.isEmpty)
        // The next key goes on typing.
        model.press("\u{17}close-wait")
        #expect(model.prompt == TopPrompt(text: "state close-wait", error: nil))
        model.press("<")
        #expect(model.prompt == nil)
        #expect(model.filter.isEmpty)
    }

    @Test("the table is sorted by what was chosen, names upwards and numbers downwards")
    func sorting() {
        var model = TopHost.watched()
        model.press("s")
        #expect(model.view == .sorting(2))
        model.press("kk\n")
        #expect(model.groupOrder == TopOrder(key: .name, isDescending: false))
        #expect(model.groups.map(\.title) == model.groups.map(\.title).sorted())
        model.press("r")
        #expect(model.groups.map(\.title) == model.groups.map(\.title).sorted(by: >))
        model.press("sj\n")
        let totals = model.groups.map(\.total)
        #expect(totals == totals.sorted(by: >))
    }

    @Test("connections are sorted by age, the oldest first, and by what is chosen")
    func sortingConnections() {
        var model = TopHost.watched()
        model.press("\n")
        func ages() -> [UInt32] { model.connections.compactMap { model.sample?.age(of: $0).milliseconds } }
        #expect(ages() == ages().sorted(by: >))
        model.press("r")
        #expect(ages() == ages().sorted())
    }

    @Test("a page ends at its last line, whatever the size", arguments: ["?", "d", "e"])
    func pages(key: String) throws {
        var model = TopHost.watched()
        model.press(key + "G")
        guard case .page(let page) = model.view else {
            Issue.record("no page")
            return
        }
        #expect(page.top == max(0, model.lines(of: page).count - model.layout.pageRows))
        _ = model.handle(.resize(columns: 200, rows: 200))
        guard case .page(let larger) = model.view else {
            Issue.record("no page")
            return
        }
        #expect(larger.top == 0)
    }

    @Test("e explains the finding about a group, else its worst state")
    func explaining() {
        var model = TopHost.watched()
        model.press("e")
        #expect(model.view == .page(TopPage(topic: .explanation("close_wait_leak"))))
        model.press("<\ne")
        #expect(model.view == .page(TopPage(topic: .explanation("close_wait"))))
    }

    @Test("the details ask for a life and for more of the process")
    func wishes() {
        var model = TopHost.watched()
        #expect(model.wish == TopWish())
        model.press("\n\n")
        #expect(model.wish.cookie != nil && model.wish.details)
        model.press("<")
        #expect(model.wish == TopWish())
        model.press("/unit = nginx\n")
        #expect(model.wish == TopWish(cookie: nil, details: true, limits: false))
    }

    @Test("a connection that is gone is said to be")
    func gone() {
        var model = TopHost.watched()
        model.press("\n\n")
        _ = model.handle(.sample(TopHost.sample(TopHost.snapshot(leaked: 0), seconds: 121)))
        #expect(TopPainter.paint(model).text.contains("This connection is gone."))
        model.press("<")
        #expect(model.connections.isEmpty)
        #expect(TopPainter.paint(model).text.contains("no connection matches"))
    }

    @Test("a look that failed is said, and the next one that did not takes it away")
    func failing() {
        var model = TopHost.watched()
        _ = model.handle(.failure("netns blue: no such network namespace"))
        #expect(TopPainter.paint(model).text.contains("no such network namespace"))
        _ = model.handle(.sample(TopHost.sample(TopHost.snapshot(), seconds: 121)))
        #expect(!TopPainter.paint(model).text.contains("no such network namespace"))
    }

    @Test(
        "the filter of a command line means the group's connections in its worst state", arguments: TopGrouping.allCases
    )
    func commands(grouping: TopGrouping) throws {
        let sample = TopHost.sample(TopHost.snapshot(), seconds: 0)
        for within in ["", "not dport = :1"] {
            for group in sample.groups(by: grouping, TopHost.filter(within)) {
                guard let text = TopCommands.filter(for: group, within: TopHost.filter(within)) else { continue }
                let filter = try Filter(parsing: [text], resolver: .none)
                let prepared = filter.prepared(for: sample.snapshot)
                let found = sample.connections.indices.filter { prepared.matches(sample.connections[$0]) }
                let state = try #require(group.worstState)
                guard state != .listen else { continue }
                let wanted = group.members.filter { sample.connections[$0].state == state }
                #expect(Set(wanted).isSubset(of: found), "\(text)")
                #expect(found.allSatisfy { sample.connections[$0].state == state }, "\(text)")
            }
        }
        for connection in sample.connections {
            let filter = try Filter(parsing: [TopCommands.filter(for: connection)], resolver: .none)
            let prepared = filter.prepared(for: sample.snapshot)
            #expect(sample.connections.filter(prepared.matches).map(\.cookie) == [connection.cookie], "\(filter.text)")
        }
    }
}
