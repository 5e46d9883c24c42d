import TCP
import Testing

/// Every state × control bits × sequence position × ACK position, over IPv4 and IPv6, against `Oracle`.
@Suite struct SweepTests {
    @Test(arguments: SweepPlace.allCases, [IPVersion.v4, .v6])
    func `every segment has the effect that the RFC names`(_ place: SweepPlace, _ version: IPVersion) throws {
        var differences: [String] = []
        var cases = 0
        for challenges in [true, false] {
            let oracle = place.oracle(challenges: challenges)
            for segment in place.segments {
                cases += 1
                let expected = oracle.arrival(of: segment.value)
                let found = try place.outcome(of: segment.value, version, challenges: challenges)
                if found == expected { continue }
                let name = challenges ? segment.name : "\(segment.name), without RFC 5961"
                differences.append("\(name): \(found.differences(from: expected))")
            }
        }
        #expect(cases == 2 * 24 * 8 * 6)
        if !differences.isEmpty {
            Issue.record("\(differences.count) differ:\n\(differences.prefix(20).joined(separator: "\n"))")
        }
    }

    @Test(arguments: [(IPVersion.v4, 536), (.v6, 1220)])
    func `a peer that names no MSS gets segments of the version's default`(_ version: IPVersion, _ size: Int) throws {
        var configuration = Configuration(.rfc)
        configuration.offersTimestamps = false
        configuration.defaultPeerSegmentSize = version == .v4 ? 536 : 1220
        var machine = ConnectionMachine(configuration)
        _ = machine.openPassively(initialSequence: SequenceNumber(1))
        let syn = try overTheWire(Segment(sequence: SequenceNumber(7), control: .syn, window: 9), version)
        let actions = machine.arrive(syn, at: Instant(microseconds: 0))
        #expect(actions.segments.map(\.control) == [[.syn, .ack]])
        #expect(machine.state == .synReceived)
        #expect(machine.segmentSize == size)
    }
}

/// As the machine gets it: written as a packet and read again.
func overTheWire(_ segment: Segment, _ version: IPVersion) throws -> Segment {
    let endpoints = version == .v4 ? CodecPacketTests.v4 : CodecPacketTests.v6
    return try decoded(try encoded(Packet(endpoints: endpoints, segment: segment), order: .linux)).segment
}

extension Oracle.Outcome {
    func differences(from expected: Self) -> String {
        let (ours, theirs) = (Mirror(reflecting: self).children, Mirror(reflecting: expected).children)
        return zip(ours, theirs).compactMap { found, expected in
            let (found, wanted) = ("\(found.value)", "\(expected.value)")
            return found == wanted ? nil : "\(expected.label ?? "") is \(found), should be \(wanted)"
        }.joined(separator: "; ")
    }
}
