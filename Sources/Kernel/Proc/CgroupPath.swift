internal import Sockets

/// What a process's path in the cgroup hierarchy tells: the systemd unit and the container (cgroups(7), systemd.slice(5)).
struct CgroupPath: Sendable, Hashable {
    var path: String
    /// The innermost service or scope of this host's systemd. Above a container: what runs inside it is no unit of the host's,
    /// and neither is the scope that a runtime makes for it, nor a user's manager (`user@1000.service`).
    var unit: String?
    /// The user whose own manager runs the unit (`user@1000.service`); `nil` for the host's.
    var unitUser: UInt32?
    /// The innermost.
    var container: Container?

    init(path: String) {
        self.path = path
        let parts = path.split(separator: "/").map(String.init)
        var above = parts.count
        var pod: String?
        for index in parts.indices {
            pod = Self.podUID(parts[index]) ?? pod
            guard let (runtime, id) = Self.container(parts, at: index) else { continue }
            if container == nil { above = index }
            container = Container(runtime: runtime, id: id, pod: pod)
        }
        let index = parts[..<above].lastIndex(where: Self.isUnit)
        unit = index.map { parts[$0] }
        let manager = index.flatMap { parts[..<$0].last { $0.hasPrefix("user@") && $0.hasSuffix(".service") } }
        unitUser = manager.flatMap { UInt32($0.dropFirst(5).dropLast(8)) }
    }

    /// From /proc/PID/cgroup: lines `id:controllers:path`. Where v1 hierarchies are mounted, systemd's own is the one that
    /// systemd and the runtimes keep; a runtime may leave the unified one behind, at the unit that started it.
    init?(file: [UInt8]) {
        var systemd: String?
        var unified: String?
        var other: String?
        for line in ProcText(file).lines {
            let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, parts[2].first == UInt8(ascii: "/") else { continue }
            let path = String(decoding: parts[2], as: UTF8.self)
            if parts[1].isEmpty {
                unified = path
            } else if parts[1].elementsEqual("name=systemd".utf8) {
                systemd = path
            } else if other ?? "/" == "/" {
                // A host without systemd has no hierarchy but the controllers'.
                other = path
            }
        }
        let found = [systemd, unified, other].compactMap { $0 }
        guard let path = found.first(where: { $0 != "/" }) ?? found.first else { return nil }
        // The cgroup was removed while the process ended (cgroups(7)).
        let deleted = " (deleted)"
        self.init(path: path.hasSuffix(deleted) ? String(path.dropLast(deleted.count)) : path)
    }

    private static func isUnit(_ part: String) -> Bool {
        part.hasSuffix(".scope") || part.hasSuffix(".service") && !part.hasPrefix("user@")
    }

    /// The container that begins with this part of the path.
    private static func container(_ parts: [String], at index: Int) -> (Container.Runtime, id: String)? {
        let part = parts[index]
        let parent = index > 0 ? parts[index - 1] : ""
        // `SLICE:RUNTIME:ID` is what runc was told for systemd, taken as a folder's name by a runtime that does without.
        let told = part.split(separator: ":", omittingEmptySubsequences: false)
        let name =
            told.count == 3 ? "\(told[1])-\(told[2])" : part.hasSuffix(".scope") ? String(part.dropLast(6)) : part
        for (prefix, runtime) in prefixes where name.hasPrefix(prefix) {
            let id = String(name.dropFirst(prefix.count))
            if isID(id) { return (runtime, id) }
        }
        if isID(name) { return (parent == "docker" ? .docker : .unknown, name) }
        if parent == "lxc" || parent == "lxc.payload" { return (.lxc, part) }
        if let id = part.behind("lxc.payload.") { return (.lxc, id) }
        return machine(parts, at: index)
    }

    /// What systemd-machined keeps in machine.slice: containers of systemd-nspawn and libvirt, and virtual machines, which
    /// are none.
    private static func machine(_ parts: [String], at index: Int) -> (Container.Runtime, id: String)? {
        let part = parts[index]
        guard let slice = parts[..<index].lastIndex(of: "machine.slice") else { return nil }
        if slice == index - 1, part.hasSuffix(".scope"), let name = part.dropLast(6).behind("machine-")?.unitUnescaped {
            if name.hasPrefix("qemu-") { return nil }
            return (name.hasPrefix("lxc-") ? .lxc : .nspawn, name)
        }
        // `systemd-nspawn@NAME.service/payload`; nspawn itself runs in `supervisor` beside it.
        if slice == index - 2, part == "payload", parts[index - 1].hasSuffix(".service"),
            let at = parts[index - 1].firstIndex(of: "@")
        {
            let name = parts[index - 1].dropLast(8)[at...].behind("@")?.unitUnescaped
            return name.map { (.nspawn, $0) }
        }
        return nil
    }

    private static let prefixes: [(String, Container.Runtime)] = [
        ("docker-", .docker), ("cri-containerd-", .containerd), ("nerdctl-", .containerd), ("containerd-", .containerd),
        ("libpod-", .podman), ("libpod-payload-", .podman), ("crio-", .crio),
    ]

    private static func isID(_ text: String) -> Bool { text.utf8.count == 64 && text.utf8.allSatisfy(isHexadecimal) }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    /// `pod1234-…` (cgroupfs driver) or `kubepods-burstable-pod1234_….slice` (systemd driver, whose names keep `-` for
    /// nesting). A static pod's UID is a hash without dashes.
    private static func podUID(_ part: String) -> String? {
        var name = part.prefix { $0 != ":" }
        if name.hasSuffix(".slice") {
            guard name.contains("kubepods"), let dash = name.lastIndex(of: "-") else { return nil }
            name = name[name.index(after: dash)...].dropLast(6)
        }
        guard let uid = name.behind("pod").map({ String($0.map { $0 == "_" ? "-" : $0 }) }) else { return nil }
        let groups = uid.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard [[8, 4, 4, 4, 12], [32]].contains(groups.map(\.count)) else { return nil }
        return groups.joined().allSatisfy(isHexadecimal) ? uid : nil
    }
}

extension StringProtocol {
    /// What stands behind the prefix; `nil` without it, or if nothing does.
    fileprivate func behind(_ prefix: String) -> String? {
        hasPrefix(prefix) && count > prefix.count ? String(dropFirst(prefix.count)) : nil
    }

    /// `web\x2d1` is `web-1` (systemd-escape(1)). `nil` for an escape that is none.
    fileprivate var unitUnescaped: String? {
        var bytes: [UInt8] = []
        var rest = utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            guard rest.popFirst() == UInt8(ascii: "x"),
                let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(code)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
