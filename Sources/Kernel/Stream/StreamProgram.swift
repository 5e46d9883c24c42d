internal import CLibBPF
internal import CLinux
internal import Glibc
internal import Sockets

/// The eBPF programs behind the stream, loaded and attached. They detach and go when the value does; nothing is pinned.
final class StreamProgram {
    private static let transitions = "transitions"
    /// Does the work of the first where the kernel left it out; attached after it.
    private static let passedOver = "passed_over"
    /// Programs on classic tracepoints, and which.
    private static let onTracepoints = [
        (program: "accepted4", tracepoint: "syscalls/sys_exit_accept4"),
        (program: "accepted3", tracepoint: "syscalls/sys_exit_accept"),
    ]

    private static let requirements =
        "by eBPF every transition is seen: run it as root (CAP_BPF, CAP_PERFMON), on a kernel with BTF; `--method snapshots` goes without"

    private let object: OpaquePointer
    private var links: [OpaquePointer] = []
    /// Programs of which the kernel counts the runs that it leaves out.
    private var programs: [Int32] = []
    let events: Int32
    /// Young connections that stay in the kernel; `nil` where all are told transition by transition.
    let young: YoungConnections?
    private let counters: Int32
    private let processors: Int
    /// Why it is not seen who accepts, where it is not.
    private(set) var acceptFailure: KernelError?

