internal import CLinux
internal import Glibc

/// A process with all of its threads stopped, in which single system calls are run: what was checked in it stays so
/// until the call is done, for no thread of it can change its descriptors in between.
///
/// Nothing is left behind: no memory is written, the registers are put back, and the kernel restarts what the stop
/// interrupted. Signals that come meanwhile are delivered as they would have been. docs/clearing.md tells how.
package struct FrozenProcess: ~Copyable {
    package let pid: Int32
    #if arch(x86_64)
        private let threads: [TracedThread]
        /// The thread that runs the calls.
        private var runner: TracedThread
        /// A `syscall` instruction in the process.
        private let instruction: UInt64
        /// The shut socket that released numbers stand for.
        private var spare: Int32?
        /// The thread was asked to stop before it had come to a call.
        private var wasTakenBack = false
        /// Its number is one of those that were to be released.
        private var isSpareKept = false
    #endif

    /// Why a process is not touched, before it was.
    package static func refusal(_ pid: Int32) -> KernelError? {
        func refuse(_ code: Int32, _ hint: String) -> KernelError {
            KernelError(call: "ptrace", subject: "pid \(pid)", code: code, hint: hint)
        }
        #if !arch(x86_64)
            return refuse(ENOSYS, "release and close work on x86-64 only: use shutdown or destroy")
        #else
            let folder = "/proc/\(pid)"
            guard let state = ProcessFacts.state(pid) else { return refuse(ESRCH, "") }
            if state == UInt8(ascii: "Z") || state == UInt8(ascii: "X") {
                return refuse(ESRCH, "it has ended, and its parent has not waited for it")
            }
            if ProcessFacts.isFrozen(pid) {
                return refuse(EAGAIN, "its cgroup is frozen (docker pause): let it go on first")
            }
            if let tracer = ProcessFacts.status(folder, "TracerPid"), tracer != 0 {
                return refuse(EBUSY, "pid \(tracer) traces it already (a debugger, or strace): end that first")
            }
            if let mode = ProcessFacts.status(folder, "Seccomp"), mode != 0 {
                return refuse(
                    EACCES, "a seccomp filter confines it, and a call of ours could end it: use shutdown or destroy")
            }
            return nil
        #endif
    }

    /// Stops every thread. To be used and ended on the thread that makes it.
    package init(_ pid: Int32) throws(KernelError) {
        if let refusal = Self.refusal(pid) { throw refusal }
        #if arch(x86_64)
            let threads = try Self.stopAll(pid)
            let place: (runner: TracedThread, instruction: UInt64)
            do throws(KernelError) {
                let memory = try FileDescriptor(opening: "/proc/\(pid)/mem")
                place = (try Self.choose(threads, memory), try Self.systemCallInstruction(pid, memory))
            } catch {
                Self.letGo(threads)
                throw error
            }
            runner = place.runner
            instruction = place.instruction
            self.threads = threads
        #endif
        self.pid = pid
    }

    deinit {
        #if arch(x86_64)
            Self.letGo(threads)
        #endif
    }

    #if arch(x86_64)
        // MARK: Stopping

        private static func stopAll(_ pid: Int32) throws(KernelError) -> [TracedThread] {
            var threads: [TracedThread] = []
            var seen: Set<Int32> = []
            do throws(KernelError) {
                while true {
                    let found = try listFolder("/proc/\(pid)/task").compactMap { Int32($0) }.filter {
                        seen.insert($0).inserted
                    }
                    // A running thread may have started another; once all are stopped, none appears.
                    if found.isEmpty { break }
                    for id in found {
                        do throws(KernelError) {
                            let thread = try TracedThread.seize(id)
                            threads.append(thread)
                            try thread.interrupt()
                        } catch {
                            if error.code != ESRCH, !hasEnded(pid, id) { throw error }
                        }
                    }
                    let fresh = Set(found)
                    for place in threads.indices.reversed() where fresh.contains(threads[place].id) {
                        if try !threads[place].waitUntilStopped() { threads.remove(at: place) }
                    }
                }
            } catch {
                letGo(threads)
                guard error.code == EPERM else { throw error }
                throw KernelError(
                    call: "ptrace", subject: "pid \(pid)", code: EPERM, hint: ProcessFacts.attachHint)
            }
            guard !threads.isEmpty else { throw KernelError(call: "ptrace", subject: "pid \(pid)", code: ESRCH) }
            for thread in threads {
                do throws(KernelError) { try keepRestartable(thread) } catch {
                    letGo(threads)
                    throw error
                }
            }
            return threads
        }

        /// The main thread may have ended before the others (pthread_exit(3)): it cannot be seized, and does nothing.
        private static func hasEnded(_ pid: Int32, _ thread: Int32) -> Bool {
            guard let bytes = try? readFile("/proc/\(pid)/task/\(thread)/stat"),
                let close = bytes.lastIndex(of: UInt8(ascii: ")"))
            else { return true }
            let state = ProcText(bytes[(close + 1)...]).words.first?.first
            return state == UInt8(ascii: "Z") || state == UInt8(ascii: "X")
        }

        /// Some calls fail with EINTR at any stop, even one that no handler sees (signal(7), "Interruption of system
        /// calls and library functions by stop signals"). They are given the kernel's own code for "restart, unless a
        /// handler runs" (ERESTARTNOHAND): so the program sees EINTR only where a signal of its own brings it.
        private static func keepRestartable(_ thread: TracedThread) throws(KernelError) {
            var registers = try thread.registers()
            guard registers.rax == UInt64(bitPattern: Int64(-EINTR)), restartable.contains(registers.orig_rax) else {
                return
            }
            registers.rax = UInt64(bitPattern: -514)
            try thread.setRegisters(registers)
        }

        /// Numbers of x86-64 (`asm/unistd_64.h`) of calls that return EINTR only where they have done nothing: read,
        /// readv, connect is not among them, accept, recvfrom, recvmsg, semop, semtimedop, rt_sigtimedwait, io_getevents,
        /// epoll_wait, epoll_pwait, accept4, recvmmsg, io_pgetevents, epoll_pwait2.
        private static let restartable: Set<UInt64> = [
            0, 19, 43, 45, 47, 65, 220, 128, 208, 232, 281, 288, 299, 333, 441,
        ]

        private static func letGo(_ threads: [TracedThread]) {
            for thread in threads { try? thread.detach() }
        }

        // MARK: Where the calls run

        /// A thread that is in a system call if there is one: elsewhere it could be in a restartable sequence (rseq(2)),
        /// which must not be left by the back door.
        private static func choose(
            _ threads: [TracedThread], _ memory: borrowing FileDescriptor
        ) throws(KernelError) -> TracedThread {
            var other: TracedThread?
            var isNarrow = false
            for thread in threads {
                let registers = try thread.registers()
                if registers.cs == 0x23 {
                    isNarrow = true
                    continue
                }
                if ProcessFacts.status("/proc/\(thread.id)", "Seccomp") ?? 0 != 0 { continue }
                if Int64(bitPattern: registers.orig_rax) >= 0 { return thread }
                if other == nil, !isInSequence(thread, memory) { other = thread }
            }
            if let other { return other }
            throw KernelError(
                call: "ptrace", subject: threads.first.map { "thread \($0.id)" } ?? "",
                code: isNarrow ? ENOEXEC : EAGAIN,
                hint: isNarrow
                    ? "it runs 32-bit code: use shutdown or destroy"
                    : "no thread of it can run a call just now: try again")
        }

        private static func isInSequence(_ thread: TracedThread, _ memory: borrowing FileDescriptor) -> Bool {
            guard let address = thread.rseqAddress() else { return true }
            if address == 0 { return false }
            // struct rseq: cpu_id_start 4, cpu_id 4, rseq_cs 8.
            var sequence: UInt64 = 0
            return pread(memory.raw, &sequence, 8, Int(bitPattern: UInt(address)) + 8) != 8 || sequence != 0
        }

        /// In the vDSO, which every process has and no program writes: its functions fall back on the real call. Any two
        /// bytes 0f 05 do, for only they are run.
        private static func systemCallInstruction(
            _ pid: Int32, _ memory: borrowing FileDescriptor
        ) throws(KernelError) -> UInt64 {
            let maps = try readFile("/proc/\(pid)/maps")
            // `7ffd1c5f2000-7ffd1c5f4000 r-xp 00000000 00:00 0    [vdso]` (proc_pid_maps(5)); else a library's code.
            let lines = ProcText(maps).lines.map { ProcText($0).words }
            let code = lines.filter { $0.count > 1 && $0[1].elementsEqual("r-xp".utf8) }
            let vdso = code.filter { $0.last?.elementsEqual("[vdso]".utf8) ?? false }
            let files = code.filter { $0.count > 5 && $0[5].first == UInt8(ascii: "/") }
            for words in vdso + files {
                let ends = String(decoding: words[0], as: UTF8.self).split(separator: "-").compactMap {
                    UInt64($0, radix: 16)
                }
                guard ends.count == 2, ends[1] > ends[0] else { continue }
                var bytes = [UInt8](repeating: 0, count: Int(min(ends[1] - ends[0], 1 << 22)))
                let count = pread(memory.raw, &bytes, bytes.count, Int(bitPattern: UInt(ends[0])))
                guard count > 1 else { continue }
                for place in 0..<(count - 1) where bytes[place] == 0x0f && bytes[place + 1] == 0x05 {
                    return ends[0] + UInt64(place)
                }
            }
            throw KernelError(
                call: "ptrace", subject: "pid \(pid)", code: ENOEXEC,
                hint: "no syscall instruction was found in it: use shutdown or destroy")
        }

        // MARK: One call

        /// Tries again when signals of the process come in between.
        private static let attempts = 100

        /// Runs one system call in the process.
        /// - Returns: what the call returned: not negative, or -errno.
        /// - Throws: ESRCH where the process ended (SIGKILL), or where it could not be run at all; it was not run then.
        private mutating func call(_ number: UInt64, _ arguments: [UInt64]) throws(KernelError) -> Int64 {
            for _ in 0..<Self.attempts {
                let saved = try runner.registers()
                var registers = saved
                registers.orig_rax = UInt64.max  // no restart of what was interrupted, for now
                registers.rax = number
                registers.rip = instruction
                registers.rdi = arguments.count > 0 ? arguments[0] : 0
                registers.rsi = arguments.count > 1 ? arguments[1] : 0
                registers.rdx = arguments.count > 2 ? arguments[2] : 0
                registers.r10 = 0
                try runner.setRegisters(registers)
                try runner.resumeToSystemCall()
                switch try waitWithoutLimit() {
                case .systemCall:
                    // At its beginning. Nothing was changed up to here; now it runs.
                    try runner.resumeToSystemCall()
                    return try finish(saved)
                case .signal(let signal):
                    // It comes before our call, and must find the registers that it would have found.
                    try runner.setRegisters(saved)
                    try runner.interrupt()
                    try runner.resume(signal: signal)
                    guard try runner.waitUntilStopped() else { throw ended }
                case .event:
                    // The whole process was stopped by a signal just then, or we took it back.
                    try runner.setRegisters(saved)
                    if wasTakenBack {
                        throw KernelError(
                            call: "ptrace", subject: "pid \(pid)", code: EAGAIN,
                            hint: "it does not run: its cgroup is frozen (docker pause), or has no time on a processor")
                    }
                case .ended: throw ended
                }
            }
            throw KernelError(
                call: "ptrace", subject: "pid \(pid)", code: EAGAIN,
                hint: "signals came faster than a call could be run")
        }

        /// The thread has our registers now, so it is never left before it has stopped, however long that takes. After two
        /// seconds it is asked to stop where it is: in a frozen cgroup it never comes to the call.
        private mutating func waitWithoutLimit() throws(KernelError) -> TracedThread.Stop {
            wasTakenBack = false
            while true {
                do throws(KernelError) {
                    return try runner.wait()
                } catch {
                    guard error.code == ETIMEDOUT else { throw error }
                    wasTakenBack = true
                    try runner.interrupt()
                }
            }
        }

        /// The call runs: waits for its end and puts the registers back.
        private mutating func finish(_ saved: user_regs_struct) throws(KernelError) -> Int64 {
            guard try waitWithoutLimit() == .systemCall else { throw ended }
            let result = Int64(bitPattern: try runner.registers().rax)
            try runner.setRegisters(saved)
            // Back to where the kernel looks for signals: there it restarts what it had interrupted.
            try runner.interrupt()
            try runner.resume()
            guard try runner.waitUntilStopped() else { throw ended }
            return result
        }

        private var ended: KernelError { KernelError(call: "ptrace", subject: "pid \(pid)", code: ESRCH) }

        // MARK: The calls

        /// Inode of the socket behind a descriptor in the table that the calls work on: a thread may have one of its own
        /// (unshare(2), CLONE_FILES). `nil` where it is closed or no socket.
        package func socketInode(_ descriptor: Int32) -> UInt32? {
            guard let link = try? readLink("/proc/\(pid)/task/\(runner.id)/fd/\(descriptor)"),
                link.hasPrefix("socket:["),
                link.hasSuffix("]")
            else { return nil }
            return UInt32(link.dropFirst(8).dropLast())
        }

        /// close(2) in the process.
        package mutating func close(_ descriptor: Int32) throws(KernelError) {
            try check(try call(3, [number(descriptor)]), "close", descriptor)
        }

        /// Frees the socket behind a descriptor and keeps the number taken, by a socket that is shut down: made at the
        /// first call, shared by all that follow, gone with the last number that stands for it.
        package mutating func release(_ descriptor: Int32, ipv6: Bool) throws(KernelError) {
            let closesOnExec = closesOnExec(descriptor)
            if spare == nil {
                do throws(KernelError) {
                    spare = try makeShutSocket(ipv6: ipv6)
                } catch {
                    guard error.code == EMFILE else { throw error }
                    return try releaseWithoutSpareNumber(descriptor, ipv6: ipv6, closeOnExec: closesOnExec)
                }
            }
            if let spare { try replace(descriptor, by: spare, closeOnExec: closesOnExec) }
        }

        /// Ends the releasing: gives back the number that the shut socket was made under.
        package mutating func finishReleasing() throws(KernelError) {
            guard let spare else { return }
            self.spare = nil
            if !isSpareKept { try close(spare) }
        }

        /// The process has no number left, which is why somebody releases: closes first. No thread runs, so the number
        /// that is given next is the one that was just freed, or a smaller one.
        private mutating func releaseWithoutSpareNumber(
            _ descriptor: Int32, ipv6: Bool, closeOnExec: Bool
        ) throws(KernelError) {
            let limits = (try? readFile("/proc/\(pid)/limits")).map { ProcessReader.descriptorLimits($0) }
            guard let soft = limits?.soft, UInt64(UInt32(bitPattern: descriptor)) < soft else {
                throw KernelError(
                    call: "dup3", subject: "descriptor \(descriptor) in pid \(pid)", code: EMFILE,
                    hint: "the process may not have a number so high any more (RLIMIT_NOFILE): use shutdown or close")
            }
            try close(descriptor)
            let made = try makeShutSocket(ipv6: ipv6)
            spare = made
            if made == descriptor {
                isSpareKept = true
            } else {
                try replace(descriptor, by: made, closeOnExec: closeOnExec)
            }
        }

        /// FD_CLOEXEC, as /proc/PID/fdinfo shows it: `flags:\t02004002` (proc_pid_fdinfo(5)), octal.
        private func closesOnExec(_ descriptor: Int32) -> Bool {
            guard let bytes = try? readFile("/proc/\(pid)/task/\(runner.id)/fdinfo/\(descriptor)"),
                let word = ProcText(bytes).value(of: "flags")?.first,
                let flags = Int32(String(decoding: word, as: UTF8.self), radix: 8)
            else { return true }
            return flags & O_CLOEXEC != 0
        }

        /// Makes a TCP socket in the process that is shut down in both directions: a read gives the end of file, a write
        /// EPIPE, as on a connection whose peer is gone.
        /// - Returns: its descriptor.
        private mutating func makeShutSocket(ipv6: Bool) throws(KernelError) -> Int32 {
            let made = try call(
                41,
                [ipv6 ? UInt64(AF_INET6) : UInt64(AF_INET), UInt64(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0])
            guard made >= 0 else { throw KernelError(call: "socket", subject: "in pid \(pid)", code: Int32(-made)) }
            // ENOTCONN, and yet it is shut from then on (inet_shutdown, net/ipv4/af_inet.c).
            _ = try call(48, [UInt64(made), 2])
            return Int32(truncatingIfNeeded: made)
        }

        /// dup3(2) in the process: `descriptor` becomes another number of what `source` is.
        private mutating func replace(_ descriptor: Int32, by source: Int32, closeOnExec: Bool) throws(KernelError) {
            let flags = closeOnExec ? UInt64(O_CLOEXEC) : 0
            try check(try call(292, [number(source), number(descriptor), flags]), "dup3", descriptor)
        }

        private func number(_ descriptor: Int32) -> UInt64 { UInt64(UInt32(bitPattern: descriptor)) }

        private func check(_ result: Int64, _ name: String, _ descriptor: Int32) throws(KernelError) {
            guard result < 0 else { return }
            throw KernelError(
                call: name, subject: "descriptor \(descriptor) in pid \(pid)", code: Int32(truncatingIfNeeded: -result))
        }
    #else
        package func socketInode(_ descriptor: Int32) -> UInt32? { nil }
        package mutating func close(_ descriptor: Int32) throws(KernelError) { throw unsupported }
        package mutating func release(_ descriptor: Int32, ipv6: Bool) throws(KernelError) { throw unsupported }
        package mutating func finishReleasing() throws(KernelError) {}
        private var unsupported: KernelError { KernelError(call: "ptrace", subject: "pid \(pid)", code: ENOSYS) }
    #endif
}
