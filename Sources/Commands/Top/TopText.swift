import Sockets

/// Numbers and times as short as the cells of a table are.
enum TopText {
    static func duration(_ milliseconds: UInt64) -> String {
        var buffer = ByteBuffer(capacity: 64)
        buffer.append(duration: milliseconds)
        return buffer.text()
    }

    /// `90,012`
    static func grouped(_ number: Int) -> String {
        let digits = Array(String(number))
        return digits.enumerated().reduce(into: "") { text, digit in
            if digit.offset > 0, (digits.count - digit.offset).isMultiple(of: 3) { text += "," }
            text.append(digit.element)
        }
    }

    /// In six cells: `90012`, `1.2M`.
    static func count(_ number: Int) -> String {
        number < 1_000_000 ? String(number) : "\(number / 1_000_000).\(number / 100_000 % 10)M"
    }

    /// In six cells: `0`, `0.2`, `12.3`, `1204`.
    static func rate(_ rate: Double) -> String {
        if rate == 0 { return "0" }
        if rate >= 99.95 { return count(Int(rate.rounded())) }
        // What is less than shown is not nothing.
        let tenths = max(Int((rate * 10).rounded()), 1)
        return "\(tenths / 10).\(tenths % 10)"
    }

    static func endpoint(_ endpoint: Endpoint) -> String {
        var buffer = ByteBuffer(capacity: 64)
        buffer.append(endpoint)
        return buffer.text()
    }
}
