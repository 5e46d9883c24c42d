import TCP
import Testing

/// Two machines back to back.
@Suite struct MachineConversationTests {
    @Test(arguments: Configuration.Profile.allCases)
    func `three segments open a connection`(_ profile: Configuration.Profile) {
        let wire = MachineWire(client: Configuration(profile), server: Configuration(profile))
        wire.open()
        #expect(wire.sent.map(\.segment.control) == [.syn, [.syn, .ack], .ack])
        #expect(wire.state(.client) == .established)
        #expect(wire.state(.server) == .established)
        #expect(wire.sent[1].segment.acknowledgment == SequenceNumber(101))
        #expect(wire.sent[2].segment.acknowledgment == SequenceNumber(301))
    }

    @Test(arguments: Configuration.Profile.allCases)
    func `four segments close it, and the one who began waits two lifetimes`(_ profile: Configuration.Profile) {
        let wire = MachineWire(client: Configuration(profile), server: Configuration(profile))
        wire.open()
        let opened = wire.sent.count
        wire.call(.client) { $0.close(at: $1) }
        #expect(wire.state(.client) == .finWait1)
        wire.settle()
        #expect(wire.state(.client) == .finWait2)
        #expect(wire.state(.server) == .closeWait)
        wire.call(.server) { $0.close(at: $1) }
        #expect(wire.state(.server) == .lastAck)
        wire.settle()
        #expect(wire.state(.client) == .timeWait)
        #expect(wire.state(.server) == .closed)
        #expect(wire.sent[opened...].map(\.segment.control) == [[.fin, .ack], .ack, [.fin, .ack], .ack])
        wire.run(for: Configuration(profile).timeWait)
        #expect(wire.state(.client) == .closed)
        #expect(wire.notices[.client]?.last == .closed(.orderly))
        #expect(wire.notices[.server]?.last == .closed(.orderly))
    }

    @Test(arguments: Configuration.Profile.allCases, [1, 1_460, 5_000, 300_000])
    func `data arrives whole in both directions`(_ profile: Configuration.Profile, _ count: Int) {
        let wire = MachineWire(client: Configuration(profile), server: Configuration(profile))
        wire.open()
        wire.call(.client) { $0.send(count, at: $1) }
        wire.call(.server) { $0.send(count / 2 + 1, at: $1) }
        wire.run(for: 60_000_000)
        #expect(wire.readable[.server] == count)
        #expect(wire.readable[.client] == count / 2 + 1)
        #expect(wire.acknowledged[.client] == count)
        #expect(wire.faults.isEmpty)
        #expect(wire.sent.allSatisfy { $0.segment.payloadCount <= 1_460 })
    }

    @Test(arguments: Configuration.Profile.allCases, 0..<40)
    func `losses, copies and detours change nothing of what arrives`(_ profile: Configuration.Profile, _ seed: Int) {
        var numbers = Numbers(seed: UInt64(seed))
        var configuration = Configuration(profile)
        configuration.retries = 100
        configuration.orphanRetries = 100
        configuration.synRetries = 100
        configuration.synAckRetries = 100
        configuration.offersSACK = seed % 3 != 0
        configuration.offersTimestamps = seed % 2 == 0
        let wire = MachineWire(client: configuration, server: configuration)
        wire.fate = { _, _ in
            switch numbers.next(below: 20) {
            case 0, 1: []
            case 2: [0, Microseconds(numbers.next(below: 50_000))]
            case 3, 4: [Microseconds(numbers.next(below: 40_000))]
            default: [0]
            }
        }
        wire.open()
        wire.run(for: 400_000_000)
        let count = 60_000
        wire.call(.client) { $0.send(count, at: $1) }
        wire.call(.client) { $0.shutdownSend(at: $1) }
        wire.call(.server) { $0.send(20_000, at: $1) }
        wire.run(for: 2_000_000_000)
        #expect(wire.readable[.server] == count)
        #expect(wire.readable[.client] == 20_000)
        #expect(wire.state(.server) == .closeWait)
        wire.call(.server) { $0.close(at: $1) }
        wire.run(for: 4_000_000_000)
        #expect(wire.state(.server) == .closed)
        #expect(wire.state(.client) == .closed)
        #expect(wire.faults.isEmpty)
    }
}

/// SplitMix64.
struct Numbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next(below bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }
}
