import Glibc
import Sockets

/// sockaddr_in and sockaddr_in6 (ip(7), ipv6(7)) in and out. IPv4 under an IPv6 socket comes as a mapped address.
enum SocketAddress {
    static func read(_ address: UnsafePointer<sockaddr>?, _ length: socklen_t) throws(SystemError) -> Endpoint {
        guard let address else { throw SystemError(EFAULT) }
        let raw = UnsafeRawPointer(address)
        guard length >= 2 else { throw SystemError(EINVAL) }
        switch Int32(raw.loadUnaligned(as: sa_family_t.self)) {
        case AF_INET:
            guard length >= 8 else { throw SystemError(EINVAL) }
            return Endpoint(address: IPAddress(v4: big32(raw, 4)), port: big16(raw, 2))
        case AF_INET6:
            guard length >= 24 else { throw SystemError(EINVAL) }
            let high = UInt64(big32(raw, 8)) << 32 | UInt64(big32(raw, 12))
            let low = UInt64(big32(raw, 16)) << 32 | UInt64(big32(raw, 20))
            return Endpoint(address: IPAddress(v6High: high, low: low).unmapped, port: big16(raw, 2))
        default:
            throw SystemError(EAFNOSUPPORT)
        }
    }

    private static func big16(_ raw: UnsafeRawPointer, _ offset: Int) -> UInt16 {
        UInt16(bigEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    private static func big32(_ raw: UnsafeRawPointer, _ offset: Int) -> UInt32 {
        UInt32(bigEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// Writes as much as there is room for; `length` becomes what the whole needs (accept(2)).
    static func write(
        _ endpoint: Endpoint, isV6: Bool, to address: UnsafeMutablePointer<sockaddr>?,
        _ length: UnsafeMutablePointer<socklen_t>?
    ) {
        guard let address, let length else { return }
        var bytes = [UInt8](repeating: 0, count: isV6 ? 28 : 16)
        let low = endpoint.address.low
        withUnsafeBytes(of: sa_family_t(isV6 ? AF_INET6 : AF_INET)) { bytes.replaceSubrange(0..<2, with: $0) }
        bytes[2] = UInt8(endpoint.port >> 8)
        bytes[3] = UInt8(truncatingIfNeeded: endpoint.port)
        if isV6 {
            let isV4 = endpoint.address.family == .ipv4
            let words = [isV4 ? 0 : endpoint.address.high, isV4 ? 0xffff_0000_0000 | low : low]
            for (word, start) in zip(words, [8, 16]) {
                withUnsafeBytes(of: word.bigEndian) { bytes.replaceSubrange(start..<start + 8, with: $0) }
            }
        } else {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: low).bigEndian) { bytes.replaceSubrange(4..<8, with: $0) }
        }
        let count = min(Int(length.pointee), bytes.count)
        bytes.withUnsafeBytes { UnsafeMutableRawPointer(address).copyMemory(from: $0.baseAddress!, byteCount: count) }
        length.pointee = socklen_t(bytes.count)
    }
}
