import ArgumentParser
import Sockets
import TCP
import Testing

@testable import Commands

@Suite struct SortAndGroupTests {
    @Test("a dash before the column is no option", arguments: [["--sort", "-age"], ["--sort=-age"]])
    func dash(arguments: [String]) throws {
        #expect(try ListCommand.parse(arguments).sort == "-age")
    }

    private func listing(_ snapshot: Snapshot = SampleHost.snapshot()) -> Listing {
        Listing(rows: Rows(snapshot, language: .en), order: Array(snapshot.connections.indices), columns: [])
    }

    private func cookies(_ listing: Listing) -> [UInt64] {
        listing.order.map { listing.snapshot.connections[$0].cookie }
    }

    @Test(
        "rows are sorted by a column, equal ones stay, unknown ones come last in both directions",
        arguments: [
            ("recv-q", [4, 5, 6, 7, 8, 9, 1, 3, 2]),
            ("-recv-q", [2, 3, 1, 4, 5, 6, 7, 8, 9]),
            ("age", [4, 3, 5, 2, 1, 6, 7, 8, 9]),
            ("-age", [2, 5, 3, 4, 1, 6, 7, 8, 9]),
            ("state", [2, 3, 4, 8, 6, 1, 7, 9, 5]),
            ("holders", [4, 1, 2, 9, 3, 5, 6, 7, 8]),
            ("remote", [1, 2, 3, 5, 6, 7, 4, 8, 9]),
        ] as [(String, [UInt64])])
    func sorting(order: String, wanted: [UInt64]) throws {
        var listing = listing()
        listing.sort(by: try ColumnChoice.sortOrder(order, Messages(language: .en)))
        #expect(cookies(listing) == wanted)
    }

    @Test("numbers sort as numbers, however large")
    func largeNumbers() throws {
        var snapshot = SampleHost.snapshot()
        snapshot.connections = ([9, 10, 100, 4_294_967_295, 0] as [UInt32]).map { queue in
            var connection = SampleHost.closeWait
            connection.receiveQueue = queue
            connection.cookie = UInt64(queue) + 1
            return connection
        }
        var listing = listing(snapshot)
        listing.sort(by: try ColumnChoice.sortOrder("-recv-q", Messages(language: .en)))
        #expect(cookies(listing) == [4_294_967_296, 101, 11, 10, 1])
    }

    @Test(
        "groups are counted with their states, largest first",
        arguments: [
            (
                .state,
                [
                    "established 2", "close_wait 2", "fin_wait_2 1", "listen 1", "syn_rcvd 1", "syn_sent 1",
                    "time_wait 1",
                ]
            ),
            (.listener, [" 4", "0.0.0.0:80 net:[4026531840] 5"]),
            (.netns, ["net:[4026531840] 8", "blue 1"]),
            (.unit, [" 6", "nginx.service 2", "docker:0123456789ab 1"]),
            (
                .remote,
                [
                    "198.51.100.7 1", "198.51.100.8 1", "198.51.100.9 1", "198.51.100.10 1", "198.51.100.11 1",
                    "[::ffff:192.168.1.5]:5432 1", "[2001:db8::2]:39000 1", "[fe80::2]:22 1", " 1",
                ]
            ),
        ] as [(Grouping, [String])])
    func groups(grouping: Grouping, wanted: [String]) {
        let groups = listing().groups(by: grouping)
        #expect(Set(groups.map { "\($0.key) \($0.count)" }) == Set(wanted))
        #expect(groups.map(\.count) == groups.map(\.count).sorted(by: >))
        for group in groups { #expect(group.states.reduce(0) { $0 + $1.count } == group.count) }
    }

    @Test("a socket that two processes share counts in both")
    func shared() {
        let groups = listing().groups(by: .process)
        #expect(groups.first { $0.title == "nginx 812" }?.count == 2)
        #expect(groups.first { $0.title == "nginx 813" }?.count == 2)
    }

    @Test("the same address in two namespaces is two listeners, told apart in every output")
    func sameAddress() {
        var snapshot = SampleHost.snapshot()
        var (other, waiting) = (SampleHost.listener, SampleHost.unaccepted)
        (other.namespace, waiting.namespace) = (1, 1)
        snapshot.connections = [SampleHost.listener, SampleHost.unaccepted, other, waiting]
        let listing = listing(snapshot)
        for grouping in [Grouping.process, .listener] {
            let groups = listing.groups(by: grouping).filter { $0.states.contains { $0.state == .closeWait } }
            #expect(groups.count == 2)
            #expect(Set(groups.map(\.title)).count == 2)
            for group in groups {
                #expect(group.values.count == grouping.fields.count)
                #expect(group.values.suffix(2).first == .text("0.0.0.0:80"))
            }
            #expect(Set(groups.map { $0.values.last.map { "\(String(describing: $0))" } }).count == 2)
        }
        #expect(
            Set(listing.groups(by: .process).map(\.title)).isSuperset(of: [
                "not accepted (listener 0.0.0.0:80 net:[4026531840])", "not accepted (listener 0.0.0.0:80 blue)",
            ]))
    }

    @Test("a process is named and numbered in fields of their own, and what none holds has neither")
    func processFields() {
        let groups = listing().groups(by: .process)
        #expect(groups.first?.values == [.text("nginx"), .number(812), .text("held"), nil, nil])
        let waiting = groups.first { $0.title.hasPrefix("not accepted") }
        #expect(
            waiting?.values == [nil, nil, .text("unaccepted"), .text("0.0.0.0:80"), .text("net:[4026531840]")])
    }

    @Test("two descriptors of one process count once")
    func twoDescriptors() {
        var snapshot = SampleHost.snapshot()
        snapshot.holders = [Holder(process: 0, descriptor: 3), Holder(process: 0, descriptor: 4)]
        snapshot.connections = [SampleHost.listener]
        #expect(listing(snapshot).groups(by: .process).map(\.count) == [1])
    }

    @Test("a limit of groups leaves the smallest out")
    func limit() {
        var table = GroupTable(grouping: .state, groups: listing().groups(by: .state))
        table.limit(to: 2)
        #expect(table.groups.map(\.count) == [2, 2])
        #expect(table.leftOut == 5)
    }
}
