import Kernel
import Sockets

/// One run of `linger top`: hands what happens to the model, and what the model looks like to the screen.
struct TopRun {
    private let plan: TopPlan
    private let feed: TopFeed
    private var model: TopModel

    init(_ plan: TopPlan) throws {
        self.plan = plan
        feed = try TopFeed()
        model = TopModel(
            messages: plan.messages, filter: plan.filter, resolver: .host, namespace: plan.namespace)
    }

    mutating func run() throws {
        // Before the thread starts: it inherits that signals are held back.
        let events = try TerminalEvents(bell: feed.news)
        let (plan, feed) = (plan, feed)
        feed.wish(model.wish)
        let screen = try TopScreen(hasColor: plan.hasColor, messages: plan.messages)
        let looking = try Worker { TopWatcher.run(plan, feed) }
        let failure = follow(events, screen)
        screen.end()
        feed.end()
        try looking.join()
        if let failure { throw failure }
    }

    /// Until somebody ends it. Why it could not go on, if that is why.
    private mutating func follow(_ events: borrowing TerminalEvents, _ screen: borrowing TopScreen) -> Failure? {
        resize(screen)
        screen.show(TopPainter.paint(model))
        while true {
            let came = events.wait(milliseconds: 60_000)
            if came.contains(.ended) { return nil }
            if came.contains(.resized) { resize(screen) }
            if came.contains(.stopped) {
                screen.leave()
                events.stop()
            }
            if came.contains(.stopped) || came.contains(.continued) {
                screen.enter()
                resize(screen)
            }
            if came.contains(.bell) {
                let (sample, failure) = feed.take()
                if let sample { _ = model.handle(.sample(sample)) }
                if let failure {
                    // Not one look: there is nothing to show.
                    if model.sample == nil { return failure }
                    _ = model.handle(.failure(failure.message))
                }
            }
            if came.contains(.input) {
                while let key = screen.key() {
                    if model.handle(.key(key)) == .quit { return nil }
                }
            }
            if came.contains(.lost) { return nil }
            feed.wish(model.wish)
            screen.show(TopPainter.paint(model))
        }
    }

    private mutating func resize(_ screen: borrowing TopScreen) {
        let size = StandardStream.output.size ?? (80, 24)
        guard size.columns != model.columns || size.rows != model.rows else { return }
        screen.resize(columns: size.columns, rows: size.rows)
        _ = model.handle(.resize(columns: size.columns, rows: size.rows))
    }
}
