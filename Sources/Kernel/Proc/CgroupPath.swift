internal import Sockets

/// What a process's path in the cgroup hierarchy tells: the systemd unit and the container (cgroups(7), systemd.slice(5)).
struct CgroupPath: Sendable, Hashable {
    var path: String
    var unit: String?
    var container: Container?

    init(path: String) {
        self.path = path
        let parts = path.split(separator: "/").map(String.init)
        unit = Self.unit(parts)
        container = Self.container(parts)
    }

    /// From /proc/PID/cgroup: lines `id:controllers:path`. The unified hierarchy's path, or systemd's own where that says more.
    init?(file: [UInt8]) {
        var unified: String?
        var systemd: String?
        for line in ProcText(file).lines {
            let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let controllers = String(decoding: parts[1], as: UTF8.self)
            let path = String(decoding: parts[2], as: UTF8.self)
            if controllers.isEmpty { unified = path }
            if controllers == "name=systemd" { systemd = path }
        }
        guard let path = [unified, systemd].compactMap({ $0 }).first(where: { $0 != "/" }) ?? unified ?? systemd else {
            return nil
        }
        self.init(path: path)
    }

    /// The innermost service, else the innermost scope that is no container's.
    private static func unit(_ parts: [String]) -> String? {
        if let service = parts.last(where: { $0.hasSuffix(".service") }) { return service }
        return parts.last { $0.hasSuffix(".scope") }
    }

    private static func container(_ parts: [String]) -> Container? {
        let pod = parts.lazy.compactMap(podUID).first
        for (index, part) in parts.enumerated().reversed() {
            let name = part.hasSuffix(".scope") ? String(part.dropLast(6)) : part
            let parent = index > 0 ? parts[index - 1] : ""
            for (prefix, runtime) in prefixes where name.hasPrefix(prefix) {
                let id = String(name.dropFirst(prefix.count))
                if isID(id) { return Container(runtime: runtime, id: id, pod: pod) }
            }
            if isID(name) {
                let runtime: Container.Runtime =
                    parent == "docker"
                    ? .docker : parent.hasPrefix("libpod") ? .podman : pod != nil ? .unknown : .unknown
                return Container(runtime: runtime, id: name, pod: pod)
            }
            if parent == "lxc" || name.hasPrefix("lxc.payload.") {
                return Container(runtime: .lxc, id: parent == "lxc" ? name : String(name.dropFirst(12)), pod: nil)
            }
            if parent == "machine.slice", name.hasPrefix("machine-") {
                return Container(runtime: .nspawn, id: String(name.dropFirst(8)), pod: nil)
            }
        }
        return nil
    }

    private static let prefixes: [(String, Container.Runtime)] = [
        ("docker-", .docker), ("cri-containerd-", .containerd), ("nerdctl-", .containerd), ("libpod-", .podman),
        ("crio-", .crio), ("containerd-", .containerd),
    ]

    private static func isID(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    /// `pod1234-…` (cgroupfs driver) or `kubepods-burstable-pod1234_….slice` (systemd driver).
    private static func podUID(_ part: String) -> String? {
        var name = part[...]
        if name.hasSuffix(".slice") { name = name.dropLast(6) }
        if name.hasPrefix("kubepods"), let dash = name.lastIndex(of: "-") { name = name[name.index(after: dash)...] }
        guard name.hasPrefix("pod") else { return nil }
        let uid = name.dropFirst(3).map { $0 == "_" ? "-" : $0 }
        return uid.count == 36 ? String(uid) : nil
    }
}
