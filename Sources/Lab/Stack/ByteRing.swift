/// Bytes of one direction of a connection, in order, the oldest at offset 0. It may have holes: bytes are written at any
/// offset, and who holds the ring knows which are there.
///
/// It grows to the next power of two and gives its memory back when it is emptied by `reset`: an idle connection has none.
struct ByteRing: Sendable {
    private var bytes: [UInt8] = []
    private var head = 0

    init() {}

    /// Bytes that fit without growing.
    var capacity: Int { bytes.count }

    /// Writes bytes at an offset from the front.
    mutating func write(_ source: UnsafeRawBufferPointer, at offset: Int) {
        guard let from = source.baseAddress, !source.isEmpty else { return }
        reserve(offset + source.count)
        let start = (head + offset) & (bytes.count - 1)
        let first = min(source.count, bytes.count - start)
        bytes.withUnsafeMutableBytes { storage in
            guard let base = storage.baseAddress else { return }
            base.advanced(by: start).copyMemory(from: from, byteCount: first)
            base.copyMemory(from: from.advanced(by: first), byteCount: source.count - first)
        }
    }

    /// Copies bytes from an offset; they must have been written.
    func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) {
        guard let to = target.baseAddress, !target.isEmpty else { return }
        precondition(offset + target.count <= bytes.count, "bytes that were never written")
        let start = (head + offset) & (bytes.count - 1)
        let first = min(target.count, bytes.count - start)
        bytes.withUnsafeBytes { storage in
            guard let base = storage.baseAddress else { return }
            to.copyMemory(from: base.advanced(by: start), byteCount: first)
            to.advanced(by: first).copyMemory(from: base, byteCount: target.count - first)
        }
    }

    /// Forgets bytes at the front.
    mutating func drop(_ count: Int) {
        guard !bytes.isEmpty else { return }
        head = (head + count) & (bytes.count - 1)
    }

    /// Nothing is in it any more: the memory goes back.
    mutating func reset() { (bytes, head) = ([], 0) }

    private mutating func reserve(_ count: Int) {
        guard count > bytes.count else { return }
        var size = max(bytes.count, 256)
        while size < count { size *= 2 }
        var larger = [UInt8](repeating: 0, count: size)
        larger.withUnsafeMutableBytes { target in
            read(at: 0, into: UnsafeMutableRawBufferPointer(rebasing: target[..<bytes.count]))
        }
        (bytes, head) = (larger, 0)
    }
}
