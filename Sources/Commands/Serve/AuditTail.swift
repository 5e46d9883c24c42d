import Kernel

/// Reads the audit record as it grows, so that the daemon's history has what `linger clear` did too: whole lines, each
/// once, over rotation and over restarts.
struct AuditTail {
    /// How far it has been read. To be kept with what was made of the lines.
    struct Position: Sendable, Equatable {
        /// Of the file, whatever its name is by now; 0: nothing was read yet.
        var inode: UInt64 = 0
        var offset: UInt64 = 0
    }

    let path: String
    private(set) var position: Position
    /// Lines that were longer than `longestLine` and left out.
    private(set) var skipped = 0

    /// No line of ours is as long.
    private static let longestLine = 4 << 20

    init(path: String, from position: Position = Position()) {
        self.path = path
        self.position = position
    }

    /// The lines that came since, without their ends, the oldest first; at most so many bytes of them at a time, and none
    /// when all are read. A line that is still being written waits for the next time.
    mutating func lines(upTo bytes: Int = 1 << 20) throws(KernelError) -> [[UInt8]] {
        while let file = try nextFile() {
            let lines = try read(file, upTo: bytes)
            if !lines.isEmpty { return lines }
            // All of this one is read. A name with a number is not written any more: on to the one after it.
            guard file.isOld else { return [] }
            position = Position(inode: try inode(after: file.number), offset: 0)
            if position.inode == 0 { return [] }
        }
        return []
    }

    private struct File {
        var number: Int
        var isOld: Bool { number > 0 }
    }

    private func name(_ number: Int) -> String { number == 0 ? path : "\(path).\(number)" }

    /// The file that the position is in; the oldest one where that is gone, or nothing was read yet.
    private mutating func nextFile() throws(KernelError) -> File? {
        var oldest: (number: Int, inode: UInt64)?
        for number in 0...ClearAudit.kept {
            guard let inode = try RegularFile.inode(name(number)) else { continue }
            if inode == position.inode { return File(number: number) }
            oldest = (number, inode)
        }
        guard let oldest else { return nil }
        position = Position(inode: oldest.inode, offset: 0)
        return File(number: oldest.number)
    }

    /// 0 where there is none.
    private func inode(after number: Int) throws(KernelError) -> UInt64 {
        for newer in stride(from: number - 1, through: 0, by: -1) {
            if let inode = try RegularFile.inode(name(newer)) { return inode }
        }
        return 0
    }

    private mutating func read(_ file: File, upTo most: Int) throws(KernelError) -> [[UInt8]] {
        let opened = try RegularFile(name(file.number))
        // Renamed between the two: the next time.
        guard opened.inode == position.inode else { return [] }
        // Cut by somebody: from its beginning.
        if opened.size < position.offset { position.offset = 0 }
        var size = most
        while true {
            let bytes = try opened.read(at: position.offset, size)
            if let end = bytes.lastIndex(of: UInt8(ascii: "\n")) {
                position.offset += UInt64(end + 1)
                return bytes[..<end].split(separator: UInt8(ascii: "\n")).map(Array.init)
            }
            // The whole rest is a line without an end.
            if bytes.count < size {
                // One that ended with its file will get no end any more.
                if file.isOld, !bytes.isEmpty { position.offset += UInt64(bytes.count) }
                return []
            }
            guard size < Self.longestLine else {
                position.offset += UInt64(bytes.count)
                skipped += 1
                continue
            }
            size = min(size * 4, Self.longestLine)
        }
    }
}
