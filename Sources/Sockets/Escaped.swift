extension String {
    /// The text as it may be printed on a terminal: a process chooses its own name, and a control character, an escape
    /// sequence or a change of writing direction in it must not reach the screen. Those are written as `\u{1b}`.
    package var escapedForTerminal: String {
        guard unicodeScalars.contains(where: \.isUnsafeOnTerminal) else { return self }
        var result = ""
        for scalar in unicodeScalars {
            if scalar.isUnsafeOnTerminal {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension Unicode.Scalar {
    /// Control (C0, DEL, C1), format (bidirectional marks, zero width, tags), line and paragraph separators,
    /// private use: everything that changes the screen without being seen on it.
    fileprivate var isUnsafeOnTerminal: Bool {
        if value >= 0x20 && value < 0x7f { return false }
        return switch properties.generalCategory {
        case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
        default: false
        }
    }
}
