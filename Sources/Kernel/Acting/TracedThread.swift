internal import CLinux
internal import Glibc

/// One thread that is traced (ptrace(2), PTRACE_SEIZE) and stopped where the kernel looks for signals, on its way back
/// to user mode. Only the thread of ours that seized it may use it. The kernel lets go of it when that thread ends.
struct TracedThread {
    let id: Int32

    /// What waitpid(2) tells of a traced thread.
    enum Stop: Equatable {
        /// PTRACE_EVENT_STOP: our interrupt, or a stop of the whole process by a signal.
        case event
        /// About to begin or just back from a system call (PTRACE_O_TRACESYSGOOD).
        case systemCall
        /// A signal is about to be delivered.
        case signal(Int32)
        case ended
    }

    private enum Request {
        static let `continue` = 7, detach = 17, systemCall = 24, seize = 0x4206, interrupt = 0x4207
        static let rseq = 0x420f
        #if arch(x86_64)
            static let getRegisters = 12, setRegisters = 13
        #endif
    }

    /// - Throws: ESRCH where it has ended.
    static func seize(_ id: Int32) throws(KernelError) -> TracedThread {
        let thread = TracedThread(id: id)
        // PTRACE_O_TRACESYSGOOD tells a system call's stop from a SIGTRAP.
        try thread.request(Request.seize, "PTRACE_SEIZE", data: 1)
        return thread
    }

    func interrupt() throws(KernelError) { try request(Request.interrupt, "PTRACE_INTERRUPT") }
    func resume(signal: Int32 = 0) throws(KernelError) {
        try request(Request.continue, "PTRACE_CONT", data: Int(signal))
    }
    func resumeToSystemCall() throws(KernelError) { try request(Request.systemCall, "PTRACE_SYSCALL") }
    func detach() throws(KernelError) { try request(Request.detach, "PTRACE_DETACH") }

    /// The next stop.
    /// - Throws: ETIMEDOUT: it sleeps where nothing wakes it (state D of ps(1)).
    func wait(milliseconds: Int = 2000) throws(KernelError) -> Stop {
        var status: Int32 = 0
        var waited = 0
        while true {
            let found = linger_wait_thread(id, &status)
            if found == id { break }
            // ECHILD: another thread of it called execve(2), and this one is no more.
            if found < 0 { return .ended }
            // Stops come within microseconds, so the first rounds only let others run.
            if waited < 200 { sched_yield() } else { usleep(100) }
            waited += waited < 200 ? 1 : 10
            if waited > 200 + milliseconds * 100 {
                throw KernelError(
                    call: "waitpid", subject: "thread \(id)", code: ETIMEDOUT,
                    hint: "it cannot be stopped: it waits for a device, or its cgroup is frozen (docker pause)")
            }
        }
        guard status & 0xff == 0x7f else { return .ended }
        let signal = (status >> 8) & 0xff
        if status >> 16 == 128 { return .event }
        return signal == SIGTRAP | 0x80 ? .systemCall : .signal(signal)
    }

    /// Goes on until it has stopped for our interrupt; signals that come before are delivered as if we were not there.
    /// - Returns: false where it has ended.
    func waitUntilStopped() throws(KernelError) -> Bool {
        while true {
            switch try wait() {
            case .event: return true
            case .ended: return false
            case .signal(let signal): try resume(signal: signal)
            case .systemCall: try resume()
            }
        }
    }

    private func request(_ request: Int, _ name: String, data: Int = 0) throws(KernelError) {
        let code = linger_ptrace(request, id, nil, UnsafeMutableRawPointer(bitPattern: data))
        guard code >= 0 else {
            throw KernelError(call: name, subject: "thread \(id)", code: Int32(truncatingIfNeeded: -code))
        }
    }

    #if arch(x86_64)
        func registers() throws(KernelError) -> user_regs_struct {
            var registers = user_regs_struct()
            let code = linger_ptrace(Request.getRegisters, id, nil, &registers)
            guard code >= 0 else {
                throw KernelError(
                    call: "PTRACE_GETREGS", subject: "thread \(id)", code: Int32(truncatingIfNeeded: -code))
            }
            return registers
        }

        func setRegisters(_ registers: user_regs_struct) throws(KernelError) {
            var registers = registers
            let code = linger_ptrace(Request.setRegisters, id, nil, &registers)
            guard code >= 0 else {
                throw KernelError(
                    call: "PTRACE_SETREGS", subject: "thread \(id)", code: Int32(truncatingIfNeeded: -code))
            }
        }

        /// Where its `struct rseq` stands (rseq(2), `linux/rseq.h`); 0 where it has none, `nil` where the kernel does
        /// not tell (before Linux 5.13).
        func rseqAddress() -> UInt64? {
            // struct ptrace_rseq_configuration: address 8, size 4, signature 4, flags 4, padding 4.
            var configuration: (UInt64, UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0, 0)
            let size = UnsafeMutableRawPointer(bitPattern: MemoryLayout.size(ofValue: configuration))
            let code = linger_ptrace(Request.rseq, id, size, &configuration)
            return code >= 0 ? configuration.0 : nil
        }
    #endif
}
