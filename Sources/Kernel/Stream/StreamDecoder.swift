internal import CLinux
internal import Glibc
internal import Sockets
internal import TCP

/// Makes events of the records of the ring buffer (`Probes/records.h`).
struct StreamDecoder {
    /// sysconf(_SC_CLK_TCK): /proc counts start times in it.
    let ticksPerSecond: UInt64
    /// Finds what frame pointers do not lead to; `nil` leaves the frames as they came.
    var unwinder: Unwinder?

    private static let openingSize = MemoryLayout<linger_opening>.size
    /// Where every record has its kind.
    private static let kindOffset = 20

    /// `nil` for a record that is none of ours.
    func event(_ bytes: RawSpan) -> StreamEvent? {
        switch bytes.load(Self.kindOffset, as: UInt8.self).map(UInt32.init) {
        case LINGER_TRANSITION.rawValue: transition(bytes).map(StreamEvent.transition)
        case LINGER_OPENING.rawValue: opening(bytes).map(StreamEvent.opening)
        case LINGER_COURSE.rawValue: bytes.load(0, as: linger_course.self).flatMap(course).map(StreamEvent.course)
        default: nil
        }
    }

    private func transition(_ bytes: RawSpan) -> Transition? {
        guard let record = bytes.load(0, as: linger_transition.self),
            let old = State(kernelNumber: record.old_state), let new = State(kernelNumber: record.new_state),
            let local = IPAddress(record.local, family: record.family),
            let remote = IPAddress(record.remote, family: record.family)
        else { return nil }
        return Transition(
            time: record.time, cookie: record.cookie, namespace: record.namespace_inode, old: old, new: new,
            local: Endpoint(address: local, port: record.local_port),
            remote: Endpoint(address: remote, port: record.remote_port), interface: record.interface,
            bytesAcked: record.bytes_acked, bytesReceived: record.bytes_received,
            retransmissions: record.retransmissions, error: record.error,
            flags: Transition.Flags(rawValue: record.flags & 7))
    }

    /// `nil` for one that makes no sense.
    func course(_ record: linger_course) -> Course? {
        let young = record.young
        guard (1...Course.longest).contains(Int(young.count)),
            let local = IPAddress(young.local, family: young.family), let first = State(kernelNumber: young.states.0),
            let remote = IPAddress(young.remote, family: young.family)
        else { return nil }
        var course = Course(
            cookie: young.cookie, namespace: young.namespace_inode,
            local: Endpoint(address: local, port: young.local_port),
            remote: Endpoint(address: remote, port: young.remote_port), interface: young.interface, first: first,
            at: young.began)
        let isWhole = withUnsafeBytes(of: young) { bytes in
            for index in 1..<max(1, Int(young.count)) {
                let number = bytes[Self.statesOffset + index]
                guard let state = State(kernelNumber: number) else { return false }
                let later = bytes.load(fromByteOffset: Self.afterOffset + (index - 1) * 4, as: UInt32.self)
                course.enter(state, later: later)
            }
            return true
        }
        guard isWhole else { return nil }
        course.opener = opener(young)
        guard record.ended != 0 else { return course }
        guard let old = State(kernelNumber: record.old_state) else { return nil }
        course.end = Course.End(
            time: record.ended, old: old, bytesAcked: record.bytes_acked, bytesReceived: record.bytes_received,
            retransmissions: record.retransmissions, error: UInt16(truncatingIfNeeded: record.error),
            flags: Transition.Flags(rawValue: record.flags & 7))
        return course
    }

    private static let afterOffset = MemoryLayout<linger_young>.offset(of: \.after) ?? 0
    private static let statesOffset = MemoryLayout<linger_young>.offset(of: \.states) ?? 0

    private func opener(_ young: linger_young) -> Course.Opener? {
        guard young.opened != 0, young.opened == UInt32(truncatingIfNeeded: young.cookie),
            let way = Opening.Way(rawValue: young.way)
        else { return nil }
        return Course.Opener(
            pid: Int32(bitPattern: young.pid), startTicks: ticks(young.started),
            command: withUnsafeBytes(of: young.command) { $0.loadUnaligned(as: SIMD16<UInt8>.self) }, way: way,
            descriptor: young.descriptor < 0 ? nil : young.descriptor)
    }

    /// As /proc does it: whole nanoseconds of a tick, rounded down.
    private func ticks(_ nanoseconds: UInt64) -> UInt64 {
        nanoseconds / max(1, 1_000_000_000 / max(1, ticksPerSecond))
    }

    private func opening(_ bytes: RawSpan) -> Opening? {
        guard let record = bytes.load(0, as: linger_opening.self), let way = Opening.Way(rawValue: record.way),
            record.frames <= UInt16(LINGER_FRAMES), record.words <= UInt32(LINGER_WORDS)
        else { return nil }
        let wordsEnd = Self.openingSize + Int(record.words) * 8
        guard let words = numbers(in: bytes, Self.openingSize..<wordsEnd),
            var frames = numbers(in: bytes, wordsEnd..<wordsEnd + Int(record.frames) * 8)
        else { return nil }
        let command = withUnsafeBytes(of: record.command) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let process = ProcessIdentity(
            pid: Int32(bitPattern: record.pid), startTicks: ticks(record.started), command: command)
        if let unwinder, !words.isEmpty { frames = unwinder.complete(frames, words, of: process) }
        return Opening(
            time: record.time, cookie: record.cookie, namespace: record.namespace_inode, way: way, process: process,
            thread: Int32(bitPattern: record.thread), descriptor: record.descriptor < 0 ? nil : record.descriptor,
            frames: frames)
    }

    /// Of 8 bytes each; `nil` where the record is too short for them.
    private func numbers(in bytes: RawSpan, _ range: Range<Int>) -> [UInt64]? {
        guard range.upperBound <= bytes.byteCount else { return nil }
        return stride(from: range.lowerBound, to: range.upperBound, by: 8).compactMap {
            bytes.load($0, as: UInt64.self)
        }
    }
}

/// How Swift sees `__u8 [16]`.
private typealias SixteenBytes = (
    UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8
)

extension IPAddress {
    /// An address of a record: 16 bytes in network order, IPv4 in the first four.
    fileprivate init?(_ bytes: SixteenBytes, family: UInt16) {
        switch Int32(family) {
        case AF_INET:
            self.init(v4: UInt32(bytes.0) << 24 | UInt32(bytes.1) << 16 | UInt32(bytes.2) << 8 | UInt32(bytes.3))
        case AF_INET6:
            let halves = withUnsafeBytes(of: bytes) { raw in
                (
                    UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                    UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                )
            }
            self.init(v6High: halves.0, low: halves.1)
        default: return nil
        }
    }
}
