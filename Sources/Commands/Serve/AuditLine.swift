/// What the history wants to know of a line of the audit record: the fields that every line begins with, in their order
/// (`AuditRecord`). The rest stays as it is written.
struct AuditLine: Sendable, Equatable {
    /// Milliseconds since 1970.
    var time: UInt64
    /// Ties the lines of one run together.
    var run: String
    /// `clear`, or `policy NAME`.
    var source: String
    /// `plan`, `act`, `left`, `end`, `tune` …
    var record: String
    /// The whole line.
    var json: String

    /// `nil` for what is no line of ours: somebody else wrote into the file.
    init?(_ bytes: [UInt8]) {
        var rest = bytes[...]
        guard rest.last == UInt8(ascii: "}"), Self.skip(#"{"time_ms":"#, &rest) else { return nil }
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard let time = UInt64(String(decoding: digits, as: UTF8.self)) else { return nil }
        rest = rest.dropFirst(digits.count)
        guard let run = Self.text(of: "run", &rest) else { return nil }
        // Lines of before policies were have none.
        let source = Self.text(of: "source", &rest) ?? "clear"
        guard let record = Self.text(of: "record", &rest) else { return nil }
        self.time = time
        self.run = run
        self.source = source
        self.record = record
        json = String(decoding: bytes, as: UTF8.self)
    }

    /// `,"name":"text"`; none of ours has anything in it that JSON escapes.
    private static func text(of name: String, _ rest: inout ArraySlice<UInt8>) -> String? {
        var after = rest
        guard skip(",\"\(name)\":\"", &after) else { return nil }
        let text = after.prefix { $0 != UInt8(ascii: "\"") }
        guard !text.contains(UInt8(ascii: "\\")) else { return nil }
        rest = after.dropFirst(text.count + 1)
        return String(decoding: text, as: UTF8.self)
    }

    private static func skip(_ text: String, _ rest: inout ArraySlice<UInt8>) -> Bool {
        guard rest.starts(with: text.utf8) else { return false }
        rest = rest.dropFirst(text.utf8.count)
        return true
    }
}
