import Kernel
import Sockets
import TCP
import Watching

/// What the stream adds to looks: rates that count what lives between two of them too, exact ages, and lives. To be used
/// on one thread.
final class TopStream {
    private let live: LiveTracker
    private let interruption: Interruption
    private var rates = TopRates()
    private var countedSince: UInt64
    /// The connection whose life is wanted, and that life once it is over.
    var wanted: UInt64? {
        didSet { if wanted != oldValue { ended = nil } }
    }
    private var ended: Life?

    /// Opens the stream and looks once.
    /// - Throws: where the host refuses eBPF.
    init(_ look: Look) throws {
        var options = StreamOptions()
        options.namespace = try StreamPlace.inode(of: look.namespaces)
        options.ipv4 = look.ipv4
        options.ipv6 = look.ipv6
        // Looks are top's own, where the host refuses eBPF.
        options.method = .bpf
        live = try LiveTracker(options, look: look)
        interruption = try Interruption()
        countedSince = HostClock.monotonic
        try live.begin { _ in }
    }

    /// Reads what comes, so many milliseconds long at most.
    func turn(milliseconds: Int32) throws {
        try live.turn(milliseconds: min(milliseconds, LiveTracker.pace), interruption) { count($0) }
    }

    private func count(_ news: LiveTracker.News) {
        switch news {
        case .opening(let opening):
            if opening.way != .listen { rates.open(TopKey(opening.process)) }
        case .transition(let step):
            // No group: a listener.
            guard let way = live.tracker.group(of: step.life, owner: step.owner)?.way else { return }
            let keys: [TopKey] =
                switch way {
                case .listener(let namespace, let port): [.port(namespace, port), .client(step.life.remote.address)]
                case .destination(let endpoint): [.outgoing, .remote(endpoint)]
                }
            for key in keys {
                if step.isNew, !step.life.beganBefore { rates.open(key) }
                if step.isFinished { rates.close(key) }
            }
            guard step.isFinished else { return }
            if let owner = step.owner { rates.close(TopKey(owner)) }
            if step.life.cookie == wanted { ended = step.life }
        // Was not asked for.
        case .tally: break
        case .over, .lost, .corrected, .seen, .looked: break
        }
    }

    /// Files what it knows of the sample's connections. Returns what was opened and closed since it was asked last.
    func take(_ sample: inout TopSample) throws -> TopRates {
        try turn(milliseconds: 0)
        let now = HostClock.monotonic
        sample.method = .stream(lost: try live.counts().lost)
        sample.ages = sample.connections.map { connection in
            guard connection.state != .listen else { return .unknown }
            // In another state: one of both is newer.
            guard let life = live.tracker.life(of: connection.cookie), life.state == connection.state,
                let dwell = life.dwell(until: now)
            else { return TopAge(connection.ageAtLeast.map(UInt64.init)) }
            return TopAge(dwell.nanoseconds / 1_000_000, isExact: dwell.isExact)
        }
        if let wanted { sample.life = (ended ?? live.tracker.life(of: wanted)).map { life($0, now) } }
        defer { (rates, countedSince) = (TopRates(), now) }
        rates.seconds = max(Double(now - countedSince) / 1e9, 0.001)
        return rates
    }

    private func life(_ life: Life, _ now: UInt64) -> TopLife {
        let end = life.ended == 0 ? now : life.ended
        let stages = (0..<Int(life.stateCount)).map { index in
            let isFirstSeen = index == 0 && life.beganBefore
            let next = index + 1 < Int(life.stateCount) ? life.entered(at: index + 1) : end
            let lasted = life.entered(at: index).flatMap { began in next.map { $0 - min(began, $0) } }
            return TopLife.Stage(
                state: life.state(at: index),
                entered: isFirstSeen ? nil : life.entered(at: index).map(TopWatcher.clock),
                lasted: lasted.map { $0 / 1000 }, isExact: !isFirstSeen)
        }
        // Of what is older than the stream, only who holds it is known, and that is seen elsewhere.
        return TopLife(
            cookie: life.cookie, stages: stages,
            owner: life.beganBefore
                ? nil
                : live.tracker.owner(of: life).map { process in
                    WatchTable.name(process) + (life.descriptor.map { " fd \($0)" } ?? "")
                })
    }
}
