/// Puts numbers and texts behind each other, little-endian.
struct ByteWriter {
    var bytes: [UInt8] = []

    init(reserving capacity: Int) { bytes.reserveCapacity(capacity) }

    mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Its length and its bytes; cut between two characters where it is too long.
    mutating func append(_ text: String) {
        var text = text[...]
        while text.utf8.count > Recollection.longestText { text = text.prefix(max(0, text.count / 2)) }
        append(UInt16(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func set(_ number: some FixedWidthInteger, at place: Int) {
        withUnsafeBytes(of: number.littleEndian) { source in
            for (offset, byte) in source.enumerated() { bytes[place + offset] = byte }
        }
    }
}

/// Takes numbers and texts from bytes that may say anything: nothing is read past the end.
struct ByteReader {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var remaining: Int { bytes.count - place }
    var isAtEnd: Bool { remaining == 0 }

    mutating func skip(_ count: Int) { place += min(count, remaining) }

    /// - Parameter name: of the field, for the error.
    mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type, _ name: String
    ) throws(RecollectionError) -> Number {
        guard remaining >= MemoryLayout<Number>.size else { throw .field(name) }
        let number = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: type) }
        place += MemoryLayout<Number>.size
        return Number(littleEndian: number)
    }

    /// How many follow; never more than there are bytes for.
    mutating func count(_ name: String, size: Int) throws(RecollectionError) -> Int {
        let count = Int(try number(UInt32.self, name))
        guard count <= remaining / size else { throw .field(name) }
        return count
    }

    mutating func index(below count: Int, _ name: String) throws(RecollectionError) -> Int? {
        let raw = try number(UInt32.self, name)
        if raw == Recollection.none { return nil }
        guard Int(raw) < count else { throw .field(name) }
        return Int(raw)
    }

    mutating func text(_ name: String) throws(RecollectionError) -> String {
        let length = Int(try number(UInt16.self, name))
        guard length <= remaining else { throw .field(name) }
        defer { place += length }
        return String(decoding: bytes[place..<place + length], as: UTF8.self)
    }
}
