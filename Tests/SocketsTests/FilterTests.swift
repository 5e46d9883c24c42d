import Sockets
import TCP
import Testing

@Suite("What a filter matches")
struct FilterTests {
    private static let all = FilterFixture.names
    private static func without(_ names: String...) -> [String] { all.filter { !names.contains($0) } }

    @Test("a filter without words matches every connection")
    func empty() throws {
        for words in [[], [""], ["", "  "], ["\t\n"]] {
            let filter = try Filter(parsing: words, resolver: .none)
            #expect(filter.isEmpty)
            #expect(filter.states == .all)
            #expect(!filter.namesStates)
            #expect(FilterFixture.snapshot.connections.allSatisfy { filter.matches($0, in: FilterFixture.snapshot) })
        }
    }

    @Test(
        "state names are those of ss, netstat and RFC 9293",
        arguments: [
            ("established", [State.established]), ("ESTAB", [.established]), ("syn-sent", [.synSent]),
            ("syn-recv", [.synReceived]), ("syn-rcv", [.synReceived]), ("SYN_RCVD", [.synReceived]),
            ("SYN-RECEIVED", [.synReceived]), ("fin-wait-1", [.finWait1]), ("FIN_WAIT1", [.finWait1]),
            ("FIN_WAIT_2", [.finWait2]), ("fin-wait-2", [.finWait2]), ("time-wait", [.timeWait]), ("closed", [.closed]),
            ("close", [.closed]), ("unconnected", [.closed]), ("bound-inactive", [.closed]),
            ("close-wait", [.closeWait]),
            ("close_wait", [.closeWait]), ("CLOSE_WAIT", [.closeWait]), ("last-ack", [.lastAck]),
            ("listening", [.listen]),
            ("LISTEN", [.listen]), ("closing", [.closing]), ("all", State.allCases),
            ("connected", State.allCases.filter { $0 != .listen && $0 != .closed }),
            ("synchronized", State.allCases.filter { $0 != .listen && $0 != .closed && $0 != .synSent }),
            ("bucket", [.synReceived, .timeWait]),
            ("big", State.allCases.filter { $0 != .synReceived && $0 != .timeWait }),
        ] as [(String, [State])])
    func stateNames(name: String, states: [State]) throws {
        let filter = try FilterFixture.parse("state", name)
        #expect(filter.states == states.reduce(into: []) { $0.formUnion(StateSet($1)) })
        #expect(filter.namesStates)
        let excluded = try FilterFixture.parse("exclude", name)
        #expect(excluded.states == StateSet.all.subtracting(filter.states))
    }

    @Test(
        "states add up, exclusions take away, in their order",
        arguments: [
            ("state close-wait state time-wait", ["leak", "timewait", "waiting"]),
            ("exclude listening exclude established", ["leak", "timewait", "orphan", "waiting", "connecting"]),
            ("excl established excl listening", ["leak", "timewait", "orphan", "waiting", "connecting"]),
            ("state connected exclude established", ["leak", "timewait", "orphan", "waiting", "connecting"]),
            ("exclude established state established", FilterTests.all),
            ("state close-wait and pid = 22725", ["leak"]),
            ("state close-wait dport = :2174", ["leak"]),
            ("( state time-wait or unaccepted )", ["timewait", "waiting"]),
            ("pid = 100 or state time-wait", ["web", "timewait"]),
            ("not state established", ["leak", "listener", "timewait", "orphan", "waiting", "connecting"]),
            ("state = close-wait", ["leak", "waiting"]),
            ("state != close-wait state != listening", FilterTests.without("leak", "waiting", "listener")),
            ("state close-wait and state time-wait", []),
            // In front of a list they hold for all of it, as in ss; joined by a word they are a condition like others.
            ("state close-wait dport = :443 or dport = :2174", ["leak"]),
            ("state close-wait ( dport = :443 ) or not dport = :2174", ["waiting"]),
            ("state close-wait and dport = :2174 or dport = :443", ["leak", "orphan"]),
            ("state time-wait or dport = :443", ["timewait", "orphan"]),
            ("( state close-wait pid = 100 or unaccepted ) or orphan", ["orphan", "waiting"]),
            ("pid = 100 or state close-wait unaccepted", ["waiting"]),
        ] as [(String, [String])])
    func stateSets(text: String, expected: [String]) throws {
        #expect(try FilterFixture.matches(text) == expected)
    }

