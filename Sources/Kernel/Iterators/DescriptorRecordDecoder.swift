internal import CLinux

/// Reads the records of the iterator over descriptors (`struct linger_descriptor`, `Probes/records.h`).
extension DescriptorListing {
    mutating func consume(_ bytes: RawSpan) {
        let size = MemoryLayout<linger_descriptor>.size
        var offset = 0
        while let record = bytes.load(offset, as: linger_descriptor.self) {
            if record.kind == UInt8(LINGER_TOTAL.rawValue) {
                counts[Int32(bitPattern: record.pid)] = DescriptorCount(all: record.descriptor, sockets: record.inode)
            } else {
                let found = SocketDescriptor(
                    cookie: record.cookie, inode: record.inode, pid: Int32(bitPattern: record.pid),
                    descriptor: Int32(bitPattern: record.descriptor), state: record.state, port: record.port)
                if record.kind == UInt8(LINGER_THREAD.rawValue) {
                    ofThreads.append(found)
                } else {
                    descriptors.append(found)
                }
            }
            offset += size
        }
        if offset != bytes.byteCount { undecoded += 1 }
    }

    /// Ends the reading: of what threads with a table of their own have, keeps what their process has not got too.
    mutating func settleThreads() {
        guard !ofThreads.isEmpty else { return }
        let pids = Set(ofThreads.map(\.pid))
        var known = Set(descriptors.lazy.filter { pids.contains($0.pid) }.map(\.identity))
        descriptors += ofThreads.filter { known.insert($0.identity).inserted }
        ofThreads = []
    }
}

extension SocketDescriptor {
    /// Without what may change from one moment to the next.
    fileprivate var identity: SocketDescriptor {
        SocketDescriptor(cookie: cookie, inode: inode, pid: pid, descriptor: descriptor, state: 0, port: 0)
    }
}
