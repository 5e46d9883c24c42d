import Sockets

extension ByteBuffer {
    /// Milliseconds for people, in at most two units: `350ms`, `3.2s`, `34s`, `12m`, `5h12m`, `3d4h`.
    mutating func append(duration milliseconds: UInt64) {
        let seconds = milliseconds / 1000
        switch seconds {
        case 0 where milliseconds == 0: append("0s")
        case 0:
            append(decimal: milliseconds)
            append("ms")
        case 1..<10:
            append(decimal: seconds)
            append(UInt8(ascii: "."))
            append(decimal: milliseconds % 1000 / 100)
            append("s")
        case 10..<60:
            append(decimal: seconds)
            append("s")
        case 60..<3600:
            append(decimal: seconds / 60)
            append("m")
        case 3600..<86_400: append(seconds / 3600, "h", seconds % 3600 / 60, "m")
        default: append(seconds / 86_400, "d", seconds % 86_400 / 3600, "h")
        }
    }

    private mutating func append(_ large: UInt64, _ unit: StaticString, _ small: UInt64, _ smallUnit: StaticString) {
        append(decimal: large)
        append(unit)
        guard small > 0 else { return }
        append(decimal: small)
        append(smallUnit)
    }

    /// Microseconds for people: `87us`, `1.2ms`, `34ms`, then as durations are.
    mutating func append(microseconds: UInt64) {
        switch microseconds {
        case ..<1000:
            append(decimal: microseconds)
            append("us")
        case ..<10_000:
            append(decimal: microseconds / 1000)
            append(UInt8(ascii: "."))
            append(decimal: microseconds % 1000 / 100)
            append("ms")
        default: append(duration: microseconds / 1000)
        }
    }

    /// `10.0.0.1:443`, `[2001:db8::1]:443`, `*:443` for a socket that speaks both families.
    mutating func append(_ endpoint: Endpoint, isDualStack: Bool = false) {
        append(atMost: Endpoint.textCapacity) { endpoint.format(into: $0, dualStack: isDualStack) }
    }

    mutating func append(_ address: IPAddress) {
        append(atMost: IPAddress.textCapacity) { address.format(into: $0) }
    }
}

// What programs read: the bytes after `start` become one field or one value.
extension ByteBuffer {
    /// Ends a JSON value that began with a quote at `start` and was written as plain bytes after it: a string with what
    /// must be escaped (RFC 8259, section 7), or `null` where nothing was written.
    mutating func endJSONString(from start: Int) {
        let content = start + 1
        if count == content {
            truncate(to: start)
            return append("null")
        }
        let isClean = withBytes(from: content) { bytes in
            bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        }
        if isClean { return append(UInt8(ascii: "\"")) }
        let text = text(from: content)
        truncate(to: start)
        append(json: text)
    }

    /// A JSON string. Control characters of C1, DEL and those that turn the direction of text are escaped too: a
    /// terminal that shows the JSON must not obey them.
    mutating func append(json text: String) {
        append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22: append("\\\"")
            case 0x5c: append("\\\\")
            case 0x0a: append("\\n")
            case 0x09: append("\\t")
            case 0x0d: append("\\r")
            case 0..<0x20, 0x7f...0x9f, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069:
                append("\\u")
                for shift in [12, 8, 4, 0] as [UInt32] {
                    append("0123456789abcdef", at: Int(scalar.value >> shift & 15))
                }
            default: for byte in String(scalar).utf8 { append(byte) }
            }
        }
        append(UInt8(ascii: "\""))
    }

    private mutating func append(_ digits: StaticString, at index: Int) {
        append(digits.utf8Start[index])
    }

    /// Makes one field of the bytes after `start`: quoted where it holds a comma, a quote or a line end (RFC 4180).
    /// What a terminal could obey is shown escaped.
    mutating func quoteCSV(from start: Int) {
        var isPlain = true
        var isSafe = true
        withBytes(from: start) { bytes in
            for byte in bytes {
                if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") { isPlain = false }
                if byte < 0x20 || byte >= 0x7f { isSafe = false }
            }
        }
        if isPlain && isSafe { return }
        let field = text(from: start)
        truncate(to: start)
        let shown = isSafe ? field : field.escapedForTerminal
        guard shown.utf8.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") }) else {
            return append(string: shown)
        }
        append(UInt8(ascii: "\""))
        for byte in shown.utf8 {
            if byte == UInt8(ascii: "\"") { append(byte) }
            append(byte)
        }
        append(UInt8(ascii: "\""))
    }
}
