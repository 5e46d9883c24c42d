package import Sockets

/// Whether a diagnosis rests on a daemon's record too.
package enum HistoryUse: Sendable {
    case used(Recollection)
    /// No daemon runs, or it was not asked for.
    case none
    /// It runs, and did not answer or not well: why.
    case failed(String)

    package var recollection: Recollection? { if case .used(let recollection) = self { recollection } else { nil } }
}
