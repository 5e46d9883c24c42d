package import Sockets

/// A process that holds something that is to be cleared.
package struct Target: Sendable, Hashable {
    package var pid: Int32
    /// With the pid it names one process for ever.
    package var startTicks: UInt64
    package var command: String
    package var unit: String?
    package var unitUser: UInt32?
    package var container: Container?
}

/// One descriptor of a connection.
package struct TargetDescriptor: Sendable, Hashable {
    /// Index into `ClearPlan.targets`.
    package var target: Int
    package var descriptor: Int32
}

/// One connection, and what is to be done to it.
package struct ClearItem: Sendable {
    package var connection: Connection
    package var level: Level
    /// Everybody that holds it; empty where nobody does.
    package var descriptors: [TargetDescriptor]
    package var sign: Level.Sign
}

/// A connection that the filter matches and the plan leaves alone.
package struct LeftAlone: Sendable {
    package enum Reason: Sendable, Hashable {
        case guarded(Guard)
        case obstacle(Level.Obstacle)
        /// Beyond `--limit`.
        case limit

        /// In JSON and the audit record.
        package var key: String {
            switch self {
            case .guarded(let one): one.rawValue
            case .obstacle(let one): one.rawValue
            case .limit: "limit"
            }
        }
    }

    package var connection: Connection
    package var reason: Reason
}

/// What is to be done, to exactly which connections: made of one look, applied once. Applying consumes it.
package struct ClearPlan: ~Copyable, Sendable {
    package let items: [ClearItem]
    package let targets: [Target]
    package let left: [LeftAlone]
    package let namespaces: [NetworkNamespace]
    /// How the look was taken: the look after is taken in the same way.
    package let states: StateSet

    package init(
        items: [ClearItem], targets: [Target], left: [LeftAlone], namespaces: [NetworkNamespace], states: StateSet
    ) {
        self.items = items
        self.targets = targets
        self.left = left
        self.namespaces = namespaces
        self.states = states
    }
}
