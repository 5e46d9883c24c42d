import Diagnosis
import Kernel
import Sockets
import TCP

/// Looks at the host again and again, on a thread of its own, and makes samples of what it sees.
struct TopWatcher {
    private let plan: TopPlan
    private let feed: TopFeed
    private let observer: Observer
    private var book = TopBook()
    private var window = TopRateWindow()
    private var clinic: TopClinic
    /// `nil` before the first look, and where the host refuses eBPF.
    private var stream: TopStream?
    private var interval = 1.0

    /// A look takes at most this part of the time: on a host with very many sockets they come less often.
    private static let largestPart = 0.2
    /// Seconds: but not so seldom that nobody would call it live.
    private static let longestPause = 10.0

    /// Until the feed says that it is over.
    static func run(_ plan: TopPlan, _ feed: TopFeed) {
        do {
            var watcher = try TopWatcher(plan, feed)
            watcher.run()
        } catch {
            feed.put(error)
        }
    }

    private init(_ plan: TopPlan, _ feed: TopFeed) throws(KernelError) {
        self.plan = plan
        self.feed = feed
        observer = try Observer()
        clinic = TopClinic(messages: plan.messages)
    }

    private mutating func run() {
        var isFirst = true
        while !feed.isEnding {
            let began = Surroundings.monotonicSeconds
            do {
                feed.put(try look())
            } catch {
                feed.put(error)
            }
            let took = Surroundings.monotonicSeconds - began
            interval = max(plan.every, min(took / Self.largestPart, Self.longestPause))
            // A person sees something first, and then it gets better.
            if isFirst { stream = try? TopStream(plan.look) }
            isFirst = false
            rest(until: began + interval)
        }
    }

    private mutating func rest(until end: Double) {
        while !feed.isEnding {
            let left = end - Surroundings.monotonicSeconds
            guard left > 0 else { return }
            let milliseconds = Int32(min(left, 3600) * 1000) + 1
            guard let stream else {
                // A new wish is not kept waiting.
                if feed.pause(milliseconds: milliseconds) { return }
                continue
            }
            // What breaks is no reason to stop looking.
            if (try? stream.turn(milliseconds: milliseconds)) == nil { self.stream = nil }
            if feed.pause(milliseconds: 0) { return }
        }
    }

    private mutating func look() throws -> TopSample {
        var look = plan.look
        let wish = feed.wish
        let isVisit = clinic.isDue(at: Surroundings.monotonicSeconds)
        look.processDetails = wish.details || isVisit
        look.limits = wish.limits || isVisit
        look.closedSockets = isVisit
        let snapshot = try observer.look(look)
        var sample = TopSample(rows: Rows(snapshot, language: plan.messages.language))
        sample.monotonic = HostClock.monotonic
        sample.clock = TopWatcher.clock(at: sample.monotonic)
        sample.interval = max(interval, plan.every)
        try file(&sample, wish.cookie)
        if isVisit { clinic.visit(sample) }
        sample.findings = clinic.findings
        sample.report = clinic.report
        return sample
    }

    /// Adds ages, rates and the life that is wanted.
    private mutating func file(_ sample: inout TopSample, _ cookie: UInt64?) throws {
        if let stream {
            stream.wanted = cookie
            sample.rates = window.add(try stream.take(&sample))
            return
        }
        if let rates = book.take(&sample) { sample.rates = window.add(rates) }
        if let cookie { sample.life = life(of: cookie, in: sample) }
    }

    /// Looks alone know the state that it is in.
    private func life(of cookie: UInt64, in sample: TopSample) -> TopLife? {
        guard let index = sample.index(of: cookie) else { return nil }
        let age = sample.age(of: index)
        let since = age.milliseconds.map { sample.monotonic - min(sample.monotonic, UInt64($0) * 1_000_000) }
        return TopLife(
            cookie: cookie,
            stages: [
                TopLife.Stage(
                    state: sample.connections[index].state, entered: age.isExact ? since.map(TopWatcher.clock) : nil,
                    lasted: age.milliseconds.map { UInt64($0) * 1000 }, isExact: age.isExact)
            ])
    }

    /// `12:34:56`, local time.
    static func clock(at monotonic: UInt64) -> String {
        let seconds = (Int64(bitPattern: monotonic) &+ HostClock.offset) / 1_000_000_000
        let (hour, minute, second) = HostClock.timeOfDay(seconds)
        return [hour, minute, second].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    }
}
