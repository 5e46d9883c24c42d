internal import Glibc

/// A file on the disk that others may write to while it is read.
package struct RegularFile: ~Copyable {
    package let inode: UInt64
    package let size: UInt64
    private let file: FileDescriptor
    private let path: String

    package init(_ path: String) throws(KernelError) {
        let opened = try FileDescriptor(opening: path, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        var status = stat()
        guard fstat(opened.raw, &status) == 0 else { throw .system("fstat", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw KernelError(call: "open", subject: path, hint: "it is no regular file")
        }
        (inode, size) = (UInt64(status.st_ino), UInt64(max(status.st_size, 0)))
        self.path = path
        file = opened
    }

    /// pread(2) until so many bytes are there, or the file ends.
    package borrowing func read(at offset: UInt64, _ count: Int) throws(KernelError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let read = bytes[filled...].withUnsafeMutableBytes {
                pread(file.raw, $0.baseAddress, $0.count, off_t(clamping: offset) + off_t(filled))
            }
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw .system("read", path) }
            if read == 0 { break }
            filled += read
        }
        bytes.removeSubrange(filled...)
        return bytes
    }

    /// `nil` where there is none of that name.
    package static func inode(_ path: String) throws(KernelError) -> UInt64? {
        var status = stat()
        if lstat(path, &status) == 0 { return status.st_mode & S_IFMT == S_IFREG ? UInt64(status.st_ino) : nil }
        guard errno == ENOENT || errno == ENOTDIR else { throw .system("stat", path) }
        return nil
    }
}
