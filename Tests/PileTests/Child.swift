import Glibc
import Synchronization

/// A child process with pipes on stdin, stdout and stderr. It is killed and waited for when the value ends.
struct Child: ~Copyable {
    /// How it ended.
    enum Exit: Equatable, Sendable {
        case code(Int32)
        case signal(Int32)
    }

    let pid: pid_t
    private(set) var input: Int32
    private let output: Int32
    private let errors: Int32
    private var exit: Exit?

    /// Shell that runs the command line in "$@", for programs that would not notice the end of the tests: another process
    /// waits for the end of its standard input, and kills it if it is still the same.
    static let untilInputEnds = """
        start() { cut -d' ' -f22 /proc/$$/stat 2> /dev/null; }
        began=$(start)
        exec 3<&0
        { cat <&3; [ "$(start)" = "$began" ] && kill -9 $$; } > /dev/null 2>&1 &
        exec "$@" 3<&-
        """

    /// - Parameter arguments: the program, looked up in PATH, and its arguments.
    init(_ arguments: [String]) throws {
        let started = try Self.starting.withLock { _ in try Self.start(arguments) }
        self.pid = started.pid
        self.input = started.input
        self.output = started.output
        self.errors = started.errors
    }

    deinit {
        if input >= 0 { close(input) }
        close(output)
        close(errors)
        if exit == nil {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
    }

    mutating func closeInput() {
        close(input)
        input = -1
    }

    func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(input, bytes, bytes.count)
    }

    /// The next line of stdout without its end; `nil` when the child closed it.
    func line() -> String? { line(from: output) }

    /// The same of stderr.
    func errorLine() -> String? { line(from: errors) }

    private func line(from descriptor: Int32) -> String? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while Glibc.read(descriptor, &byte, 1) == 1 {
            if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
            line.append(byte)
        }
        return nil
    }

    /// Everything that it still writes, until it closes both.
    func readAll() -> (output: [UInt8], errors: [UInt8]) {
        var collected: [[UInt8]] = [[], []]
        var waiting = [
            pollfd(fd: output, events: Int16(POLLIN), revents: 0),
            pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
        ]
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while waiting.contains(where: { $0.fd >= 0 }) {
            guard poll(&waiting, nfds_t(waiting.count), -1) > 0 else { continue }
            for index in waiting.indices where waiting[index].fd >= 0 && waiting[index].revents != 0 {
                let count = Glibc.read(waiting[index].fd, &buffer, buffer.count)
                if count > 0 { collected[index] += buffer[..<count] } else { waiting[index].fd = -1 }
            }
        }
        return (collected[0], collected[1])
    }

    mutating func wait() -> Exit {
        if let exit { return exit }
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        let signal = status & 0x7f
        let ended = signal == 0 ? Exit.code((status >> 8) & 0xff) : .signal(signal)
        exit = ended
        return ended
    }

    private static func start(
        _ arguments: [String]
    ) throws -> (pid: pid_t, input: Int32, output: Int32, errors: Int32) {
        let input = try pipe()
        let output = try pipe()
        let errors = try pipe()
        defer { for descriptor in [input.read, output.write, errors.write] { close(descriptor) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.read, 0)
        posix_spawn_file_actions_adddup2(&actions, output.write, 1)
        posix_spawn_file_actions_adddup2(&actions, errors.write, 2)
        // A thread of the tests that waits for signals itself has them blocked: the child does not.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var vector = arguments.map { strdup($0) } + [nil]
        defer { for argument in vector { free(argument) } }
        var pid: pid_t = 0
        let error = posix_spawnp(&pid, arguments[0], &actions, &attributes, &vector, environ)
        guard error == 0 else {
            for descriptor in [input.write, output.read, errors.read] { close(descriptor) }
            throw HarnessError("cannot start \(arguments[0]): \(String(cString: strerror(error)))")
        }
        return (pid, input.write, output.read, errors.read)
    }

    /// Swift has no pipe2, so a pipe is inheritable for a moment: children are started one at a time, or one would keep
    /// the other's stdin open.
    private static let starting = Mutex(())

    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw HarnessError("no pipe: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}

/// Why a test cannot run: the machine lacks something, or a pile does not stand.
struct HarnessError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
