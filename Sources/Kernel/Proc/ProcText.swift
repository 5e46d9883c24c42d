/// A text file of the kernel: lines of words, numbers in decimal. Bytes, for such files are many and names in them may
/// be anything.
struct ProcText {
    let bytes: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { self.bytes = bytes[...] }
    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    var lines: [ArraySlice<UInt8>] { bytes.split(separator: UInt8(ascii: "\n")) }

    /// Separated by blanks, tabs or line ends.
    var words: [ArraySlice<UInt8>] {
        bytes.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\n") }
    }

    /// The first word as a number.
    func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) -> Value? {
        words.first.flatMap { Self.integer($0) }
    }

    static func integer<Value: FixedWidthInteger>(_ word: ArraySlice<UInt8>) -> Value? {
        Value(String(decoding: word, as: UTF8.self))
    }

    /// The words behind `name` in a file of `name: value` lines.
    func value(of name: String) -> [ArraySlice<UInt8>]? { words(behind: name + ":") }

    /// The words behind the beginning of the first line that begins so. Does not make a list of the lines before.
    func words(behind start: String) -> [ArraySlice<UInt8>]? {
        var rest = bytes
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
            let line = rest[..<end]
            if line.starts(with: start.utf8) { return ProcText(line.dropFirst(start.utf8.count)).words }
            rest = rest[end...].dropFirst()
        }
        return nil
    }
}
