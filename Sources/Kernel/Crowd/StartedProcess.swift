internal import Glibc

/// A child that runs this program's own file under another name. Its standard input and output are pipes to us: when we
/// end, however we end, its input ends.
package final class StartedProcess {
    package let pid: Int32
    private let input: FileDescriptor
    private let output: FileDescriptor
    private var received: [UInt8] = []
    private var isGone = false

    /// - Parameters:
    ///   - name: `argv[0]`, what `ps` shows first.
    ///   - arguments: those behind it.
    package init(named name: String, _ arguments: [String]) throws(KernelError) {
        let input = try Pipe()
        let output = try Pipe()
        pid = try spawn(named: name, arguments, input: input.reading.raw, output: output.writing.raw)
        self.input = input.takeWriting()
        self.output = output.takeReading()
    }

    deinit { if !isGone { end() } }

    /// Writes a line to its input.
    package func send(_ line: String) throws(KernelError) {
        let bytes = Array((line + "\n").utf8)
        guard write(input.raw, bytes, bytes.count) == bytes.count else { throw .system("write", "process \(pid)") }
    }

    /// The next line of its output; `nil` when it has ended.
    package func receive() throws(KernelError) -> String? {
        while true {
            if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: received[..<end], as: UTF8.self)
                received.removeSubrange(...end)
                return line
            }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = read(output.raw, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system("read", "process \(pid)") }
            if count == 0 { return nil }
            received += buffer[..<count]
        }
    }

    /// It ended by itself, or somebody killed it. It stays true.
    package var hasEnded: Bool {
        if !isGone { isGone = waitpid(pid, nil, WNOHANG) == pid }
        return isGone
    }

    /// Kills it and waits until it is gone.
    package func end() {
        guard !hasEnded else { return }
        kill(pid, SIGKILL)
        while waitpid(pid, nil, 0) < 0, errno == EINTR {}
        isGone = true
    }

    /// Starts a child that has every descriptor of this process, as a fork would (Swift has none: the other threads'
    /// locks would stay locked), and this process's standard input. It may outlive this process.
    package static func share(named name: String, _ arguments: [String]) throws(KernelError) -> Int32 {
        let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
        guard null >= 0 else { throw .system("open", "/dev/null") }
        let output = FileDescriptor(owning: null)
        return try spawn(named: name, arguments, input: STDIN_FILENO, output: output.raw)
    }

    /// Waits for every child that is left; none may run for ever.
    package static func waitForAll() {
        while waitpid(-1, nil, 0) > 0 || errno == EINTR {}
    }
}

/// posix_spawn(3) of our own file, which is the same even when another has been installed in its place.
private func spawn(named name: String, _ arguments: [String], input: Int32, output: Int32) throws(KernelError) -> Int32
{
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    // In a process group of its own: a terminal's Ctrl-C is for the one that started it.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    var vector = ([name] + arguments).map { strdup($0) } + [nil]
    defer { for argument in vector { free(argument) } }
    var pid: pid_t = 0
    let code = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, &vector, environ)
    guard code == 0 else { throw KernelError(call: "posix_spawn", subject: name, code: code) }
    return pid
}

/// pipe(2), closed on exec.
private struct Pipe: ~Copyable {
    let reading: FileDescriptor
    let writing: FileDescriptor

    init() throws(KernelError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .system("pipe") }
        reading = FileDescriptor(owning: ends[0])
        writing = FileDescriptor(owning: ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    consuming func takeReading() -> FileDescriptor { reading }
    consuming func takeWriting() -> FileDescriptor { writing }
}
