internal import CLinux
internal import Glibc

/// Waits, while a crowd is held, for whatever comes first.
package final class HoldWatch {
    package enum Event: Sendable, Equatable {
        /// Nothing happened for the time that was asked for.
        case timePassed
        /// Ctrl-C, or a signal that asks to end (SIGINT, SIGTERM, SIGHUP).
        case askedToEnd
        /// Standard input ended.
        case inputEnded
    }

    private let signals: FileDescriptor
    private let watchesInput: Bool

    /// From here on the three signals are told by `wait` and do nothing else. Children started later would not hear
    /// them: they have to be started before.
    package init(watchesInput: Bool) throws(KernelError) {
        self.watchesInput = watchesInput
        var set = sigset_t()
        sigemptyset(&set)
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&set, signal) }
        sigprocmask(SIG_BLOCK, &set, nil)
        let raw = signalfd(-1, &set, Int32(SFD_CLOEXEC))
        guard raw >= 0 else { throw .system("signalfd") }
        signals = FileDescriptor(owning: raw)
    }

    /// What stands in standard input is read and thrown away.
    package func wait(milliseconds: Int) throws(KernelError) -> Event {
        var watched = [
            pollfd(fd: signals.raw, events: Int16(POLLIN), revents: 0),
            pollfd(fd: watchesInput ? STDIN_FILENO : -1, events: Int16(POLLIN), revents: 0),
        ]
        let count = poll(&watched, 2, Int32(clamping: milliseconds))
        if count < 0, errno != EINTR { throw .system("poll") }
        guard count > 0 else { return .timePassed }
        if watched[0].revents != 0 { return .askedToEnd }
        var buffer = [UInt8](repeating: 0, count: 4096)
        return read(STDIN_FILENO, &buffer, buffer.count) > 0 ? .timePassed : .inputEnded
    }
}
