internal import CLinux
internal import Glibc

/// SIGINT, SIGTERM and SIGHUP as something to wait for, so that Ctrl-C ends a long run in good order (signalfd(2)).
///
/// To be made on the first thread before others start: they inherit that the signals are held back.
package struct Interruption: ~Copyable {
    private let file: FileDescriptor

    package init() throws(KernelError) {
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
        let code = pthread_sigmask(SIG_BLOCK, &signals, nil)
        guard code == 0 else { throw KernelError(call: "pthread_sigmask", code: code) }
        let raw = linger_signal_descriptor(&signals)
        guard raw >= 0 else { throw .system("signalfd") }
        file = FileDescriptor(owning: raw)
    }

    /// Where another thread interrupts, and no signal.
    package init(by waker: Waker) throws(KernelError) { file = try waker.duplicate() }

    /// A signal came, or somebody woke.
    package var isPending: Bool {
        var waiting = pollfd(fd: file.raw, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, 0) > 0
    }

    /// Until the descriptor can be read, a signal comes or the time is over.
    /// - Parameter descriptor: -1 for none.
    func wait(for descriptor: Int32, milliseconds: Int32) {
        var waiting = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: file.raw, events: Int16(POLLIN), revents: 0),
        ]
        _ = poll(&waiting, 2, milliseconds)
    }
}
