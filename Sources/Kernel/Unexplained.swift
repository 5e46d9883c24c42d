internal import Synchronization

/// Connections for which the descriptors were read a second time, and nobody was found to hold them: mostly the kernel's
/// own, such as those of NFS. The looks after it need not read the descriptors twice for them.
final class Unexplained: Sendable {
    private let identities = Mutex<Set<UInt64>>([])

    /// Whether one of them was not among those of the look before.
    func isNews(_ connections: [UInt64]) -> Bool {
        let known = identities.withLock { $0 }
        return connections.contains { !known.contains($0) }
    }

    func keep(_ connections: [UInt64]) {
        identities.withLock { $0 = Set(connections) }
    }
}
