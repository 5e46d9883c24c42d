internal import CLinux
internal import Glibc
package import TCP

/// The clock of the lab.
package enum MonotonicClock {
    /// CLOCK_MONOTONIC.
    package static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    /// What added to it gives the time since 1970 (CLOCK_REALTIME).
    package static var offsetSince1970: Microseconds {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000) - now
    }
}

/// Waits for whatever comes first: a packet on a TUN device, a time, or the wish to end.
package final class LabWait {
    private let signals: FileDescriptor
    /// Ctrl-C, or another signal that asks to end, came (SIGINT, SIGTERM, SIGHUP). It stays true.
    package private(set) var isAskedToEnd = false

    /// From here on the three signals are only noted. Threads that exist already are not bound by that.
    package init() throws(KernelError) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&set, signal) }
        sigprocmask(SIG_BLOCK, &set, nil)
        let raw = signalfd(-1, &set, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK))
        guard raw >= 0 else { throw .system("signalfd") }
        signals = FileDescriptor(owning: raw)
    }

    /// - Parameter deadline: of MonotonicClock; `nil` waits as long as it takes. One that is past only looks.
    package func wait(for device: TunDevice, until deadline: Instant?) throws(KernelError) {
        var watched = [
            pollfd(fd: device.raw, events: Int16(POLLIN), revents: 0),
            pollfd(fd: isAskedToEnd ? -1 : signals.raw, events: Int16(POLLIN), revents: 0),
        ]
        // Rounded up: a wait that ends before its time would be followed by another one at once.
        let milliseconds = deadline.map { Int32(clamping: (max($0 - MonotonicClock.now, 0) + 999) / 1000) } ?? -1
        let count = poll(&watched, 2, milliseconds)
        if count < 0, errno != EINTR { throw .system("poll") }
        if count > 0, watched[1].revents != 0 { isAskedToEnd = true }
    }
}
