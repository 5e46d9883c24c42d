import Sockets

/// Bytes on their way to an output: grows, and is written without a `String` a field.
struct ByteBuffer: ~Copyable {
    private var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private(set) var count = 0

    init(capacity: Int = 4096) {
        self.capacity = max(capacity, 64)
        base = .allocate(capacity: self.capacity)
    }

    deinit { base.deallocate() }

    /// Makes room for so many bytes more.
    @inline(__always)
    mutating func reserve(_ more: Int) {
        if count + more > capacity { grow(more) }
    }

    @inline(never)
    private mutating func grow(_ more: Int) {
        let larger = max(capacity * 2, count + more)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        moved.update(from: base, count: count)
        base.deallocate()
        base = moved
        capacity = larger
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        reserve(1)
        base[count] = byte
        count += 1
    }

    @inline(__always)
    mutating func append(_ text: StaticString) {
        append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { append($0) }
    }

    /// A name of its own: a literal that could be a `String` would be one, and take ten times as long.
    mutating func append(string: String) {
        var text = string
        text.withUTF8 { append($0) }
    }

    /// Cells are short: up to 16 bytes are copied as two words that may overlap, without a call.
    @inline(__always)
    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let start = bytes.baseAddress else { return }
        let length = bytes.count
        reserve(max(length, 16))
        let source = UnsafeRawPointer(start)
        let target = UnsafeMutableRawPointer(base + count)
        switch length {
        case 8...16: Self.copy(source, target, length, UInt64.self)
        case 4..<8: Self.copy(source, target, length, UInt32.self)
        case 2..<4: Self.copy(source, target, length, UInt16.self)
        case 1: target.storeBytes(of: bytes[0], as: UInt8.self)
        default: target.copyMemory(from: source, byteCount: length)
        }
        count += length
    }

    /// Of a length between one and two words: its first word and its last.
    @inline(__always)
    private static func copy<Word: BitwiseCopyable>(
        _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ length: Int, _ type: Word.Type
    ) {
        let last = length - MemoryLayout<Word>.size
        let (head, tail) = (source.loadUnaligned(as: type), source.loadUnaligned(fromByteOffset: last, as: type))
        target.storeBytes(of: head, as: type)
        target.storeBytes(of: tail, toByteOffset: last, as: type)
    }

    mutating func append(repeating byte: UInt8, count times: Int) {
        guard times > 0 else { return }
        reserve(times)
        (base + count).update(repeating: byte, count: times)
        count += times
    }

    @inline(__always)
    mutating func append(decimal value: UInt64) {
        if value < 10 { append(0x30 + UInt8(truncatingIfNeeded: value)) } else { append(long: value) }
    }

    private mutating func append(long value: UInt64) {
        guard value < 100_000_000 else {
            append(decimal: value / 100_000_000)
            return append(digits: Digits.eight(UInt32(truncatingIfNeeded: value % 100_000_000)), leaving: 0)
        }
        let digits = Digits.eight(UInt32(truncatingIfNeeded: value))
        append(digits: digits, leaving: (digits & 0x0f0f_0f0f_0f0f_0f0f).trailingZeroBitCount / 8)
    }

    /// Eight digits in the order of memory, without the first few.
    @inline(__always)
    private mutating func append(digits: UInt64, leaving zeros: Int) {
        reserve(8)
        UnsafeMutableRawPointer(base + count)
            .storeBytes(of: (digits &>> UInt64(zeros * 8)).littleEndian, as: UInt64.self)
        count += 8 - zeros
    }

    mutating func append(decimal value: some BinaryInteger) {
        if value < 0 { append(UInt8(ascii: "-")) }
        append(decimal: UInt64(value.magnitude))
    }

    /// Lower case, without leading zeros.
    mutating func append(hexadecimal value: UInt64) {
        let low = UInt32(truncatingIfNeeded: value)
        guard value > UInt32.max else {
            return append(digits: Digits.hexadecimal(low), leaving: min(7, low.leadingZeroBitCount / 4))
        }
        append(hexadecimal: value >> 32)
        append(digits: Digits.hexadecimal(low), leaving: 0)
    }

    /// Lets `write` fill at most so many bytes and tell how many it used.
    @inline(__always)
    mutating func append(atMost most: Int, _ write: (UnsafeMutableBufferPointer<UInt8>) -> Int) {
        reserve(most)
        count += min(write(UnsafeMutableBufferPointer(start: base + count, count: most)), most)
    }

    /// Forgets what was appended after `length`.
    mutating func truncate(to length: Int) {
        count = min(count, max(length, 0))
    }

    borrowing func withBytes<Result>(from start: Int = 0, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        body(UnsafeBufferPointer(start: base + start, count: count - start))
    }

    /// The bytes as text; for tests and for short pieces.
    borrowing func text(from start: Int = 0) -> String {
        withBytes(from: start) { String(decoding: $0, as: UTF8.self) }
    }
}
