internal import Glibc
internal import Sockets

/// Finds the network namespaces of the host: those that processes run in, those that a name keeps (ip-netns(8)), and those
/// that a bind mount elsewhere keeps. One that only an open descriptor or a socket keeps is not found.
struct NamespaceFinder {
    let inputs: Inputs
    let own: UInt32

    /// Where tools keep a namespace by a bind mount.
    private static let folders = ["/run/netns", "/run/docker/netns"]

    private static let pathsKept = 4

    struct Found: Sendable {
        var namespaces: [NetworkNamespace] = []
        /// Paths to enter each by, same order: a process that lends one may end before.
        var paths: [[String]] = []
        /// Processes whose namespace may not be seen.
        var hidden: [Int32] = []
    }

    /// Our own first, then by inode.
    func all(_ pids: [Int32]) -> Found {
        var byInode: [UInt32: (namespace: NetworkNamespace, paths: [String])] = [:]
        var found = Found()
        for pid in pids {
            do throws(KernelError) {
                let path = "/proc/\(pid)/ns/net"
                guard let inode = namespaceInode(try inputs.link(path)) else { continue }
                if byInode[inode] == nil {
                    byInode[inode] = (NetworkNamespace(inode: inode, name: nil, isOwn: inode == own, pid: pid), [path])
                } else if byInode[inode]?.paths.count ?? 0 < Self.pathsKept {
                    byInode[inode]?.paths.append(path)
                }
            } catch {
                if error.isPermission { found.hidden.append(pid) }
            }
        }
        for (inode, name, path) in named() {
            if byInode[inode] != nil {
                byInode[inode]?.namespace.name = name
                byInode[inode]?.paths.insert(path, at: 0)
            } else {
                byInode[inode] = (NetworkNamespace(inode: inode, name: name, isOwn: inode == own, pid: nil), [path])
            }
        }
        for (inode, path) in mounted() where byInode[inode] == nil {
            byInode[inode] = (NetworkNamespace(inode: inode, name: nil, isOwn: inode == own, pid: nil), [path])
        }
        if byInode[own] == nil {
            byInode[own] = (NetworkNamespace(inode: own, name: nil, isOwn: true, pid: nil), ["/proc/self/ns/net"])
        }
        for (namespace, paths) in byInode.values.sorted(by: {
            ($0.namespace.isOwn ? 0 : 1, $0.namespace.inode) < ($1.namespace.isOwn ? 0 : 1, $1.namespace.inode)
        }) {
            found.namespaces.append(namespace)
            found.paths.append(paths)
        }
        return found
    }

    func ownOnly() -> Found {
        let name = named().first { $0.inode == own }?.name
        return Found(
            namespaces: [NetworkNamespace(inode: own, name: name, isOwn: true, pid: nil)],
            paths: [["/proc/self/ns/net"]])
    }

    private func named() -> [(inode: UInt32, name: String, path: String)] {
        Self.folders.flatMap { folder -> [(inode: UInt32, name: String, path: String)] in
            let names = (try? inputs.entries(folder)) ?? []
            return names.sorted().compactMap { name in
                let path = "\(folder)/\(name)"
                guard let inode = try? inputs.inode(path), let small = UInt32(exactly: inode) else { return nil }
                return (small, name, path)
            }
        }
    }

    /// Bind mounts of namespaces, wherever they stand: `43 42 0:4 net:[4026532177] /run/netns/blue rw shared:2 - nsfs nsfs rw`
    /// (proc_pid_mountinfo(5)). The mount point has blanks as `\040`; such a path is left out, for no tool makes one.
    private func mounted() -> [(inode: UInt32, path: String)] {
        let lines = (try? inputs.file("/proc/self/mountinfo")).map { ProcText($0).lines } ?? []
        return lines.compactMap { line in
            let words = line.split(separator: UInt8(ascii: " "))
            guard words.count > 4, words.contains(where: { $0.elementsEqual("nsfs".utf8) }),
                let inode = namespaceInode(String(decoding: words[3], as: UTF8.self)),
                !words[4].contains(UInt8(ascii: "\\"))
            else { return nil }
            return (inode, String(decoding: words[4], as: UTF8.self))
        }
    }
}
