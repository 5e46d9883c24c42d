import TCP

/// Packets to send, one behind the other in one piece of memory that is kept.
struct PacketQueue: Sendable {
    private struct Record {
        var range: Range<Int>
        var time: Instant
    }

    private var bytes: [UInt8] = []
    private var end = 0
    private var records: [Record] = []

    init() {}

    var isEmpty: Bool { records.isEmpty }

    /// Adds a packet that `write` puts into a buffer of `room` bytes; it returns how many there are.
    mutating func append(
        room: Int, at time: Instant, _ write: (UnsafeMutableRawBufferPointer) throws(WireError) -> Int
    ) throws(WireError) {
        if bytes.count < end + room {
            bytes.append(contentsOf: repeatElement(0, count: max(bytes.count, end + room - bytes.count)))
        }
        let start = end
        // withUnsafeMutableBytes knows no typed errors.
        let count = try bytes.withUnsafeMutableBytes { all in
            Result { () throws(WireError) -> Int in
                try write(UnsafeMutableRawBufferPointer(rebasing: all[start..<start + room]))
            }
        }.get()
        records.append(Record(range: start..<start + count, time: time))
        end += count
    }

    /// Hands all packets out and forgets them.
    mutating func drain(_ body: (RawSpan, Instant) -> Void) {
        for record in records { body(bytes.span.bytes.extracting(record.range), record.time) }
        records.removeAll(keepingCapacity: true)
        end = 0
    }
}
