internal import Glibc

/// Wakes a thread that waits in poll(2): rung by one, heard by the other. Rings that nobody has heard yet are one.
package final class Bell: Sendable {
    /// A pipe, for the kernel's eventfd has no other use here: both ends non-blocking.
    private let ends: (heard: Int32, rung: Int32)

    package init() throws(KernelError) {
        var raw: [Int32] = [-1, -1]
        guard pipe(&raw) == 0 else { throw .system("pipe") }
        for end in raw {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        ends = (raw[0], raw[1])
    }

    deinit {
        close(ends.heard)
        close(ends.rung)
    }

    package func ring() {
        var byte: UInt8 = 1
        // Full: there are rings to be heard already.
        _ = write(ends.rung, &byte, 1)
    }

    /// Waits for a ring, so many milliseconds at most. Whether one came.
    @discardableResult
    package func wait(milliseconds: Int32) -> Bool {
        var waiting = pollfd(fd: ends.heard, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, milliseconds) > 0 && hear()
    }

    var descriptor: Int32 { ends.heard }

    @discardableResult
    func hear() -> Bool {
        var bytes = [UInt8](repeating: 0, count: 64)
        var heard = false
        while read(ends.heard, &bytes, bytes.count) > 0 { heard = true }
        return heard
    }
}
