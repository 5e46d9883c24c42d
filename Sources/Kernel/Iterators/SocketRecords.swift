internal import CLinux
internal import Sockets
internal import TCP

/// What the iterator over sockets wrote in one namespace, kept as it came: it is decoded by other threads than the one
/// that reads, for that is the one that everything waits for.
struct SocketRecords: Sendable {
    /// Whole records.
    struct Block: Sendable {
        fileprivate let chunk: Chunk
        fileprivate let range: Range<Int>
        /// How many connections they make.
        let count: Int

        func withBytes(_ body: (RawSpan) -> Void) { chunk.withBytes(range, body) }
    }

    private var blocks: [Block] = []
    /// The last one, to which what comes next is added.
    private var open: Block?
    /// Records that no connection can be made of.
    private(set) var undecoded = 0
    /// Those that sockets are bound to.
    private(set) var interfaces: Set<UInt32> = []
    private(set) var hasSubflows = false
    private var chunk = Chunk(size: 0)

    /// What is decoded at a time: enough that handing it on costs nothing beside it. A read gives about 180, a recording
    /// gives all in one piece.
    private static let blockCount = 1024

    /// Where the next read may write: what is consumed from there is not copied.
    mutating func room() -> UnsafeMutableRawBufferPointer {
        if chunk.free.count < IteratorProgram.most { renew(IteratorProgram.most) }
        return chunk.free
    }

    private mutating func renew(_ size: Int) {
        close()
        chunk = Chunk(size: max(Chunk.usual, size))
    }

    /// Whole records, as one read gives them.
    mutating func consume(_ bytes: RawSpan) {
        var ends: [(offset: Int, count: Int)] = []
        var (end, count) = (0, 0)
        undecoded += SocketRecordDecoder.walk(bytes) { offset, bucket in
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
        if chunk.free.count < bytes.byteCount { renew(bytes.byteCount) }
        let range = chunk.append(bytes)
        let start = open?.range.lowerBound ?? range.lowerBound
        let block = Block(chunk: chunk, range: start..<range.upperBound, count: (open?.count ?? 0) + count)
        open = block
        if block.count >= Self.blockCount { close() }
    }

    private mutating func close() {
        if let open { blocks.append(open) }
        open = nil
    }

    /// Blocks that are whole and were not taken yet; at the end all.
    mutating func takeBlocks(isEnd: Bool = false) -> [Block] {
        if isEnd { close() }
        defer { blocks = [] }
        return blocks
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

    var free: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(rebasing: memory[used...]) }

    func append(_ bytes: RawSpan) -> Range<Int> {
        let range = used..<used + bytes.byteCount
        let target = UnsafeMutableRawBufferPointer(rebasing: memory[range])
        bytes.withUnsafeBytes { source in
            // What was read into the free memory stands there already.
            if source.baseAddress != UnsafeRawPointer(target.baseAddress) { target.copyMemory(from: source) }
        }
        used = range.upperBound
        return range
    }

    func withBytes(_ range: Range<Int>, _ body: (RawSpan) -> Void) {
        body(UnsafeRawBufferPointer(rebasing: memory[range]).bytes)
    }
}
