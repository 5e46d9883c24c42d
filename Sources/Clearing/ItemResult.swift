package import Kernel
package import TCP

/// What became of one connection of a plan when it was acted on.
package enum ItemOutcome: Sendable, Hashable {
    case acted
    /// It is not what the plan saw: left alone.
    case changed(Change)
    /// The kernel refused, before anything was done.
    case refused(KernelError)
    /// The run ended before it came to it.
    case notTried

    package enum Change: String, Sendable, Hashable {
        /// Its process is gone, or its number is another's.
        case process
        /// The number is closed, or stands for another file.
        case descriptor
        /// The socket is gone; one with the same ends may be there.
        case socket
        /// It is in another state.
        case state
    }

    /// In JSON and the audit record.
    package var key: String {
        switch self {
        case .acted: "acted"
        case .changed: "changed_meanwhile"
        case .refused: "refused"
        case .notTried: "not_tried"
        }
    }

    package var detail: String? {
        switch self {
        case .acted, .notTried: nil
        case .changed(let change): change.rawValue
        case .refused(let error): error.description
        }
    }
}

/// What was found of a connection when it was looked for after.
package enum ItemEnd: Sendable, Hashable {
    case gone
    /// In this state.
    case there(State)
    /// It could not be looked for.
    case unknown

    package var key: String {
        switch self {
        case .gone: "gone"
        case .there: "there"
        case .unknown: "unknown"
        }
    }
}

/// One connection of a plan, from beginning to end.
package struct ItemResult: Sendable {
    package var item: ClearItem
    package var outcome: ItemOutcome
    package var end: ItemEnd = .unknown
    /// Descriptors of it that are still open, whether the connection is gone or not.
    package var stillHeld: [TargetDescriptor] = []

    /// What the plan promised has come true.
    package var isCleared: Bool { end == .gone && (item.level.keepsDescriptor || stillHeld.isEmpty) }
}
