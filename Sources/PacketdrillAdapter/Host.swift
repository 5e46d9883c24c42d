import Glibc
import Lab
import Sockets
import TCP

/// The host under test: a stack, its clock, and the descriptors of the script's process.
///
/// packetdrill calls from two threads: the script's, and one for calls that are to block. `lock` guards everything; a
/// call that waits gives it up, and goes on when another has changed something.
final class Host: @unchecked Sendable {  // `lock`
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    /// The thread that runs the script.
    private let scriptThread = pthread_self()

    let flags: Flags
    var settings: HostSettings
    var stack: Stack
    /// Where the clock begins does not matter: not at 0, which packetdrill takes for "not set".
    var now = Instant(microseconds: 1_000_000_000)
    var descriptors: [Int32: Descriptor] = [:]
    var bySocket: [Stack.Socket: Descriptor] = [:]
    /// Packets that packetdrill has not taken yet.
    var packets: [(bytes: [UInt8], time: Instant)] = []
    var settingsRead = 0
    var lastTable = ""

    /// Counts what has changed, so that a waiting call knows whether it has to look again.
    private var epoch = 0
    private struct Waiter {
        /// When it looked last.
        var epoch: Int
        var end: Instant?
    }
    private var waiting: [pthread_t: Waiter] = [:]
    /// Threads whose call is over and that have not asked for the time yet: packetdrill does at once, to compare it with
    /// the script, so until then the clock stands still.
    private var returning: Set<pthread_t> = []

    init(_ flags: Flags) {
        self.flags = flags
        settings = HostSettings(flags.profile)
        stack = Stack(settings.stack(flags))
        pthread_mutex_init(lock, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        for number in descriptors.keys { close(number) }
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(lock)
        changed.deallocate()
        lock.deallocate()
    }

    /// One call: the settings are read first, what the stack did is seen to last.
    func call<Value>(_ body: () throws(SystemError) -> Value) throws(SystemError) -> Value {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        readSettings()
        defer { settle() }
        return try body()
    }

    // MARK: time

    /// Everything up to a point in time happens, each thing at its own time.
    func run(until end: Instant) {
        while let next = nextTime, next <= end {
            if next > now { now = next }
            stack.advance(to: now)
            settle()
        }
        if end > now { now = end }
    }

    /// When something happens by itself next: a timer of the stack, or the end of somebody's waiting.
    var nextTime: Instant? {
        let ends = waiting.values.compactMap(\.end).filter { $0 > now }
        return (ends + [stack.nextDeadline].compactMap(\.self)).min()
    }

    /// What the clock says. It moves with each look, for packetdrill waits for the last 20 microseconds by looking.
    func look() -> Instant {
        if returning.remove(pthread_self()) != nil {
            pthread_cond_broadcast(changed)
        } else {
            run(until: now + 1)
        }
        return now
    }

    // MARK: waiting

    /// Takes what the stack has to say, and lets waiting calls see it, and return if that is what they waited for.
    func settle() {
        takeEvents()
        takePackets()
        writeTable()
        epoch += 1
        guard !waiting.isEmpty || !returning.isEmpty else { return }
        pthread_cond_broadcast(changed)
        let thread = pthread_self()
        while returning.contains(where: { $0 != thread })
            || waiting.contains(where: { $0.key != thread && $0.value.epoch < epoch })
        {
            pthread_cond_wait(changed, lock)
        }
    }

    /// Waits until `condition` gives something; `end`: until then, `nil` after it.
    ///
    /// The thread that runs the script has nobody to wait for: then time passes here.
    func wait<Value>(
        until end: Instant? = nil, _ condition: () throws(SystemError) -> Value?
    ) throws(SystemError) -> Value? {
        if let value = try condition() { return value }
        if let end, now >= end { return nil }
        let thread = pthread_self()
        if thread == scriptThread {
            while let next = nextTime, next <= end ?? Instant(microseconds: .max) {
                run(until: next)
                if let value = try condition() { return value }
            }
            // Nothing will ever happen.
            guard let end else { throw SystemError(EDEADLK) }
            run(until: end)
            return nil
        }
        // One call may wait several times.
        returning.remove(thread)
        settle()
        waiting[thread] = Waiter(epoch: epoch, end: end)
        pthread_cond_broadcast(changed)
        defer {
            waiting[thread] = nil
            returning.insert(thread)
            pthread_cond_broadcast(changed)
        }
        while true {
            pthread_cond_wait(changed, lock)
            if let value = try condition() { return value }
            if let end, now >= end { return nil }
            waiting[thread]?.epoch = epoch
            pthread_cond_broadcast(changed)
        }
    }
}