    @Test(
        "addresses, prefixes and ports, as in ss",
        arguments: [
            ("src 10.0.0.5:443", ["web"]),
            ("src = 10.0.0.5:https", ["web"]),
            ("dst 10.0.0.9", ["leak"]),
            ("dst 192.168/16", ["web"]),
            ("dst 192.168.1/24", ["web"]),
            ("dst 192.168.0.0/255.255.0.0", ["web"]),
            ("dst 10.0.0.0/8:2174", ["leak"]),
            // An IPv4 condition sees through mapped addresses, a mapped one sees nothing else.
            ("dst 10/8", ["leak", "mapped", "waiting", "unseen"]),
            ("dst inet:10/8", ["leak", "waiting", "unseen"]),
            ("dst [::ffff:10.1.2.3]", ["mapped"]),
            ("src [::ffff:0:0]/96", ["mapped"]),
            ("src 0.0.0.0/0", FilterTests.without("ssh", "listener")),
            ("src any", FilterTests.all), ("src *", FilterTests.all), ("src *:*", FilterTests.all),
            ("src [::]/0", ["mapped", "ssh", "listener"]),
            ("src inet6:*", ["mapped", "ssh", "listener"]),
            ("src [2001:db8::1]:22", ["ssh"]), ("src [2001:db8::/32]:22", ["ssh"]), ("src [2001:db8::]/32:22", ["ssh"]),
            ("src 2001:db8::/32", ["ssh"]), ("src inet6:[2001:db8::1]", ["ssh"]),
            ("src [::]", ["listener"]),
            ("src *:8080", ["mapped", "listener", "waiting"]), ("src :8080", ["mapped", "listener", "waiting"]),
            ("src 10.0.0.5:", FilterTests.without("ssh", "listener")),
            ("dst db", ["leak", "unseen"]), ("dst db:3306", ["unseen"]), ("dst inet6:six", ["ssh"]),
            ("src 0xa.0.0.05:443", ["web"]),
            ("dst != 10/8", FilterTests.without("leak", "mapped", "waiting", "unseen")),
            // A family holds for the whole filter, as in ss.
            ("not src inet:10.0.0.5", []), ("dport = inet:443", ["orphan"]),
            ("dport = inet6::22 or pid = 200", ["mapped", "listener"]),
            ("dport = :https", ["orphan"]), ("dport :443", ["orphan"]), ("dport 443", ["orphan"]),
            ("dport == 443", ["orphan"]),
            ("dport eq :0x1bb", ["orphan"]),
            ("sport = :*", FilterTests.all),
            ("sport ne :8080 and sport neq :45002 and sport >= :6800", ["leak", "timewait", "orphan"]),
            ("sport > :45000", ["orphan", "connecting"]), ("sport gt :45000", ["orphan", "connecting"]),
            ("sport >= :45001", ["orphan", "connecting"]), ("sport ge :45001", ["orphan", "connecting"]),
            ("sport geq 45001", ["orphan", "connecting"]),
            ("sport < :443", ["ssh"]), ("sport lt :443", ["ssh"]), ("sport <= :443", ["web", "ssh"]),
            ("sport le :443", ["web", "ssh"]), ("sport leq :443", ["web", "ssh"]),
            ("sport > :65535", []), ("sport < :0", []),
        ] as [(String, [String])])
    func hosts(text: String, expected: [String]) throws {
        #expect(try FilterFixture.matches(text) == expected)
    }

    @Test(
        "interfaces, marks, cgroups and automatic ports",
        arguments: [
            ("dev eth0", ["web"]), ("dev = 2", ["web"]), ("dev != eth0", FilterTests.without("web")), ("dev eth1", []),
            ("fwmark = 0x11", ["web"]), ("fwmark 17", ["web"]), ("fwmark = 0x01/0x0f", ["web", "leak"]),
            ("fwmark != 0x11", ["leak"]), ("fwmark = 0x11/0x0f", []),
            ("cgroup system.slice/nginx.service", ["web"]), ("cgroup != system.slice/nginx.service", ["leak"]),
            ("autobound", ["timewait", "orphan"]),
        ] as [(String, [String])])
    func others(text: String, expected: [String]) throws {
        #expect(try FilterFixture.matches(text) == expected)
    }

