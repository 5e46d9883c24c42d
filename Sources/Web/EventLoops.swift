internal import NIOCore

/// The threads that wait for the network, shared by all of this room.
enum EventLoops {
    /// One is enough for a scrape now and then and for a webhook, on hosts with many processors too. To be asked before the
    /// first use of them: NIO lets it be said once.
    static let areFew: Bool = {
        NIOSingletons.groupLoopCountSuggestion = 1
        return true
    }()
}
