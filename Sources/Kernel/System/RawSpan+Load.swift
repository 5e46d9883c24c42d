extension RawSpan {
    /// The number at a byte offset, in the machine's order; `nil` past the end.
    @inline(__always)
    func load<Value: BitwiseCopyable>(_ offset: Int, as type: Value.Type) -> Value? {
        guard offset >= 0, offset <= byteCount - MemoryLayout<Value>.size else { return nil }
        return unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: type)
    }

    /// `count` bytes from an offset; `nil` past the end.
    @inline(__always)
    @_lifetime(copy self)
    func slice(_ offset: Int, count: Int) -> RawSpan? {
        guard offset >= 0, count >= 0, offset <= byteCount - count else { return nil }
        return extracting(offset..<offset + count)
    }
}
