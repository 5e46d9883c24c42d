import Sockets
import Testing

@Suite struct FilterStreamTests {
    static let everything: ClosedRange<UInt16> = 0...65535

    @Test(
        "bounds are what every connection must have, and the widest where the filter can do without",
        arguments: [
            ("", everything, everything),
            ("sport = :443", 443...443, everything),
            ("sport = :443 and dport >= :1024", 443...443, 1024...65535),
            ("sport > :10 and sport < :20", 11...19, everything),
            ("state close-wait and dport = :5432", everything, 5432...5432),
            ("sport = :443 or sport = :80", everything, everything),
            ("not sport = :443", everything, everything),
            ("sport != :443", everything, everything),
            ("( sport = :1 or dport = :2 ) and sport = :3", everything, everything),
            // Never true: left to the filter itself.
            ("sport = :1 and sport = :2", 1...1, everything),
        ] as [(String, ClosedRange<UInt16>, ClosedRange<UInt16>)])
    func bounds(text: String, local: ClosedRange<UInt16>, remote: ClosedRange<UInt16>) throws {
        let filter = try Filter(parsing: text.isEmpty ? [] : [text], resolver: .none)
        #expect(filter.bounds.localPorts == local)
        #expect(filter.bounds.remotePorts == remote)
    }

    @Test(
        "what only a look can tell is named",
        arguments: [
            ("age > 10m", ["age"]), ("idle > 1h and recv-q > 0", ["idle", "recv-q"]), ("shared", ["shared"]),
            ("state close-wait and pid = 1", []), ("orphan", []),
        ] as [(String, [String])])
    func look(text: String, names: [String]) throws {
        #expect(try Filter(parsing: [text], resolver: .none).lookConditions == names)
    }

    @Test("a local port that is not chosen yet is within any bounds")
    func unchosen() throws {
        let bounds = try Filter(parsing: ["sport = :443"], resolver: .none).bounds
        #expect(bounds.contains(local: 0, remote: 1) && bounds.contains(local: 443, remote: 1))
        #expect(!bounds.contains(local: 80, remote: 1))
    }
}
