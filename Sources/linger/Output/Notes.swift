import Kernel
import Sockets

/// The one place that writes to standard error.
enum Notes {
    static func error(_ message: String) { write("linger: \(message)\n") }

    /// What could not be seen, one line each.
    static func gaps(_ lines: [String]) {
        for line in lines { write("linger: \(line)\n") }
    }

    static func note(_ line: String) { write("linger: \(line)\n") }

    private static func write(_ text: String) {
        var text = text
        text.withUTF8 { _ = StandardStream.error.write(UnsafeRawBufferPointer($0)) }
    }
}
