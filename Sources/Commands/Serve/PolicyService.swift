import Clearing
import Kernel
import Logging
import ServiceLifecycle
import Sockets
import Synchronization

/// Runs the policies over the looks of the watch, on a thread of its own: what a policy clears may take seconds, and then
/// the newest look comes next. A reload's policies are taken over with the next look.
final class PolicyService: Service {
    private let settings: LiveSettings
    private let memory: PolicyMemoryFile
    private let stop: StopSign
    private let logger: Logger
    private let tell: @Sendable (PolicyEvent) -> Void
    private let waiting = Mutex<Snapshot?>(nil)

    /// - Parameters:
    ///   - memory: where it stands what the policies know over restarts.
    ///   - tell: gets what happened.
    init(
        _ settings: LiveSettings, memory: PolicyMemoryFile, logger: Logger,
        tell: @escaping @Sendable (PolicyEvent) -> Void
    ) throws(KernelError) {
        self.settings = settings
        self.memory = memory
        self.logger = logger
        self.tell = tell
        stop = try StopSign()
    }

    /// To be called with each look; returns at once.
    func see(_ snapshot: Snapshot) {
        waiting.withLock { $0 = snapshot }
        stop.waker.wake()
    }

    func run() async throws {
        try await stop.thread(named: "policies") { self.runAll() }
    }

    private func runAll() {
        var policies: [Policy] = []
        var reloads = settings.reloads
        var runner: PolicyRunner?
        var now: UInt64 = 0
        while true {
            stop.waker.wait()
            stop.waker.clear()
            if stop.isSet { break }
            guard let snapshot = waiting.withLock({ waiting in waiting.take() }) else { continue }
            now = snapshot.monotonic
            let isReload = settings.reloads != reloads
            reloads = settings.reloads
            let wanted = settings.now.policies
            // What kept them from being run may be mended by now.
            if wanted != policies || isReload && runner == nil {
                policies = wanted
                runner?.end(at: now)
                runner = begin(wanted, after: runner, at: now)
            }
            guard runner != nil else { continue }
            let before = runner?.hindrance
            runner?.run(snapshot, at: now)
            tellHindrance(before, runner?.hindrance)
        }
        runner?.end(at: now)
    }

    private func tellHindrance(_ before: Gap?, _ now: Gap?) {
        guard (before == nil) != (now == nil) else { return }
        if let now {
            logger.warning(
                "policies wait: a look did not see all that earlier ones saw",
                metadata: ["what": "\(now.kind.rawValue) \(now.subject)", "reason": "\(now.reason)"])
        } else {
            logger.notice("policies go on: the look is whole again")
        }
    }

    /// `nil` where none may be run.
    private func begin(_ policies: [Policy], after old: PolicyRunner?, at now: UInt64) -> PolicyRunner? {
        do {
            let runner = try PolicyRunner(
                policies, after: old, memory: memory, now: now, audit: PolicyRunner.usualAudit(),
                tell: { [logger, tell] event in
                    logger.log(
                        level: event.isTrouble ? .warning : .notice, "policy \(event.policy): \(event.text)",
                        metadata: ["match": "\(event.filter)"])
                    tell(event)
                })
            for (name, reason) in runner.off {
                logger.warning("policy \(name) stays switched off", metadata: ["reason": "\(reason.rawValue)"])
            }
            return runner
        } catch {
            logger.error("no policy is run: \(error.message)")
            return nil
        }
    }
}

extension PolicyEvent {
    /// For the log.
    var text: String {
        switch what {
        case .found(let count): "\(count) connections match for long enough"
        case .wouldClear(let count): "would clear \(count) connections (dry run)"
        case .cleared(let run, let planned, let cleared, let refused):
            "cleared \(cleared) of \(planned) connections, run \(run)" + (refused.map { "; refused: \($0)" } ?? "")
        case .heldBack(let reason): "held back: \(reason)"
        case .switchedOff(let reason): "has switched itself off: \(reason.rawValue)"
        case .recovered(let cleared): "the pile is over, after \(cleared) cleared connections"
        case .failed(let reason): "could not act: \(reason)"
        }
    }
}
