/// Who opened a socket, seen at the moment: the process that called connect, accept or listen. Or who has it open, where
/// only looks tell.
package struct Opening: Sendable, Hashable {
    package enum Way: UInt8, Sendable, Hashable {
        case connect = 1
        case accept = 2
        case listen = 3
        /// A look saw that the process has it open; how it came by it was not seen.
        case held = 255
    }

    /// Nanoseconds on the monotonic clock.
    package var time: UInt64
    package var cookie: UInt64
    /// Inode of the network namespace.
    package var namespace: UInt32
    package var way: Way
    package var process: ProcessIdentity
    /// The thread's number (gettid(2)); 0 where it is another PID namespace's.
    package var thread: Int32
    package var descriptor: Int32?
    /// Return addresses of the user stack, the innermost first; empty where none were asked for or could be read.
    package var frames: [UInt64]

    package init(
        time: UInt64, cookie: UInt64, namespace: UInt32 = 0, way: Way, process: ProcessIdentity, thread: Int32 = 0,
        descriptor: Int32? = nil, frames: [UInt64] = []
    ) {
        self.time = time
        self.cookie = cookie
        self.namespace = namespace
        self.way = way
        self.process = process
        self.thread = thread
        self.descriptor = descriptor
        self.frames = frames
    }
}

/// One process for ever: a number is given again, but not with the same start.
package struct ProcessIdentity: Sendable, Hashable {
    /// 0: in a PID namespace that the observer cannot see.
    package var pid: Int32
    /// Clock ticks since boot (`starttime`, proc_pid_stat(5)); 0 where it is not known.
    package var startTicks: UInt64
    /// `comm`: at most 15 bytes, chosen by the process: may hold anything, control characters too.
    package var command: String

    package init(pid: Int32, startTicks: UInt64 = 0, command: String) {
        self.pid = pid
        self.startTicks = startTicks
        self.command = command
    }

    /// A program that renames itself is the same process.
    package static func == (one: Self, other: Self) -> Bool {
        one.pid == other.pid && one.startTicks == other.startTicks
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(pid)
        hasher.combine(startTicks)
    }
}
