import Sockets
import TCP
import Testing

@Suite("the bytes of a recollection")
struct RecollectionTests {
    /// One of everything.
    static let sample: Recollection = {
        var sample = Recollection(time: 9_000_000_000, since: 1_000_000_000, method: .looks, lost: 3)
        sample.processes = [
            ProcessIdentity(pid: 812, startTicks: 77, command: "server"),
            ProcessIdentity(pid: 0, command: "\u{1b}[2J喔"),
        ]
        sample.stacks = [Recollection.Stack(place: "serve+0x41 (main.c:88)", frames: ["accept4", "serve", "main"])]
        var listener = Recollection.Program(command: "server", listener: 6800, namespace: 4_026_531_840)
        (listener.closed, listener.slowest) = (4120, 2_000_000)
        let nobody = Recollection.Program(
            command: nil, destination: Endpoint(address: IPAddress(v6High: 1 << 61, low: 7), port: 443))
        sample.programs = [listener, nobody]
        sample.connections = [
            Recollection.Memory(
                cookie: 5, entered: 2_000_000_000, isExact: true, isOverdue: true, state: .closeWait, program: 0,
                opener: 0, stack: 0),
            Recollection.Memory(cookie: 6, entered: nil, isExact: false, state: .established, program: 1),
        ]
        sample.counts = Recollection.Counts(
            times: [1, 2, 3],
            series: [
                Recollection.Counts.Series(subject: .process(1), state: .closeWait, values: [4, 5, 6]),
                Recollection.Counts.Series(subject: .namespace(4_026_531_840), state: nil, values: [7, 8, 9]),
            ])
        return sample
    }()

    @Test("what was encoded is decoded as it was")
    func roundTrip() throws {
        let bytes = Self.sample.encoded()
        let decoded = try Recollection(decoding: bytes)
        #expect(decoded == Self.sample)
        // A renamed process is the same one, so equality does not look at names.
        #expect(decoded.processes.map(\.command) == Self.sample.processes.map(\.command))
        #expect(decoded.encoded() == bytes)
        let empty = Recollection(time: 1, since: 1)
        #expect(try Recollection(decoding: empty.encoded()) == empty)
    }

    @Test("a beginning of it is an error that says so, wherever it ends")
    func prefixes() {
        let bytes = Self.sample.encoded()
        for count in 0..<bytes.count {
            #expect(throws: RecollectionError.self) { try Recollection(decoding: Array(bytes.prefix(count))) }
        }
        #expect(throws: RecollectionError.self) { try Recollection(decoding: bytes + [0]) }
        #expect(throws: RecollectionError.notOne) { try Recollection(decoding: Array("HTTP/1.1 200 OK\r\n\r\n".utf8)) }
    }

    @Test("a flipped bit is an error, or another recollection whose every index points somewhere")
    func flips() {
        let bytes = Self.sample.encoded()
        for place in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[place] ^= 1 << UInt8(bit)
                expectSound(changed)
            }
        }
    }

    @Test("many changed bytes are no crash, the length kept or not")
    func noise() {
        var random = SeededNumbers(seed: 4)
        let bytes = Self.sample.encoded()
        for _ in 0..<3000 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let place = Int.random(in: 24..<changed.count, using: &random)
                changed[place] = Bool.random(using: &random) ? 0xff : UInt8.random(in: 0...255, using: &random)
            }
            expectSound(changed)
        }
    }

    @Test("90,000 connections take 32 bytes each")
    func size() throws {
        var large = Self.sample
        large.connections = (1...90_000).map {
            Recollection.Memory(
                cookie: UInt64($0), entered: UInt64($0), isExact: true, state: .closeWait, program: 0, opener: 1,
                stack: 0)
        }
        let bytes = large.encoded()
        #expect(bytes.count == Self.sample.encoded().count + (90_000 - 2) * 32)
        #expect(try Recollection(decoding: bytes) == large)
    }

    @Test("a text that is too long is cut, and is a text still")
    func longText() throws {
        var sample = Recollection(time: 2, since: 1)
        sample.stacks = [Recollection.Stack(place: String(repeating: "喔", count: 100_000))]
        let place = try Recollection(decoding: sample.encoded()).stacks[0].place
        #expect(!place.isEmpty && place.allSatisfy { $0 == "喔" })
    }

    private func expectSound(_ bytes: [UInt8]) {
        guard let found = try? Recollection(decoding: bytes) else { return }
        #expect(
            found.connections.allSatisfy { memory in
                memory.program.map(found.programs.indices.contains) ?? true
                    && memory.opener.map(found.processes.indices.contains) ?? true
                    && memory.stack.map(found.stacks.indices.contains) ?? true
            })
        #expect(found.counts.series.allSatisfy { $0.values.count == found.counts.times.count })
    }
}

/// The same numbers in every run (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