    /// - Parameter nested: we run in a PID namespace of our own, and want its numbers.
    init(_ options: StreamOptions, nested: Bool) throws(KernelError) {
        libbpf_set_print(nil)
        let object = try Probe.transitions.open()
        self.object = object
        do throws(KernelError) {
            try Self.choose(object, options)
            try Self.call("bpf_map__set_max_entries", "events") {
                bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "events"), UInt32(options.bufferSize))
            }
            if let places = options.keepsCourses ? options.places : 1 {
                try Self.call("bpf_map__set_max_entries", "young") {
                    bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "young"), places)
                }
            }
            for (name, _) in Self.onTracepoints where !options.openings {
                bpf_program__set_autoload(try Self.program(name, of: object), false)
            }
            if !nested { bpf_program__set_autoload(try Self.program("find_reader", of: object), false) }
            let code = bpf_object__load(object)
            guard code == 0 else {
                throw KernelError(
                    call: "bpf(BPF_PROG_LOAD)", subject: Self.transitions, code: 0 &- code, hint: Self.requirements)
            }
            events = try Self.map("events", of: object)
            counters = try Self.map("counts", of: object)
            processors = Int(libbpf_num_possible_cpus())
            young = options.keepsCourses ? try Self.young(of: object) : nil
            guard processors > 0 else { throw KernelError(call: "libbpf_num_possible_cpus", code: ENOSYS) }
        } catch {
            bpf_object__close(object)
            throw error
        }
        if nested { try findReader() }
        try attach(options)
    }

    deinit {
        for link in links.reversed() { bpf_link__destroy(link) }
        bpf_object__close(object)
    }

    private func attach(_ options: StreamOptions) throws(KernelError) {
        // Who accepts first: then no connection can be established in between whose acceptance is not seen.
        if options.openings {
            do throws(KernelError) {
                for (name, tracepoint) in Self.onTracepoints { try attach(name, tracepoint: tracepoint) }
            } catch {
                acceptFailure = error
            }
        }
        // The second first would have nothing to follow: between the two, each transition would be told twice.
        for name in [Self.transitions, Self.passedOver] {
            let program = try Self.program(name, of: object)
            guard let link = bpf_program__attach(program) else { throw .system("bpf(BPF_RAW_TRACEPOINT_OPEN)", name) }
            links.append(link)
            if name == Self.transitions { programs.append(bpf_program__fd(program)) }
        }
    }

    private func attach(_ name: String, tracepoint: String) throws(KernelError) {
        let program = try Self.program(name, of: object)
        let event = linger_open_tracepoint(try TracepointIdentity.number(of: tracepoint))
        guard event >= 0 else { throw .system("perf_event_open", tracepoint) }
        // The link owns the event from here on.
        guard let link = bpf_program__attach_perf_event(program, event) else {
            let error = KernelError.system("bpf(BPF_LINK_CREATE)", tracepoint)
            close(event)
            throw error
        }
        links.append(link)
        programs.append(bpf_program__fd(program))
    }

    private func findReader() throws(KernelError) {
        var options = bpf_test_run_opts()
        options.sz = MemoryLayout<bpf_test_run_opts>.size
        let program = bpf_program__fd(try Self.program("find_reader", of: object))
        try Self.call("bpf(BPF_PROG_TEST_RUN)", "find_reader") { bpf_prog_test_run_opts(program, &options) }
    }

    /// The sums over all CPUs.
    func counts() throws(KernelError) -> linger_counts {
        var key: UInt32 = 0
        var values = [linger_counts](repeating: linger_counts(), count: processors)
        try Self.call("bpf(BPF_MAP_LOOKUP_ELEM)", "counts") { bpf_map_lookup_elem(counters, &key, &values) }
        return values.reduce(into: linger_counts()) { sum, one in
            sum.transitions &+= one.transitions
            sum.lost_transitions &+= one.lost_transitions
            sum.openings &+= one.openings
            sum.lost_openings &+= one.lost_openings
            sum.unkeyed_openings &+= one.unkeyed_openings
            sum.passed_over &+= one.passed_over
        }
    }

    /// Events at which a program was not run, because it was at work on that CPU already (`recursion_misses`). Most of
    /// them were made up for (`passed_over`).
    func missedRuns() -> UInt64 {
        programs.reduce(0) { sum, descriptor in
            var info = bpf_prog_info()
            var size = UInt32(MemoryLayout<bpf_prog_info>.size)
            return bpf_obj_get_info_by_fd(descriptor, &info, &size) == 0 ? sum &+ info.recursion_misses : sum
        }
    }

    // MARK: Parts of the object

    private static func program(_ name: String, of object: OpaquePointer) throws(KernelError) -> OpaquePointer {
        guard let found = bpf_object__find_program_by_name(object, name) else {
            throw .system("bpf_object__find_program_by_name", name)
        }
        return found
    }

    private static func young(of object: OpaquePointer) throws(KernelError) -> YoungConnections {
        let count = bpf_map__max_entries(bpf_object__find_map_by_name(object, "young"))
        return try YoungConnections(map: try map("young", of: object), count: Int(count))
    }

    private static func map(_ name: String, of object: OpaquePointer) throws(KernelError) -> Int32 {
        let descriptor = bpf_object__find_map_fd_by_name(object, name)
        guard descriptor >= 0 else { throw .system("bpf_object__find_map_fd_by_name", name) }
        return descriptor
    }

    /// libbpf's calls return -errno.
    private static func call(_ name: String, _ subject: String, _ body: () -> Int32) throws(KernelError) {
        let code = body()
        guard code >= 0 else { throw KernelError(call: name, subject: subject, code: 0 &- code) }
    }

    /// Writes `choice`, the program's only constant, before it is loaded.
    private static func choose(_ object: OpaquePointer, _ options: StreamOptions) throws(KernelError) {
        var choice = linger_stream_choice()
        choice.states = UInt32(options.states.rawValue)
        choice.families =
            (options.ipv4 ? 1 << UInt32(AF_INET) : 0) | (options.ipv6 ? 1 << UInt32(AF_INET6) : 0)
        choice.namespace_inode = options.namespace ?? 0
        let (local, remote) = (options.bounds.localPorts, options.bounds.remotePorts)
        choice.local_ports = (local.lowerBound, local.upperBound)
        choice.remote_ports = (remote.lowerBound, remote.upperBound)
        choice.openings = options.openings ? 1 : 0
        choice.stacks = options.stacks ? 1 : 0
        choice.courses = options.keepsCourses ? 1 : 0
        choice.wakeup_bytes = UInt32(options.bufferSize / 4)
        guard let map = bpf_object__find_map_by_name(object, "transiti.rodata") else {
            throw .system("bpf_object__find_map_by_name", "rodata")
        }
        try call("bpf_map__set_initial_value", "rodata") {
            bpf_map__set_initial_value(map, &choice, MemoryLayout<linger_stream_choice>.size)
        }
    }
}
