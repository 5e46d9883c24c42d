internal import Glibc

/// Another program.
package enum Program {
    /// Runs it to its end, with our standard streams.
    /// - Parameter arguments: its name, looked up in PATH, and its arguments.
    /// - Throws: where it cannot be started, or ends with anything but 0.
    package static func run(_ arguments: [String]) throws(KernelError) {
        let line = arguments.joined(separator: " ")
        var vector = arguments.map { strdup($0) } + [nil]
        defer { for argument in vector { free(argument) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, arguments.first ?? "", nil, nil, &vector, environ)
        guard code == 0 else { throw KernelError(call: "posix_spawn", subject: line, code: code) }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 {
            guard errno == EINTR else { throw .system("waitpid", line) }
        }
        guard status == 0 else {
            let how = status & 0x7f == 0 ? "exit code \((status >> 8) & 0xff)" : "ended by signal \(status & 0x7f)"
            throw KernelError(call: "run", subject: line, hint: how)
        }
    }
}
