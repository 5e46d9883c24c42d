/// Metrics in Prometheus' text format, version 0.0.4, written family by family.
///
/// Source: prometheus.io/docs/instrumenting/exposition_formats, "Text-based format". All samples of a family follow its
/// head; the caller sees to it that no two have the same labels.
package struct Exposition: Sendable {
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    package enum Kind: String, Sendable { case counter, gauge, histogram }

    package typealias Labels = [(name: StaticString, value: String)]

    package private(set) var bytes: [UInt8] = []
    private var family: StaticString = ""

    package init(reservingCapacity capacity: Int = 1 << 16) { bytes.reserveCapacity(capacity) }

    /// Begins a family.
    /// - Parameter help: one sentence.
    package mutating func begin(_ name: StaticString, _ kind: Kind, _ help: String) {
        family = name
        append("# HELP \(name) ")
        appendEscaped(help, quotes: false)
        append("\n# TYPE \(name) \(kind.rawValue)\n")
    }

    package mutating func sample(_ value: Double, _ labels: Labels = []) {
        line("", labels, value)
    }

    package mutating func sample(_ value: some BinaryInteger, _ labels: Labels = []) {
        line("", labels, value)
    }

    /// One histogram of the family.
    /// - Parameters:
    ///   - buckets: upper bounds, ascending, and how many values are not above each; the one of all is added.
    ///   - sum: of all values.
    package mutating func histogram(
        _ buckets: [(bound: Double, count: UInt64)], count: UInt64, sum: Double, _ labels: Labels = []
    ) {
        for bucket in buckets { line("_bucket", labels + [("le", Self.text(bucket.bound))], bucket.count) }
        line("_bucket", labels + [("le", "+Inf")], count)
        line("_sum", labels, sum)
        line("_count", labels, count)
    }

    // MARK: Parts

    private mutating func line(_ suffix: StaticString, _ labels: Labels, _ value: some BinaryInteger) {
        head(suffix, labels)
        append("\(value)\n")
    }

    private mutating func line(_ suffix: StaticString, _ labels: Labels, _ value: Double) {
        head(suffix, labels)
        append(Self.text(value))
        append("\n")
    }

    private mutating func head(_ suffix: StaticString, _ labels: Labels) {
        append("\(family)\(suffix)")
        if !labels.isEmpty {
            append("{")
            for (place, label) in labels.enumerated() {
                append(place == 0 ? "\(label.name)=\"" : ",\(label.name)=\"")
                appendEscaped(label.value, quotes: true)
                append("\"")
            }
            append("}")
        }
        append(" ")
    }

    /// As Go's ParseFloat reads it.
    static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), value.magnitude < 1e15 { return String(Int64(value)) }
        return "\(value)"
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func appendEscaped(_ text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\"") where quotes: append("\\\"")
            default: bytes.append(byte)
            }
        }
    }
}
