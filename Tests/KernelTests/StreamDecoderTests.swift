import CLinux
import Sockets
import TCP
import Testing

@testable import Kernel

@Suite struct StreamDecoderTests {
    private let decoder = StreamDecoder(ticksPerSecond: 100)

    private func bytes<Record>(_ record: Record, adding frames: [UInt64] = []) -> [UInt8] {
        withUnsafeBytes(of: record) { Array($0) } + frames.withUnsafeBytes { Array($0) }
    }

    private func transition() -> linger_transition {
        var record = linger_transition()
        record.time = 123_456_789
        record.cookie = 42
        record.namespace_inode = 4_026_531_840
        record.kind = UInt8(LINGER_TRANSITION.rawValue)
        record.old_state = 1
        record.new_state = 8
        record.flags = UInt8(LINGER_FIN_RECEIVED.rawValue)
        (record.local.0, record.local.1, record.local.2, record.local.3) = (10, 0, 0, 1)
        (record.remote.0, record.remote.1, record.remote.2, record.remote.3) = (10, 0, 0, 2)
        record.local_port = 443
        record.remote_port = 50_000
        record.bytes_acked = 7
        record.bytes_received = 8
        record.retransmissions = 9
        record.interface = 3
        record.error = 104
        record.family = 2
        return record
    }

    @Test("a transition is read whole")
    func whole() {
        let event = decoder.event(bytes(transition()).span.bytes)
        #expect(
            event
                == .transition(
                    Transition(
                        time: 123_456_789, cookie: 42, namespace: 4_026_531_840, old: .established, new: .closeWait,
                        local: Endpoint(address: IPAddress(v4: 0x0a00_0001), port: 443),
                        remote: Endpoint(address: IPAddress(v4: 0x0a00_0002), port: 50_000), interface: 3,
                        bytesAcked: 7,
                        bytesReceived: 8, retransmissions: 9, error: 104, flags: .finReceived)))
    }

    @Test("an opening is read with its process and its stack")
    func opening() {
        var record = linger_opening()
        record.time = 5
        record.cookie = 42
        record.kind = UInt8(LINGER_OPENING.rawValue)
        record.way = UInt8(LINGER_ACCEPT.rawValue)
        record.frames = 2
        record.pid = 812
        record.thread = 813
        record.descriptor = 7
        // 123.456 seconds after boot.
        record.started = 123_456_000_000
        (record.command.0, record.command.1) = (UInt8(ascii: "s"), UInt8(ascii: "h"))
        #expect(
            decoder.event(bytes(record, adding: [0x1000, 0x2000]).span.bytes)
                == .opening(
                    Opening(
                        time: 5, cookie: 42, way: .accept,
                        process: ProcessIdentity(pid: 812, startTicks: 12_345, command: "sh"), thread: 813,
                        descriptor: 7, frames: [0x1000, 0x2000])))
        // What stood on the stack comes before the frames.
        record.words = 3
        let whole = bytes(record, adding: [0x7f00, 0x7e00, 0xbad, 0x1000, 0x2000])
        guard case .opening(let one) = decoder.event(whole.span.bytes) else { return #expect(Bool(false)) }
        #expect(one.frames == [0x1000, 0x2000])
        for length in 0..<whole.count { #expect(decoder.event(Array(whole[..<length]).span.bytes) == nil) }
        record.words = .max
        #expect(decoder.event(whole.span.bytes) != nil && decoder.event(bytes(record).span.bytes) == nil)
        (record.words, record.frames) = (0, 0)
        record.descriptor = -1
        guard case .opening(let bare) = decoder.event(bytes(record).span.bytes) else { return #expect(Bool(false)) }
        #expect(bare.descriptor == nil && bare.frames.isEmpty)
    }

    @Test("what is cut short or none of ours is refused, at every length")
    func broken() {
        let good = bytes(transition())
        for length in 0..<good.count { #expect(decoder.event(Array(good[..<length]).span.bytes) == nil) }
        var unknownKind = transition()
        unknownKind.kind = 9
        var unknownState = transition()
        unknownState.new_state = 99
        var unknownFamily = transition()
        unknownFamily.family = 1
        for record in [unknownKind, unknownState, unknownFamily] {
            #expect(decoder.event(bytes(record).span.bytes) == nil)
        }
        var opening = linger_opening()
        opening.kind = UInt8(LINGER_OPENING.rawValue)
        opening.way = 1
        opening.frames = 2
        #expect(decoder.event(bytes(opening, adding: [1]).span.bytes) == nil)
        opening.frames = .max
        #expect(decoder.event(bytes(opening).span.bytes) == nil)
    }

    @Test("any bytes are decoded or refused")
    func fuzz() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...400, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if bytes.count > 20 { bytes[20] = UInt8.random(in: 0...3, using: &random) }
            _ = decoder.event(bytes.span.bytes)
        }
    }
}
