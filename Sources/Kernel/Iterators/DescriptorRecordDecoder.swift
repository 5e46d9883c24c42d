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
                descriptors.append(
                    SocketDescriptor(
                        cookie: record.cookie, inode: record.inode, pid: Int32(bitPattern: record.pid),
                        descriptor: Int32(bitPattern: record.descriptor), state: record.state, port: record.port))
            }
            offset += size
        }
        if offset != bytes.byteCount { undecoded += 1 }
    }
}
