package import Sockets

/// Where transitions come from: an eBPF program, or looks at the host again and again. Whoever reads them need not care.
///
/// To be used on one thread.
package protocol TransitionSource: AnyObject {
    var way: StreamWay { get }
    /// Hands on what waits now, the oldest of each connection first, and returns at once.
    /// - Parameter all: what the source keeps back of connections that go on, too.
    func read(all: Bool, _ consume: (StreamEvent) -> Void) throws(KernelError)
    /// Waits until much has come, the time is over, or somebody interrupts.
    func wait(milliseconds: Int32, _ interruption: borrowing Interruption)
    /// So much had come by the last read that the next one should not be late.
    var isPressed: Bool { get }
    func counts() throws(KernelError) -> StreamCounts
    /// It needs a look by now to tell what happened.
    func needsLook(at now: UInt64) -> Bool
    /// A look without holders is not enough: it shows sockets of which it is not known who has them open.
    func needsHolders(_ snapshot: Snapshot, at now: UInt64) -> Bool
    /// Hears of each look that was taken.
    /// - Returns: sockets that the look does not show and that may be there all the same.
    func take(_ snapshot: Snapshot, began: UInt64, ended: UInt64, _ depth: LookDepth) -> Set<UInt64>
}

/// How much a look has to show.
package enum LookDepth: Sendable { case sockets, holders }

/// How transitions become known, and what that cannot see.
package enum StreamWay: Sendable {
    /// The kernel tells each.
    /// - Parameter acceptFailure: why it is not seen who accepts, where it is not: then only looks tell.
    case bpf(acceptFailure: KernelError?)
    case snapshots(Limits)

    package struct Limits: Sendable {
        /// Nanoseconds from one look to the next, at least.
        package var every: UInt64
        /// Why there is no eBPF; `nil` where looks were asked for.
        package var refusal: KernelError?
        /// Why the kernel does not tell of sockets' ends, where it does not.
        package var noticesFailure: KernelError?
    }
}

extension StreamWay {
    /// Connections can come and go without any trace.
    package var missesEnds: Bool {
        if case .snapshots(let limits) = self { limits.noticesFailure != nil } else { false }
    }
}

extension StreamOptions {
    /// Opens the source that the method asks for, and that the host allows.
    /// - Parameter look: what the looks of it show.
    package func open(_ look: Look) throws(KernelError) -> any TransitionSource {
        switch method {
        case .bpf: return try ConnectionStream(self)
        case .snapshots: return try SnapshotStream(self, look, refusal: nil)
        case .auto:
            do throws(KernelError) {
                return try ConnectionStream(self)
            } catch {
                return try SnapshotStream(self, look, refusal: error)
            }
        }
    }
}
