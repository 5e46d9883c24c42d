internal import Sockets
package import TCP

/// A pile of real connections: one file under Piles, and one line in `CrowdPile.all`.
package struct CrowdPile: Sendable {
    /// As the command line has it: `close-wait`.
    package var name: String
    /// One sentence: who does what wrong.
    package var about: String
    package var standardCount: Int
    /// Why it cannot be made on the host's own loopback; `nil` where it can.
    package var ownNamespaceBecause: String?
    /// When it goes by itself; `nil` for one that stays.
    package var ends: String?
    /// Something is wrong with it, and `--healthy` makes one with which nothing is.
    package var hasNeighbour: Bool
    /// Makes it, with `count` connections. What it promises is so when it returns.
    let make: @Sendable (Stage, Int) throws(LabError) -> Promise

    init(
        _ name: String, _ about: String, count: Int, ownNamespaceBecause: String? = nil, ends: String? = nil,
        hasNeighbour: Bool = true,
        make: @escaping @Sendable (Stage, Int) throws(LabError) -> Promise
    ) {
        self.name = name
        self.about = about
        standardCount = count
        self.ownNamespaceBecause = ownNamespaceBecause
        self.ends = ends
        self.hasNeighbour = hasNeighbour
        self.make = make
    }

    package static let all: [CrowdPile] = [
        .closeWait,
        .closeWaitShared,
        .closeWaitPool,
        .unaccepted,
        .acceptQueueFull,
        .slowAccept,
        .timeWait,
        .timeWaitPorts,
        .timeWaitBuckets,
        .finWait2,
        .finWait2Orphaned,
        .closingStuck,
        .synFlood,
        .handshakeStuck,
        .connectUnanswered,
        .deadPeer,
        .zeroWindow,
        .idle,
        .many,
        .ephemeralPorts,
        .descriptors,
        .closedSockets,
        .conntrack,
        .everyState,
        .busy,
        .healthy,
    ]

    package static func named(_ name: String) throws(LabError) -> CrowdPile {
        let wanted = String(name.lowercased().map { $0 == "_" ? "-" : $0 })
        if let pile = all.first(where: { $0.name == wanted }) { return pile }
        let nearest = Suggestion.nearest(to: wanted, among: all.map(\.name))
        throw LabError(
            "no pile is named '\(name)'",
            next: (nearest.map { "did you mean '\($0)'? " } ?? "") + "'linger lab crowd --list' shows all")
    }
}

/// What the kernel showed when the pile stood, and what `linger doctor` has to find in it.
package struct Promise: Sendable {
    package var states: [State: Int]
    /// The kind of the one finding; `nil` where nothing is wrong.
    package var finding: String?
    /// The processes that it names.
    package var pids: [Int32] = []
    /// The connections that it is about.
    package var count: Int?
    /// The port of the listener that it names.
    package var listener: UInt16?
    /// The remote port that it names.
    package var destination: UInt16?

    init(_ states: [State: Int]) { self.states = states.filter { $0.value > 0 } }

    func finding(
        _ kind: String, _ pids: [Int32] = [], count: Int? = nil, listener: UInt16? = nil, destination: UInt16? = nil
    ) -> Promise {
        var promise = self
        promise.finding = kind
        (promise.pids, promise.count, promise.listener, promise.destination) = (pids, count, listener, destination)
        return promise
    }
}
