import Glibc
package import Sockets

extension NameResolver {
    /// Names as this host knows them: /etc/services, the resolver, its interfaces and its users.
    package static let host = NameResolver(
        service: { name in
            getservbyname(name, "tcp").map { UInt16(truncatingIfNeeded: $0.pointee.s_port).byteSwapped }
        },
        host: addresses(of:),
        interface: { name in
            let index = if_nametoindex(name)
            return index == 0 ? nil : index
        },
        user: { name in getpwnam(name).map { $0.pointee.pw_uid } },
        cgroup: { path in
            // The id of a cgroup is the inode of its directory (cgroups(7)).
            let root = "/sys/fs/cgroup"
            var status = stat()
            let full = path.hasPrefix(root) ? path : root + (path.hasPrefix("/") ? "" : "/") + path
            return stat(full, &status) == 0 ? UInt64(status.st_ino) : nil
        })

    private static func addresses(of name: String) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [IPAddress] = []
        var next = list
        while let entry = next {
            if let address = address(entry.pointee), !found.contains(address) { found.append(address) }
            next = entry.pointee.ai_next
        }
        return found
    }

    private static func address(_ entry: addrinfo) -> IPAddress? {
        guard let raw = UnsafeRawPointer(entry.ai_addr) else { return nil }
        switch entry.ai_family {
        case AF_INET where entry.ai_addrlen >= MemoryLayout<sockaddr_in>.size:
            return IPAddress(v4: UInt32(bigEndian: raw.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr))
        case AF_INET6 where entry.ai_addrlen >= MemoryLayout<sockaddr_in6>.size:
            // sin6_addr stands 8 bytes into sockaddr_in6 (RFC 3493, section 3.3).
            return IPAddress(
                v6High: UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                low: UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 16, as: UInt64.self)))
        default: return nil
        }
    }
}
