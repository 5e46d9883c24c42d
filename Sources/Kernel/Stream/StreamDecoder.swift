internal import CLinux
internal import Glibc
internal import Sockets
internal import TCP

/// Makes events of the records of the ring buffer (`Probes/records.h`).
struct StreamDecoder {
    /// sysconf(_SC_CLK_TCK): /proc counts start times in it.
    let ticksPerSecond: UInt64

    private static let openingSize = MemoryLayout<linger_opening>.size
    /// Where every record has its kind.
    private static let kindOffset = 20

    /// `nil` for a record that is none of ours.
    func event(_ bytes: RawSpan) -> StreamEvent? {
        switch bytes.load(Self.kindOffset, as: UInt8.self).map(UInt32.init) {
        case LINGER_TRANSITION.rawValue: transition(bytes).map(StreamEvent.transition)
        case LINGER_OPENING.rawValue: opening(bytes).map(StreamEvent.opening)
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

    private func opening(_ bytes: RawSpan) -> Opening? {
        guard let record = bytes.load(0, as: linger_opening.self), let way = Opening.Way(rawValue: record.way),
            record.frames <= UInt16(LINGER_FRAMES)
        else { return nil }
        var frames: [UInt64] = []
        if record.frames > 0 {
            frames.reserveCapacity(Int(record.frames))
            for index in 0..<Int(record.frames) {
                guard let frame = bytes.load(Self.openingSize + index * 8, as: UInt64.self) else { return nil }
                frames.append(frame)
            }
        }
        let command = withUnsafeBytes(of: record.command) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        // As /proc does it: whole nanoseconds of a tick, rounded down.
        let ticks = record.started / max(1, 1_000_000_000 / max(1, ticksPerSecond))
        return Opening(
            time: record.time, cookie: record.cookie, namespace: record.namespace_inode, way: way,
            process: ProcessIdentity(pid: Int32(bitPattern: record.pid), startTicks: ticks, command: command),
            thread: Int32(bitPattern: record.thread), descriptor: record.descriptor < 0 ? nil : record.descriptor,
            frames: frames)
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
