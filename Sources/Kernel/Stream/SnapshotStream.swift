package import Sockets
internal import TCP

/// Transitions where eBPF is refused: out of looks by sock_diag, one after another, and the kernel's notices of sockets'
/// ends. It tells when it wants a look (`needsLook`), and takes it from whoever looked (`take`).
///
/// What comes and goes between two looks is not seen, but for connections that are over: those a notice tells of.
package final class SnapshotStream: TransitionSource {
    package private(set) var way: StreamWay
    private let options: StreamOptions
    private var difference = SnapshotDifference()
    /// By the namespace's inode.
    private var notices: [UInt32: EndNotices] = [:]
    /// Namespaces that gave none.
    private var silent: Set<UInt32> = []
    private var pending: [StreamEvent] = []
    private var told = StreamCounts()
    /// Of namespaces that are gone.
    private var lostBefore: UInt64 = 0
    /// When the last look began, and until when none is due so that looking does not take up the CPU.
    private var lastLook: UInt64 = 0
    private var rest: UInt64 = 0
    private var restOfHolders: UInt64 = 0

    /// After a look there is none for this many times as long as it took; after one that seeks holders among all
    /// descriptors, no such one.
    private static let restAfterLook: UInt64 = 4
    private static let restAfterHolders: UInt64 = 9

    /// Opens the notices: what ends from here on is told. Whoever made this looks next, with holders.
    init(_ options: StreamOptions, _ look: Look, refusal: KernelError?) throws(KernelError) {
        self.options = options
        way = .snapshots(.init(every: options.every, refusal: refusal, noticesFailure: nil))
        // Only to learn of the namespaces: one state is enough of a dump.
        var first = look
        first.method = .proc
        first.states = StateSet(.listen)
        first.holders = false
        follow(try Observer().look(first).namespaces)
    }

    package func read(all: Bool, _ consume: (StreamEvent) -> Void) throws(KernelError) {
        try readNotices()
        let events = pending
        pending = []
        for event in events { consume(event) }
    }

    /// What is not read in time is dropped only with notices, which looks make up for.
    package var isPressed: Bool { false }

    package func wait(milliseconds: Int32, _ interruption: borrowing Interruption) {
        interruption.wait(for: -1, milliseconds: milliseconds)
    }

    package func counts() throws(KernelError) -> StreamCounts {
        var counts = told
        counts.lostNotices = notices.values.reduce(lostBefore) { $0 + $1.lost }
        counts.brief = difference.brief
        return counts
    }

    package func needsLook(at now: UInt64) -> Bool { now >= max(lastLook + options.every, rest) }

    package func needsHolders(_ snapshot: Snapshot, at now: UInt64) -> Bool {
        now >= restOfHolders && difference.wantsHolders(snapshot)
    }

    package func take(_ snapshot: Snapshot, began: UInt64, ended: UInt64, _ depth: LookDepth) -> Set<UInt64> {
        lastLook = began
        rest = ended + (ended - began) * Self.restAfterLook
        if depth == .holders { restOfHolders = ended + (ended - began) * Self.restAfterHolders }
        // A notice that cannot be read is as good as none.
        try? readNotices()
        let doubtful = difference.take(
            snapshot, began: began, ended: ended, hasHolders: depth == .holders
        ) { event in
            switch event {
            case .opening: told.openings += 1
            case .transition: told.transitions += 1
            // Looks tell of none.
            case .course: break
            }
            pending.append(event)
        }
        follow(snapshot.namespaces)
        return doubtful
    }

    // MARK: Notices

    private func readNotices() throws(KernelError) {
        let bounds = options.bounds
        for one in notices.values {
            told.undecoded += try one.read { notice in
                // Without the peer's port it is not known what it was: only what a look saw counts then.
                guard notice.local.address.family == .ipv4 ? options.ipv4 : options.ipv6,
                    bounds.contains(local: notice.local.port, remote: notice.remote.port)
                        || difference.knows(notice.cookie)
                else { return }
                difference.take(notice)
            }
        }
    }

    /// Listens in each namespace of a look, and in no other.
    private func follow(_ namespaces: [NetworkNamespace]) {
        let inodes = Set(namespaces.map(\.inode))
        for (inode, gone) in notices where !inodes.contains(inode) {
            lostBefore += gone.lost
            notices[inode] = nil
        }
        for namespace in namespaces where notices[namespace.inode] == nil && !silent.contains(namespace.inode) {
            let (inode, size) = (namespace.inode, options.bufferSize)
            do throws(KernelError) {
                notices[inode] = try NamespaceThread.run(in: namespace) {
                    Result { () throws(KernelError) in try EndNotices(namespace: inode, size: size) }
                }.get()
            } catch {
                silent.insert(inode)
                if case .snapshots(var limits) = way {
                    limits.noticesFailure = error
                    way = .snapshots(limits)
                }
            }
        }
    }
}
