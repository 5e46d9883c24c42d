import Sockets

/// Whether a look saw what the looks before it saw: what it could not see is neither over nor gone. Pure.
struct Sightline {
    private struct Hindrance: Hashable {
        var kind: Gap.Kind
        var subject: String

        init(_ gap: Gap) { (kind, subject) = (gap.kind, gap.subject) }
    }

    /// What the first look could not see either: nothing is concluded of that anyway.
    private var usual: Set<Hindrance>?
    /// By which a gap names the namespaces that were seen.
    private var seen: Set<String> = []

    /// - Returns: what it could not see, and an earlier look did; `nil` where it saw all of that.
    mutating func hindrance(of snapshot: Snapshot) -> Gap? {
        let partial = snapshot.gaps.filter(\.isPartial)
        let usual = usual ?? Set(partial.map(Hindrance.init))
        self.usual = usual
        let found = partial.first { gap in
            guard !usual.contains(Hindrance(gap)) else { return false }
            return switch gap.kind {
            // One that is new, or that nobody could see before, hides nothing.
            case .namespace, .interruptedDump: seen.contains(gap.subject)
            case .records: true
            case .file: gap.subject == "/proc" || gap.subject.hasSuffix("/fd")
            // Rights, and what they hide: connections are seen all the same.
            case .processDescriptors, .protectedProcesses, .outOfSight, .namespaces, .bpf, .mptcp, .recording,
                .processes:
                false
            }
        }
        seen.formUnion(snapshot.namespaces.flatMap { [$0.name ?? "\($0.inode)", "\($0.inode)"] })
        return found
    }
}
