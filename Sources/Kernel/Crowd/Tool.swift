internal import Glibc

/// A program of the host, run in the network namespace of the calling thread.
package enum Tool {
    /// Runs it and waits for its end. What it complains about goes to standard error.
    /// - Parameters:
    ///   - command: looked up in PATH, and its arguments.
    ///   - package: where it comes from, for who lacks it.
    package static func run(_ command: [String], package: String) throws(KernelError) {
        var vector = command.map { strdup($0) } + [nil]
        defer { for argument in vector { free(argument) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, command[0], nil, nil, &vector, environ)
        guard code == 0 else {
            throw KernelError(
                call: "posix_spawn", subject: command[0], code: code, hint: "install the package \(package)")
        }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else {
            throw KernelError(call: command.joined(separator: " "), hint: "it failed; run it as root")
        }
    }
}
