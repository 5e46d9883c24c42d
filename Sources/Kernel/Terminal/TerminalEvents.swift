internal import CLinux
internal import Glibc

/// What a program with a screen of its own waits for: keys, a change of the terminal's size, the shell's wish to stop it,
/// the wish to end it, and a bell of its own threads.
///
/// To be made on the first thread before others start, as they inherit that the signals are held back, and before ncurses
/// starts, which else would take SIGTSTP for itself.
package struct TerminalEvents: ~Copyable {
    package struct Came: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Something was typed, or the terminal is gone.
        package static let input = Came(rawValue: 1)
        package static let bell = Came(rawValue: 2)
        package static let resized = Came(rawValue: 4)
        /// SIGINT, SIGTERM or SIGHUP.
        package static let ended = Came(rawValue: 8)
        /// SIGTSTP: Ctrl-Z. `stop` does what it asks for.
        package static let stopped = Came(rawValue: 16)
        /// SIGCONT: others may have used the terminal meanwhile.
        package static let continued = Came(rawValue: 32)
        /// The terminal hung up: nothing more can be read from it.
        package static let lost = Came(rawValue: 64)
    }

    private let signals: FileDescriptor
    private let bell: Bell

    package init(bell: Bell) throws(KernelError) {
        var wanted = sigset_t()
        sigemptyset(&wanted)
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP, SIGCONT] { sigaddset(&wanted, signal) }
        let code = pthread_sigmask(SIG_BLOCK, &wanted, nil)
        guard code == 0 else { throw KernelError(call: "pthread_sigmask", code: code) }
        // ncurses ignores SIGTSTP while it draws, unless it finds a handler of others, and what is ignored is taken from
        // the signals that wait: a Ctrl-Z in that moment would be lost. This one is never called: the signal is held back.
        signal(SIGTSTP) { _ in }
        let raw = linger_signal_descriptor(&wanted)
        guard raw >= 0 else { throw .system("signalfd") }
        signals = FileDescriptor(owning: raw)
        self.bell = bell
    }

    /// Waits until one of them comes, so many milliseconds at most.
    package func wait(milliseconds: Int32) -> Came {
        var waiting = [STDIN_FILENO, signals.raw, bell.descriptor]
            .map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        guard poll(&waiting, nfds_t(waiting.count), milliseconds) > 0 else { return [] }
        var came: Came = []
        if waiting[0].revents & Int16(POLLIN) != 0 { came.insert(.input) }
        if waiting[0].revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 { came.insert(.lost) }
        if waiting[1].revents != 0 { came.formUnion(pending()) }
        if waiting[2].revents != 0, bell.hear() { came.insert(.bell) }
        return came
    }

    private func pending() -> Came {
        var came: Came = []
        // struct signalfd_siginfo: 128 bytes, and the signal's number first (signalfd(2)).
        var record = [UInt32](repeating: 0, count: 32)
        while read(signals.raw, &record, 128) == 128 {
            switch Int32(bitPattern: record[0]) {
            case SIGWINCH: came.insert(.resized)
            case SIGTSTP: came.insert(.stopped)
            case SIGCONT: came.insert(.continued)
            default: came.insert(.ended)
            }
        }
        return came
    }

    /// Stops the process as Ctrl-Z does, and returns when it goes on. The terminal has to be in order before.
    package func stop() {
        signal(SIGTSTP, SIG_DFL)
        var only = sigset_t()
        sigemptyset(&only)
        sigaddset(&only, SIGTSTP)
        raise(SIGTSTP)
        // It waits as long as it is held back: now it stops us.
        pthread_sigmask(SIG_UNBLOCK, &only, nil)
        pthread_sigmask(SIG_BLOCK, &only, nil)
        signal(SIGTSTP) { _ in }
    }
}

/// Brings the terminal back even if the program crashes.
package enum TerminalGuard {
    /// - Parameter sequence: what ends the screen on this terminal. Its settings are those of now.
    package static func begin(_ sequence: [UInt8]) {
        // Without it, a crash leaves the terminal as it is: nothing else depends on it.
        _ = sequence.withUnsafeBytes { linger_guard_terminal(STDOUT_FILENO, $0.baseAddress, UInt($0.count)) }
    }

    package static func end() { linger_unguard_terminal() }
}
