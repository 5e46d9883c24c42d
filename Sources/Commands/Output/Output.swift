import Kernel

/// Where a command's result goes: buffered bytes, handed on in large pieces.
struct Output: ~Copyable {
    /// The other end is not interested any more (`| head`). Not an error: the command ends quietly.
    struct ReaderGone: Error {}

    /// Large enough that write(2) costs nothing, small enough to stay in the cache.
    private static let piece = 1 << 16

    var buffer = ByteBuffer(capacity: piece + (1 << 16))
    private let hand: (UnsafeBufferPointer<UInt8>) throws -> Void

    init(_ hand: @escaping (UnsafeBufferPointer<UInt8>) throws -> Void) { self.hand = hand }

    /// To standard output.
    init(messages: Messages) {
        self.init { bytes in
            switch StandardStream.output.write(UnsafeRawBufferPointer(bytes)) {
            case .written: return
            case .readerGone: throw ReaderGone()
            case .failed(let reason): throw Failure(.usage, messages.cannotWrite(reason))
            }
        }
    }

    /// To be called after each row or part.
    mutating func flushIfLarge() throws {
        if buffer.count >= Self.piece { try flush() }
    }

    /// Hands on rows that stand elsewhere, behind what is buffered.
    mutating func pass(_ block: RowBlock) throws {
        try flush()
        let hand = hand
        try block.withBytes { bytes in Result { try hand(bytes) } }.get()
    }

    /// To be called at the end.
    mutating func flush() throws {
        let hand = hand
        let result = buffer.withBytes { bytes in Result { try hand(bytes) } }
        buffer.truncate(to: 0)
        try result.get()
    }
}
