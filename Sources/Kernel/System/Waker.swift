internal import CLinux
internal import Glibc

/// Wakes a thread that waits: eventfd(2). Safe to use from any thread.
package final class Waker: Sendable {
    private let file: FileDescriptor

    package init() throws(KernelError) {
        let raw = linger_event_descriptor()
        guard raw >= 0 else { throw .system("eventfd") }
        file = FileDescriptor(owning: raw)
    }

    /// Whoever waits goes on; whoever comes later does not wait, until `clear`.
    package func wake() {
        var one: UInt64 = 1
        _ = write(file.raw, &one, MemoryLayout<UInt64>.size)
    }

    package func clear() {
        var count: UInt64 = 0
        _ = read(file.raw, &count, MemoryLayout<UInt64>.size)
    }

    /// Until somebody wakes.
    package func wait() {
        var waiting = pollfd(fd: file.raw, events: Int16(POLLIN), revents: 0)
        while poll(&waiting, 1, -1) <= 0 {}
    }

    /// The same for `Interruption`, which closes it.
    func duplicate() throws(KernelError) -> FileDescriptor {
        let copy = fcntl(file.raw, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw .system("fcntl(F_DUPFD_CLOEXEC)") }
        return FileDescriptor(owning: copy)
    }
}
