import Sockets

/// Texts that many rows share, in memory that lives as long as the arena.
///
/// Two threads write rows at the same time. Were these texts arrays or objects, both would count references to the same
/// ones, cell by cell, and wait for each other: at 90,000 rows that took more time than the writing.
final class TextArena: Sendable {
    /// Filled by `Rows` before any row is written, freed in deinit.
    private nonisolated(unsafe) var kept: [UnsafeMutableBufferPointer<UInt8>] = []

    deinit {
        for text in kept { text.deallocate() }
    }

    /// To be called by one thread, before others read.
    func keep(_ bytes: [UInt8]) -> Text {
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        _ = copy.initialize(from: bytes)
        kept.append(copy)
        return Text(bytes: UnsafeBufferPointer(copy))
    }

    /// A text from outside.
    func label(_ text: String) -> Label {
        Label(plain: keep(Array(text.utf8)), shown: keep(Array(text.escapedForTerminal.utf8)))
    }
}

/// Bytes in an arena; valid while the arena lives, and never written again.
struct Text: @unchecked Sendable {
    let bytes: UnsafeBufferPointer<UInt8>
}

/// A text from outside: as it is, and as a terminal may see it.
struct Label: Sendable {
    let plain: Text
    let shown: Text
}

extension ByteBuffer {
    @inline(__always)
    mutating func append(_ text: Text) { append(text.bytes) }
}