    @Test(
        "Linger's own conditions",
        arguments: [
            ("pid = 100", ["web"]), ("pid 22726", ["leak"]),
            ("pid != 100", ["leak", "mapped", "ssh", "listener", "connecting"]),
            ("process = nginx", ["web"]), ("process = ora*", ["leak"]), ("process = ?ginx", ["web"]),
            ("process = NGINX", []),
            ("process = a-process-with-a-long-name", ["mapped", "listener"]),
            ("process = (sd-pam)", ["ssh", "connecting"]),
            ("(process=(sd-pam))", ["ssh", "connecting"]), (#"process = \(sd-pam\)"#, ["ssh", "connecting"]),
            ("process != nginx", ["leak", "mapped", "ssh", "listener", "connecting"]),
            ("user = www-data", ["web"]), ("user = 33", ["web"]), ("user = oracle9i", ["leak"]),
            ("user = 1000", ["connecting"]),
            ("user = root", ["mapped", "ssh", "listener", "orphan", "waiting"]),
            ("user != root", ["web", "leak", "connecting"]),
            ("unit = nginx", ["web"]), ("unit = nginx.service", ["web"]), ("unit = oracle*", ["leak"]),
            ("unit = oracle", []),
            // Unknown is neither equal nor different.
            ("unit != nginx", ["leak"]), ("not unit = nginx", FilterTests.without("web")),
            ("container = 4f5e", ["mapped", "listener"]), ("container = 4f5e6d7c8b9a0011", ["mapped", "listener"]),
            ("container = *0011", ["mapped", "listener"]), ("container = 5e6d", []), ("container != 4f5e", []),
            ("netns = blue", ["connecting", "unseen"]), ("netns = bl*", ["connecting", "unseen"]),
            ("netns = 4026532999", ["connecting", "unseen"]),
            ("netns != blue", FilterTests.without("connecting", "unseen")),
            ("age > 10m", ["leak"]), ("age > 30", ["leak", "timewait"]), ("age >= 50s", ["leak", "timewait"]),
            ("age > 50s", ["leak"]), ("age < 1m", ["timewait"]), ("age = 1h", []), ("age = 50s", ["timewait"]),
            ("age >= 59m60s", ["leak"]),
            ("age >= 0", ["leak", "timewait", "orphan"]), ("age <= 1d", ["timewait"]),
            // A lower bound can be anything from there on.
            ("age != 1h", ["timewait"]), ("age != 59m", ["leak", "timewait"]),
            ("idle > 1h", ["leak"]), ("idle <= 500ms", ["web", "mapped"]), ("idle < 500ms", ["mapped"]),
            ("idle >= 1d", []),
            ("recv-q > 4k", ["leak"]), ("recv-q >= 3", ["leak", "listener"]), ("recv-q > 1m", []),
            ("recv-q > 4K", ["leak"]),
            ("send-q > 0", ["web", "listener", "connecting"]), ("send-q = 4k", ["web"]),
            ("send-q ne 0", ["web", "listener", "connecting"]),
            ("unaccepted", ["waiting"]), ("orphan", ["orphan"]), ("shared", ["leak"]),
            ("not shared and state close-wait", ["waiting"]),
        ] as [(String, [String])])
    func own(text: String, expected: [String]) throws {
        #expect(try FilterFixture.matches(text) == expected)
    }

    @Test(
        "the expressions of ss(8) are understood",
        arguments: [
            ("state established ( dport = :ssh or sport = :ssh )", ["ssh"]),
            ("state fin-wait-1 ( sport = :http or sport = :https ) dst 193.233.7/24", []),
            ("state fin-wait-2 ( dport = :http or dport = :https ) dst 93.184.216/24", ["orphan"]),
            ("fwmark = 0x01/0x03", ["web", "leak"]),
        ] as [(String, [String])])
    func manual(text: String, expected: [String]) throws {
        #expect(try FilterFixture.matches(text) == expected)
    }

    @Test(
        "and, or and side by side are worked off from left to right, as ss does",
        arguments: [
            // Found with ss on three listeners: all of these would differ if `and` bound closer.
            ("sport = :443 or sport = :6800 and sport = :22", []),
            ("sport = :22 and sport = :443 or sport = :6800", ["leak"]),
            ("sport = :443 sport = :22 or sport = :6800", ["leak"]),
            ("sport = :443 or sport = :6800 sport = :6800", ["leak"]),
            ("sport = :443 or ( sport = :6800 and sport = :22 )", ["web"]),
            ("not sport = :443 and sport < :1600", ["ssh", "unseen"]),
            ("! ( sport = :443 or sport = :22 ) sport < :1600", ["unseen"]),
            ("not not sport = :443", ["web"]),
            ("! ! ! sport = :443 && sport = :22", ["ssh"]),
        ] as [(String, [String])])
    func precedence(text: String, expected: [String]) throws {
        #expect(try FilterFixture.matches(text) == expected)
    }

    @Test(
        "operators have all their spellings, and spaces may be missing around them",
        arguments: [
            "sport = :443 or sport = :22", "sport eq :443 | sport == :22", "sport :443 || sport 22",
            "(sport=:443)or(sport=:22)", "(sport =:443)||(sport= :22)",
            "((sport=:443) | ((sport=:22)))", "not (sport!=:443 and sport!=:22)", "!(sport!=:443 && sport!=:22)",
            "!(not sport=:443 & !sport=:22)",
        ])
    func spellings(text: String) throws {
        #expect(try FilterFixture.matches(text) == ["web", "ssh"])
    }

    @Test("words given one by one mean the same as in one string")
    func words() throws {
        let one = try FilterFixture.parse("state close-wait ( dport = :2174 or src 10.0.0.0/8 )")
        let many = try FilterFixture.parse("state", "close-wait", "( dport = :2174", "or", "src", "10.0.0.0/8", ")")
        #expect(one == many)
        #expect(many.text == "state close-wait ( dport = :2174 or src 10.0.0.0/8 )")
    }

    @Test(
        "the states asked of the kernel hold all that can match, and no more where only states are asked for",
        arguments: [
            ("state close-wait", StateSet(.closeWait)),
            ("state close-wait or state time-wait", [.init(.closeWait), .init(.timeWait)]),
            ("not state close-wait", StateSet.all.subtracting(.init(.closeWait))),
            ("not ( state close-wait or not state big )", StateSet.big.subtracting(.init(.closeWait))),
            ("state connected and not state bucket", StateSet.connected.subtracting(.bucket)),
            ("state close-wait and pid = 5", .init(.closeWait)),
            ("state close-wait or sport = :5", .all),
            ("not ( state close-wait and sport = :5 )", .all),
            ("not ( state close-wait or sport = :5 )", StateSet.all.subtracting(.init(.closeWait))),
            ("process = x", StateSet.all.subtracting(.init(.timeWait))),
            ("not process = x", .all),
            ("state bucket and shared", .init(.synReceived)),
        ] as [(String, StateSet)])
    func pushedStates(text: String, states: StateSet) throws {
        #expect(try FilterFixture.parse(text).states == states)
    }

    @Test(
        "a filter asks only for what it needs",
        arguments: [
            ("state close-wait and dport = :443", false, false, false), ("age > 1m", false, false, false),
            ("pid = 5", true, false, false), ("process = x", true, false, false), ("shared", true, false, false),
            ("unaccepted", true, false, false), ("unit = x", true, true, false), ("user = x", true, true, false),
            ("container = x", true, true, false), ("autobound", false, false, true),
        ] as [(String, Bool, Bool, Bool)])
    func needs(text: String, holders: Bool, details: Bool, limits: Bool) throws {
        let filter = try FilterFixture.parse(text)
        #expect(filter.needsHolders == holders)
        #expect(filter.needsProcessDetails == details)
        #expect(filter.needsLimits == limits)
    }

    @Test(
        "names that nothing in the snapshot has are told, each once",
        arguments: [
            ("pid = 99999", ["pid 99999"]), ("pid = 100", []),
            ("process = nginx or process = nosuch or process = nosuch", ["process nosuch"]),
            ("process = ora*", []), ("process = x*", ["process x*"]),
            ("user = nobody", ["user nobody"]), ("user = www-data", []),
            // Nobody's process, but the owner of a socket.
            ("user = 1000", []),
            ("unit = x", ["unit x"]), ("unit = nginx", []),
            ("container = ffff", ["container ffff"]), ("container = 4f5e", []),
            ("netns = nosuch", ["netns nosuch"]), ("netns = blue", []), ("netns = 4026532999", []),
            // What is known to be held by others needs nobody of the name.
            ("process != nosuch", []), ("state close-wait and sport = :1", []),
        ] as [(String, [String])])
    func absentNames(text: String, expected: [String]) throws {
        let names = try FilterFixture.parse(text).absentNames(in: FilterFixture.snapshot)
        #expect(names.map { "\($0.keyword.rawValue) \($0.name)" } == expected)
    }

    @Test("a snapshot whose parts do not fit together matches without a crash")
    func brokenSnapshot() throws {
        var snapshot = FilterFixture.snapshot
        snapshot.holders[0].process = -1
        snapshot.holders[1].process = 99
        snapshot.connections[3].holding = .held(start: 7, count: 9)
        snapshot.connections[4].namespace = 9
        let filter = try FilterFixture.parse("process = * or netns = * or autobound or shared or user = x")
        let prepared = filter.prepared(for: snapshot)
        // The holder in the second place of "leak" is still known.
        #expect(prepared.matches(snapshot.connections[1]))
        #expect(!prepared.matches(snapshot.connections[4]) || snapshot.connections[4].holding != .unseen)
    }
}
