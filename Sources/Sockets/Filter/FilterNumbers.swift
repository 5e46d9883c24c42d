// Numbers, times and sizes as a filter and a configuration have them.

/// Why a number was not taken.
package enum NumberFault: Error, Hashable {
    case form
    case tooLarge
}

/// A number in C's manner, as `ss` reads ports and marks: decimal, `0x` hexadecimal, leading `0` octal.
func parseNumber(_ text: some StringProtocol, upTo largest: UInt64) throws(NumberFault) -> UInt64 {
    var digits = Array(text.utf8)[...]
    var base: UInt64 = 10
    if digits.starts(with: "0x".utf8) || digits.starts(with: "0X".utf8) {
        base = 16
        digits = digits.dropFirst(2)
    } else if digits.count > 1, digits.first == UInt8(ascii: "0") {
        base = 8
    }
    guard !digits.isEmpty else { throw .form }
    var value: UInt64 = 0
    var overflows = false
    for byte in digits {
        guard let digit = hexadecimalValue(byte), UInt64(digit) < base else { throw .form }
        let (product, overflow) = value.multipliedReportingOverflow(by: base)
        let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
        overflows = overflows || overflow || carry
        value = sum
    }
    guard !overflows, value <= largest else { throw .tooLarge }
    return value
}

/// `4k`, `1M`, `512`: bytes, powers of 1024.
package func parseSize(_ text: String) throws(NumberFault) -> UInt64 {
    let units: [(String, UInt64)] = [("", 1), ("k", 1 << 10), ("m", 1 << 20), ("g", 1 << 30)]
    let (number, unit, rest) = try splitUnit(text.lowercased()[...])
    guard rest.isEmpty, let factor = units.first(where: { $0.0 == unit })?.1 else { throw .form }
    return try scale(number, by: factor)
}

/// `500ms`, `10s`, `5m`, `1h30m`, `1d`; without unit seconds. Returns milliseconds.
package func parseDuration(_ text: String) throws(NumberFault) -> UInt64 {
    let units: [(String, UInt64)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]
    var total: UInt64 = 0
    var rest = text[...]
    repeat {
        let (number, unit, after) = try splitUnit(rest)
        let isBare = unit.isEmpty && rest.startIndex == text.startIndex
        guard let factor = isBare ? 1000 : units.first(where: { $0.0 == unit })?.1 else { throw .form }
        let (sum, overflow) = total.addingReportingOverflow(try scale(number, by: factor))
        guard !overflow else { throw .tooLarge }
        total = sum
        rest = after
    } while !rest.isEmpty
    return total
}

/// Digits, the letters after them, and what follows.
private func splitUnit(_ text: Substring) throws(NumberFault) -> (UInt64, String, Substring) {
    let digits = text.prefix { ("0"..."9").contains($0) }
    guard !digits.isEmpty else { throw .form }
    guard let number = UInt64(digits) else { throw .tooLarge }
    let rest = text[digits.endIndex...]
    let unit = rest.prefix { ("a"..."z").contains($0) }
    return (number, String(unit), rest[unit.endIndex...])
}

private func scale(_ number: UInt64, by factor: UInt64) throws(NumberFault) -> UInt64 {
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    guard !overflow else { throw .tooLarge }
    return product
}
