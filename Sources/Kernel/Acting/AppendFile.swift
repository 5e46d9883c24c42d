internal import Glibc

/// A file that only grows: records are appended whole, brought to the disk, and old files are kept by number.
package struct AppendFile: ~Copyable {
    package let path: String
    private let file: FileDescriptor

    /// Opens the file, making it and its folders where they are missing, readable by its owner only. One that has grown
    /// beyond `rotateAt` bytes becomes `PATH.1`, that one `PATH.2`, up to `keep`.
    package init(path: String, rotateAt: Int, keep: Int) throws(KernelError) {
        makeFolders(of: path, mode: 0o700)
        var opened = try Self.open(path)
        var status = stat()
        // Whoever has the lock on the file that has this name rotates it; another that waited for it opens the new one.
        guard flock(opened.raw, LOCK_EX) == 0 else { throw .system("flock", path) }
        guard fstat(opened.raw, &status) == 0 else { throw .system("fstat", path) }
        if status.st_size >= rotateAt, Self.isCurrent(status, path) {
            for number in stride(from: keep - 1, through: 1, by: -1) {
                rename("\(path).\(number)", "\(path).\(number + 1)")
            }
            guard rename(path, "\(path).1") == 0 else { throw .system("rename", path) }
            opened = try Self.open(path)
        } else if !Self.isCurrent(status, path) {
            opened = try Self.open(path)
        } else {
            flock(opened.raw, LOCK_UN)
        }
        self.path = path
        file = opened
    }

    /// Whole, and on the disk when it returns (fdatasync(2)).
    package func append(_ bytes: [UInt8]) throws(KernelError) {
        var start = 0
        while start < bytes.count {
            let count = bytes[start...].withUnsafeBytes { Glibc.write(file.raw, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw .system("write", path)
            }
            start += count
        }
        // A device has nothing to bring anywhere.
        guard fdatasync(file.raw) == 0 || errno == EINVAL || errno == EROFS else { throw .system("fsync", path) }
    }

    private static func open(_ path: String) throws(KernelError) -> FileDescriptor {
        let raw = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard raw >= 0 else { throw .system("open", path) }
        return FileDescriptor(owning: raw)
    }

    private static func isCurrent(_ status: stat, _ path: String) -> Bool {
        var named = stat()
        return lstat(path, &named) == 0 && named.st_ino == status.st_ino && named.st_dev == status.st_dev
    }
}
