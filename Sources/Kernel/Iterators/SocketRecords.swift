internal import CLinux
internal import Sockets
internal import TCP

/// What the iterator over sockets wrote in one namespace, kept as it came: it is decoded when all of it has come, by
/// several threads.
struct SocketRecords: Sendable {
    /// Whole records.
    struct Block: Sendable {
        let bytes: [UInt8]
        /// How many connections they make.
        let count: Int
    }

    private(set) var blocks: [Block] = []
    /// Records that no connection can be made of.
    private(set) var undecoded = 0
    /// Those that sockets are bound to.
    private(set) var interfaces: Set<UInt32> = []
    private(set) var hasSubflows = false

    /// As many as one read gives. A recording gives all in one piece.
    private static let blockCount = 256

    /// Whole records, as one read gives them.
    mutating func consume(_ bytes: RawSpan) {
        var ends: [(offset: Int, count: Int)] = []
        var (end, count) = (0, 0)
        undecoded += SocketRecordDecoder.walk(bytes) { offset, bucket, _ in
            if count == Self.blockCount {
                ends.append((end, count))
                count = 0
            }
            count += 1
            end = offset + Int(bucket.size)
            if bucket.interface != 0 { interfaces.insert(bucket.interface) }
            if bucket.flags & UInt8(LINGER_SUBFLOW.rawValue) != 0 { hasSubflows = true }
        }
        ends.append((end, count))
        var start = 0
        for end in ends where end.count > 0 {
            let part = bytes.extracting(start..<end.offset)
            blocks.append(Block(bytes: part.withUnsafeBytes { Array($0) }, count: end.count))
            start = end.offset
        }
    }
}
