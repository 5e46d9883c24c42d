internal import Glibc
internal import Sockets

/// Where a stream listens.
package enum StreamPlace {
    /// The inode that stands for what a look would call so; `nil` for all namespaces.
    package static func inode(of namespaces: Look.Namespaces) throws(KernelError) -> UInt32? {
        switch namespaces {
        case .all: return nil
        case .own: return HostFacts.live().namespace
        case .inode(let inode): return inode
        case .process(let pid): return try inode("/proc/\(pid)/ns/net", namespaces)
        case .named(let name):
            for folder in ["/run/netns", "/run/docker/netns"] {
                if let found = try? inode("\(folder)/\(name)", namespaces) { return found }
            }
            throw missing(namespaces, code: ENOENT)
        }
    }

    /// `net.ipv4.tcp_fin_timeout` of our namespace, seconds.
    package static var finTimeout: UInt64? {
        (try? readFile("/proc/sys/net/ipv4/tcp_fin_timeout")).flatMap { ProcText($0).integer() }
    }

    private static func inode(_ path: String, _ namespaces: Look.Namespaces) throws(KernelError) -> UInt32 {
        var status = stat()
        guard stat(path, &status) == 0 else { throw missing(namespaces, code: errno) }
        return UInt32(truncatingIfNeeded: status.st_ino)
    }

    private static func missing(_ namespaces: Look.Namespaces, code: Int32) -> KernelError {
        KernelError(
            call: "netns", subject: namespaces.spelling, code: code,
            hint: "no such network namespace; `ip netns list` and `lsns -t net` show those that there are")
    }
}
