internal import Glibc

/// Finds the sockets of every process by reading the links under /proc/PID/fd (proc_pid_fd(5)).
struct DescriptorWalk {
    let inputs: Inputs
    /// A second walk of the same look: its inputs have names of their own.
    var isAgain = false

    /// Processes that one thread goes through at a time.
    private static let part = 8

    /// - Returns: every socket descriptor of every process, in the order of `pids`; whether it is TCP the link does not tell.
    func run(_ pids: [Int32]) -> DescriptorListing {
        let starts = Array(stride(from: 0, to: pids.count, by: Self.part))
        let parts = Team.map(starts.count) { number in
            walk(pids[starts[number]..<min(starts[number] + Self.part, pids.count)])
        }
        return parts.reduce(into: DescriptorListing()) { $0.append($1) }
    }

    private func walk(_ pids: ArraySlice<Int32>) -> DescriptorListing {
        var listing = DescriptorListing()
        for pid in pids {
            do throws(KernelError) {
                let key = "proc/\(pid)/fd.sockets\(isAgain ? ".again" : "")"
                try inputs.stream(
                    key,
                    live: { (consume) throws(KernelError) in
                        try Self.readLinks(pid, consume: consume)
                    },
                    consume: { piece in
                        listing.append(piece, pid: pid)
                    })
            } catch {
                if error.isPermission {
                    listing.hidden.append(pid)
                } else if error.isReplay {
                    listing.undecoded += 1
                } else if error.code == ENOENT || error.code == ESRCH {
                    listing.gone += 1
                } else {
                    listing.failure = listing.failure ?? error
                }
            }
        }
        return listing
    }

    /// Hands out pairs of 32-bit numbers, descriptor and inode, inode 0 for what is no socket.
    private static func readLinks(
        _ pid: Int32, consume: @escaping (UnsafeRawBufferPointer) -> Void
    ) throws(KernelError) {
        let path = "/proc/\(pid)/fd"
        let folder = try FileDescriptor(opening: path, flags: O_RDONLY | O_DIRECTORY)
        var pairs: [UInt32] = []
        var denied = false
        try withLinkBuffer { (target) throws(KernelError) in
            try forEachEntry(of: folder.raw, path: path) { name in
                guard let descriptor = number(name, end: 0) else { return }
                guard let text = target.baseAddress else { return }
                let count = readlinkat(folder.raw, name, text, target.count - 1)
                guard count > 0 else {
                    // Root may list the folder of a process with more capabilities than its own, and not read the links.
                    // ENOENT: the descriptor was closed since the folder was read.
                    if errno == EACCES { denied = true }
                    return
                }
                text[count] = 0
                pairs.append(descriptor)
                pairs.append(socketInode(UnsafePointer(text)) ?? 0)
            }
        }
        if denied { throw KernelError(call: "readlink", subject: path, code: EACCES) }
        pairs.withUnsafeBytes { consume($0) }
    }

    private static func withLinkBuffer(
        _ body: (UnsafeMutableBufferPointer<CChar>) throws(KernelError) -> Void
    ) throws(KernelError) {
        // `socket:[4294967295]` has 19 bytes; longer links are cut and are no sockets.
        let buffer = UnsafeMutableBufferPointer<CChar>.allocate(capacity: 32)
        defer { buffer.deallocate() }
        try body(buffer)
    }

    /// The inode in `socket:[12345]`.
    private static func socketInode(_ text: UnsafePointer<CChar>) -> UInt32? {
        guard strncmp(text, "socket:[", 8) == 0 else { return nil }
        return number(text + 8, end: CChar(bitPattern: UInt8(ascii: "]")))
    }

    private static func number(_ text: UnsafePointer<CChar>, end: CChar) -> UInt32? {
        var value: UInt32 = 0
        var index = 0
        while text[index] != end {
            let digit = text[index] &- 48
            guard digit >= 0, digit <= 9, index < 10 else { return nil }
            value = value &* 10 &+ UInt32(digit)
            index += 1
        }
        return index > 0 ? value : nil
    }
}

extension DescriptorListing {
    /// Of other processes.
    fileprivate mutating func append(_ other: DescriptorListing) {
        descriptors += other.descriptors
        counts.merge(other.counts) { first, _ in first }
        hidden += other.hidden
        gone += other.gone
        failure = failure ?? other.failure
        undecoded += other.undecoded
    }

    fileprivate mutating func append(_ pairs: UnsafeRawBufferPointer, pid: Int32) {
        var count = DescriptorCount(all: 0, sockets: 0)
        let span = pairs.bytes
        var offset = 0
        while let descriptor = span.load(offset, as: UInt32.self), let inode = span.load(offset + 4, as: UInt32.self) {
            count.all += 1
            if inode != 0 {
                count.sockets += 1
                descriptors.append(
                    SocketDescriptor(
                        cookie: 0, inode: inode, pid: pid, descriptor: Int32(truncatingIfNeeded: descriptor), state: 0,
                        port: 0))
            }
            offset += 8
        }
        if offset != pairs.count { undecoded += 1 }
        counts[pid] = count
    }
}
