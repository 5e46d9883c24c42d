import Kernel
import Sockets

/// The one place that writes to standard error.
enum Notes {
    static func error(_ message: String) { write("linger: \(message)\n") }

    /// What a person should know beside the output: what was left out, what could not be seen.
    static func note(_ line: String) { write("linger: \(line)\n") }

    /// A question, without a line end.
    static func ask(_ question: String) { write(question) }

    private static func write(_ text: String) {
        var text = text
        text.withUTF8 { _ = StandardStream.error.write(UnsafeRawBufferPointer($0)) }
    }
}
