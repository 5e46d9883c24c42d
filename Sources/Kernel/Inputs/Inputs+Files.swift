internal import CLinux
internal import Glibc

/// The files of /proc and /sys, each under its own path as the key.
extension Inputs {
    func file(_ path: String) throws(KernelError) -> [UInt8] {
        try bytes(String(path.dropFirst())) { () throws(KernelError) in try readFile(path) }
    }

    /// Names in a folder, `.` and `..` left out.
    /// - Parameter again: a later moment of the same look: an input of its own.
    func entries(_ path: String, again: Bool = false) throws(KernelError) -> [String] {
        let key = "\(path.dropFirst())/.entries\(again ? ".again" : "")"
        let bytes = try bytes(key) { () throws(KernelError) in
            Array(try listFolder(path).joined(separator: "\n").utf8)
        }
        return ProcText(bytes).lines.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Where a symbolic link points: readlink(2).
    func link(_ path: String) throws(KernelError) -> String {
        let bytes = try bytes(path.dropFirst() + ".link") { () throws(KernelError) in Array(try readLink(path).utf8) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The inode that a path stands for, as text; for the bind mounts under /run/netns.
    func inode(_ path: String) throws(KernelError) -> UInt64 {
        let bytes = try bytes(path.dropFirst() + ".inode") { () throws(KernelError) in
            var status = stat()
            guard stat(path, &status) == 0 else { throw .system("stat", path) }
            return Array("\(status.st_ino)\n".utf8)
        }
        guard let inode = ProcText(bytes).integer(UInt64.self) else {
            throw KernelError(call: "stat", subject: path, hint: "the recording has no number there")
        }
        return inode
    }
}

func readLink(_ path: String) throws(KernelError) -> String {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &bytes, bytes.count)
    guard count >= 0 else { throw .system("readlink", path) }
    return String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// Names in a folder: getdents64(2), for /proc/PID/fd has thousands and readdir(3) allocates for each.
func listFolder(_ path: String) throws(KernelError) -> [String] {
    let folder = try FileDescriptor(opening: path, flags: O_RDONLY | O_DIRECTORY)
    var names: [String] = []
    try forEachEntry(of: folder.raw, path: path) { name in
        names.append(String(cString: name))
    }
    return names
}

/// Calls `body` with the name of each entry but `.` and `..`; the pointer holds only that long.
func forEachEntry(of descriptor: Int32, path: String, body: (UnsafePointer<CChar>) -> Void) throws(KernelError) {
    // struct linux_dirent64: d_ino 8, d_off 8, d_reclen 2, d_type 1, d_name.
    let nameOffset = 19
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
    defer { buffer.deallocate() }
    while true {
        let count = linger_getdents(descriptor, buffer.baseAddress, UInt(buffer.count))
        guard count >= 0 else { throw KernelError(call: "getdents64", subject: path, code: Int32(-count)) }
        if count == 0 { return }
        var offset = 0
        while offset + nameOffset < count {
            let length = Int(buffer.loadUnaligned(fromByteOffset: offset + 16, as: UInt16.self))
            guard length > nameOffset, offset + length <= count, let base = buffer.baseAddress else { break }
            let name = (base + offset + nameOffset).assumingMemoryBound(to: CChar.self)
            // "." and ".."
            if !(name[0] == 46 && (name[1] == 0 || name[1] == 46 && name[2] == 0)) { body(UnsafePointer(name)) }
            offset += length
        }
    }
}
