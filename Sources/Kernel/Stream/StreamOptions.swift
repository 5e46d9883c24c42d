package import Sockets

/// Which part of the stream is wanted. The kernel leaves out the rest before anything is written.
package struct StreamOptions: Sendable {
    package enum Method: String, Sendable, CaseIterable {
        /// eBPF; repeated looks where that is refused.
        case auto
        case bpf
        case snapshots
    }

    package var method: Method = .auto
    /// Nanoseconds from one look to the next, where looks tell of transitions.
    package var every: UInt64 = 1_000_000_000
    /// Transitions into one of them or out of one.
    package var states: StateSet = .all
    package var ipv4 = true
    package var ipv6 = true
    /// Inode of the only network namespace; `nil` for all.
    package var namespace: UInt32?
    package var bounds = Filter.Bounds()
    /// Who connects, accepts and listens.
    package var openings = true
    /// The user stack of each opening.
    package var stacks = false
    /// What young connections do stays in the kernel until they are over, a second or two old, or all is asked for: a record a
    /// connection instead of one a transition. By eBPF only, without stacks, with all states, and where the kernel can.
    package var courses = false
    /// Bytes that may wait between the kernel and the reader: a power of two, at least a page.
    package var bufferSize = 1 << 24

    /// Places for young connections, where others than the program's: those whose place is beyond are told transition by
    /// transition. For tests.
    var places: UInt32?

    package init() {}

    /// Young connections stay in the kernel.
    var keepsCourses: Bool { courses && !stacks && states == .all && YoungConnections.canBeReleased }
}
