internal import CLinux
internal import Sockets
internal import TCP

/// What the iterator over sockets wrote in one namespace, kept as it came: it is decoded when all of it has come, by
/// several threads.
struct SocketRecords: Sendable {
    /// Whole records.
    struct Block: Sendable {
        fileprivate let chunk: Chunk
        fileprivate let range: Range<Int>
        /// How many connections they make.
        let count: Int

        func withBytes(_ body: (RawSpan) -> Void) { chunk.withBytes(range, body) }
    }

    private(set) var blocks: [Block] = []
    /// Records that no connection can be made of.
    private(set) var undecoded = 0
    /// Those that sockets are bound to.
    private(set) var interfaces: Set<UInt32> = []
    private(set) var hasSubflows = false
    private var chunk = Chunk(size: 0)

    /// About as many as one read gives. A recording gives all in one piece.
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
            keep(bytes.extracting(start..<end.offset), count: end.count)
            start = end.offset
        }
    }

    private mutating func keep(_ bytes: RawSpan, count: Int) {
        if chunk.free < bytes.byteCount { chunk = Chunk(size: max(Chunk.usual, bytes.byteCount)) }
        blocks.append(Block(chunk: chunk, range: chunk.append(bytes), count: count))
    }
}

/// Memory for records, filled from its beginning.
///
/// `@unchecked Sendable`: written by the thread that reads the iterator, and never again where a block was handed out.
private final class Chunk: @unchecked Sendable {
    static let usual = 4 << 20

    private let memory: UnsafeMutableRawBufferPointer
    private var used = 0

    init(size: Int) {
        memory = .allocate(byteCount: size, alignment: size < Self.usual ? 16 : 2 << 20)
        memory.preferHugePages()
    }

    deinit { memory.deallocate() }

    var free: Int { memory.count - used }

    func append(_ bytes: RawSpan) -> Range<Int> {
        let range = used..<used + bytes.byteCount
        bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: memory[range]).copyMemory(from: $0) }
        used = range.upperBound
        return range
    }

    func withBytes(_ range: Range<Int>, _ body: (RawSpan) -> Void) {
        body(UnsafeRawBufferPointer(rebasing: memory[range]).bytes)
    }
}
