import Foundation
import Testing

/// `linger serve` as a service manager sees it: what it tells by sd_notify(3), and that a watch which stands still is told
/// by silence. The manager is a datagram socket that writes down what comes: this machine runs no systemd.
@Suite struct ServeSupervisionTests {
    @Test func `it tells when it is ready, that it is alive while its watch goes round, and when it ends`() throws {
        try Pile.with("close-wait", count: 20) { pile in
            let manager = try Manager()
            // A second and a half: a sign of life at least every three quarters of a second.
            let serve = try Serve(
                in: pile, behind: ["env", "NOTIFY_SOCKET=\(manager.socket)", "WATCHDOG_USEC=1500000"])
            try Serve.wait("signs of life", { manager.told }) { manager.signsOfLife >= 3 }
            #expect(manager.told.hasPrefix("READY=1\nSTATUS=watching\n"))
            #expect(manager.told.contains("\nSTATUS=watching ") && manager.told.contains(" connections; "))

            // One thread stands still, as it would in a kernel that does not answer; the others go on.
            let thread = try #require(Self.thread("watch", of: serve.pid))
            var debugger = try Child([
                "python3", "-c",
                """
                import ctypes, sys
                ptrace = ctypes.CDLL(None, use_errno=True).ptrace
                ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
                SEIZE, INTERRUPT = 0x4206, 0x4207
                for request in SEIZE, INTERRUPT:
                    if ptrace(request, int(sys.argv[1]), None, None) != 0: sys.exit(f'ptrace: {ctypes.get_errno()}')
                print('still', flush=True)
                sys.stdin.read()
                """, String(thread),
            ])
            #expect(debugger.line() == "still")
            // What was under way may still arrive.
            sleep(1)
            let before = manager.signsOfLife
            // Four signs were due in this time: silence can only be seen by waiting.
            sleep(3)
            #expect(manager.signsOfLife == before, "\(manager.told)")
            // Its end lets the thread go on.
            debugger.closeInput()
            _ = debugger.wait()
            try Serve.wait("signs of life again", { manager.told }) { manager.signsOfLife >= before + 2 }

            try serve.configure("")
            kill(serve.pid, SIGHUP)
            try Serve.wait("the reload", { manager.told }) { manager.told.contains("\nRELOADING=1\n") }
            #expect(serve.end() == .code(0))
            try Serve.wait("the end", { manager.told }) { manager.told.contains("\nSTOPPING=1\n") }
        }
    }

    private static func thread(_ name: String, of process: Int32) -> Int32? {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
        return tasks.compactMap { Int32($0) }.min { first, second in
            // Threads that it starts have its name and higher numbers.
            let (isFirst, isSecond) = (Self.name(first, process) == name, Self.name(second, process) == name)
            return isFirst == isSecond ? first < second : isFirst
        }.flatMap { Self.name($0, process) == name ? $0 : nil }
    }

    private static func name(_ task: Int32, _ process: Int32) -> String {
        let text = try? String(contentsOfFile: "/proc/\(process)/task/\(task)/comm", encoding: .utf8)
        return text?.trimmingCharacters(in: .newlines) ?? ""
    }
}

/// Listens as a service manager does.
private final class Manager {
    private let folder: TemporaryFolder
    private var child: Child
    var socket: String { folder.path + "/notify" }

    init() throws {
        folder = try TemporaryFolder()
        child = try Child([
            "python3", "-c",
            """
            import os, select, socket, sys
            end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            end.bind(sys.argv[1] + '/notify')
            print('ready', flush=True)
            with open(sys.argv[1] + '/told', 'a') as told:
                while sys.stdin not in (ready := select.select([end, sys.stdin], [], [])[0]):
                    told.write(end.recv(4096).decode().rstrip('\\n') + '\\n')
                    told.flush()
            """, folder.path,
        ])
        guard child.line() == "ready" else { throw HarnessError("the manager does not listen") }
    }

    /// All that was told, a line each.
    var told: String { (try? String(contentsOfFile: folder.path + "/told", encoding: .utf8)) ?? "" }

    var signsOfLife: Int { told.split(separator: "\n").count { $0 == "WATCHDOG=1" } }
}
