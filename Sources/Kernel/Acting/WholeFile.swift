internal import Glibc

/// A small file that is read and replaced as a whole: after a crash the old one stands there or the new one, never a part.
package enum WholeFile {
    /// Larger ones are none of ours.
    private static let limit = 1 << 20

    /// `nil` where there is none. A symbolic link is refused: what it leads to is somebody else's.
    package static func contents(_ path: String) throws(KernelError) -> [UInt8]? {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return nil }
            throw .system("stat", path)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw KernelError(call: "open", subject: path, hint: "it is no regular file")
        }
        return try readFile(path, limit: limit)
    }

    /// Written beside it, brought to the disk, and renamed over it.
    package static func replace(_ path: String, with bytes: [UInt8], mode: UInt32) throws(KernelError) {
        makeFolders(of: path, mode: mode & 0o077 == 0 ? 0o700 : 0o755)
        // Not a name that a reader of the folder takes: sysctl.d reads *.conf only, the undo records are *.json.
        let beside = "\(path).\(getpid()).new"
        unlink(beside)
        do throws(KernelError) {
            try write(bytes, to: beside, mode)
            guard rename(beside, path) == 0 else { throw .system("rename", path) }
        } catch {
            unlink(beside)
            throw error
        }
        try synchronize(folderOf(path))
    }

    package static func remove(_ path: String) throws(KernelError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw .system("unlink", path) }
        try synchronize(folderOf(path))
    }

    /// The names in a folder, in order; empty where there is no such folder.
    package static func names(in folder: String) throws(KernelError) -> [String] {
        guard let stream = opendir(folder) else {
            if errno == ENOENT { return [] }
            throw .system("opendir", folder)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private static func write(_ bytes: [UInt8], to path: String, _ mode: UInt32) throws(KernelError) {
        let raw = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard raw >= 0 else { throw .system("open", path) }
        let file = FileDescriptor(owning: raw)
        var start = 0
        while start < bytes.count {
            let count = bytes[start...].withUnsafeBytes { Glibc.write(file.raw, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system("write", path) }
            start += count
        }
        guard fsync(file.raw) == 0 else { throw .system("fsync", path) }
    }

    private static func synchronize(_ folder: String) throws(KernelError) {
        let file = try FileDescriptor(opening: folder, flags: O_RDONLY | O_DIRECTORY)
        guard fsync(file.raw) == 0 || errno == EINVAL else { throw .system("fsync", folder) }
    }

    private static func folderOf(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// The folders that a file stands in, as far as they are missing. What cannot be made shows when the file is opened.
func makeFolders(of path: String, mode: UInt32) {
    var end = path.startIndex
    while let slash = path[end...].firstIndex(of: "/") {
        if slash != path.startIndex { mkdir(String(path[..<slash]), mode) }
        end = path.index(after: slash)
    }
}
