internal import CLibBPF
internal import Glibc
internal import Sockets

/// One iterator, loaded into the kernel. It detaches and goes when the value does; nothing is pinned.
///
/// Each is an object of its own, so that two threads can load both at the same time.
final class IteratorProgram: Sendable {
    enum Kind: Sendable {
        /// Lists the TCP sockets of the network namespace of the thread that reads it.
        case sockets(states: StateSet, ipv4: Bool, ipv6: Bool)
        /// Lists the descriptors of TCP sockets of all processes.
        /// - Parameter nested: we run in a PID namespace of our own, and want its numbers.
        case descriptors(nested: Bool)
    }

    private let name: String
    /// It is the program that reads ahead.
    let readsAhead: Bool
    /// Keeps the program in the kernel.
    private let link: FileDescriptor

    /// Fits the embedded object to the running kernel (CO-RE), loads and attaches it.
    /// - Parameter readsAhead: the quicker program, which takes longer to load, where the kernel can have it.
    init(_ kind: Kind, readsAhead: Bool = false) throws(KernelError) {
        libbpf_set_print(nil)
        name = kind.program
        if readsAhead, let ahead = try Self.ahead(kind) {
            link = ahead
            self.readsAhead = true
        } else {
            link = try Self.plain(kind)
            self.readsAhead = false
        }
    }

    /// The program that reads ahead (Probes/ahead.h), from Linux 6.2 on. `nil` where the kernel does not take it.
    /// - Throws: where we may not load any: then the other one would be refused too.
    private static func ahead(_ kind: Kind) throws(KernelError) -> FileDescriptor? {
        guard HostFacts.kernelIsAtLeast(6, 2) else { return nil }
        do throws(KernelError) {
            return try attach(kind, program: kind.program + "_ahead", loaded: loadInKernel)
        } catch {
            if error.code == EPERM { throw error }
            return nil
        }
    }

    /// The kernel itself finds its types, and remembers them: 1 to 4 ms, where libbpf needs 15 to 30. Linux 5.17.
    private static func plain(_ kind: Kind) throws(KernelError) -> FileDescriptor {
        do throws(KernelError) {
            return try attach(kind, program: kind.program, loaded: loadInKernel)
        } catch {
            return try attach(kind, program: kind.program, loaded: load)
        }
    }

    /// A read hands out at most the iterator's own buffer, eight pages.
    static let most = 1 << 16

    /// Reads the iterator from its beginning to its end.
    /// - Parameter room: where the next read may write, `most` bytes at least; by default the same memory again and again.
    func read(
        into room: (() -> UnsafeMutableRawBufferPointer)? = nil, consume: (UnsafeRawBufferPointer) -> Void
    ) throws(KernelError) {
        let raw = bpf_iter_create(link.raw)
        guard raw >= 0 else { throw .system("bpf(BPF_ITER_CREATE)", name) }
        let file = FileDescriptor(owning: raw)
        let own = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.most, alignment: 16)
        defer { own.deallocate() }
        while true {
            let buffer = room?() ?? own
            let count = try file.read(into: buffer, subject: name)
            if count == 0 { return }
            consume(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// Opens the object, and attaches its program as loaded by one of the two ways.
    private static func attach(
        _ kind: Kind, program name: String, loaded: (OpaquePointer, String) throws(KernelError) -> FileDescriptor
    ) throws(KernelError) -> FileDescriptor {
        let object = try open(kind.probe)
        defer { bpf_object__close(object) }
        if case .sockets(let states, let ipv4, let ipv6) = kind {
            try choose(object, states: states, ipv4: ipv4, ipv6: ipv6)
        }
        try leaveOut(allBut: name, of: object)
        let program = try loaded(object, name)
        let link = bpf_link_create(program.raw, 0, BPF_TRACE_ITER, nil)
        guard link >= 0 else { throw .system("bpf(BPF_LINK_CREATE)", name) }
        return FileDescriptor(owning: link)
    }

    /// libbpf writes a program that loads ours, and the kernel runs it ("light skeleton").
    private static func loadInKernel(_ object: OpaquePointer, _ name: String) throws(KernelError) -> FileDescriptor {
        var loader = gen_loader_opts()
        loader.sz = MemoryLayout<gen_loader_opts>.size
        var code = bpf_object__gen_loader(object, &loader)
        if code == 0 { code = bpf_object__load(object) }
        if code == 0 { code = linger_run_loader(&loader) }
        guard code >= 0 else { throw KernelError(call: "bpf(BPF_PROG_RUN)", subject: name, code: 0 &- code) }
        return FileDescriptor(owning: code)
    }

    private static func load(_ object: OpaquePointer, _ name: String) throws(KernelError) -> FileDescriptor {
        let code = bpf_object__load(object)
        guard code == 0 else { throw KernelError(call: "bpf(BPF_PROG_LOAD)", subject: name, code: 0 &- code) }
        // The object closes its own.
        let program = dup(bpf_program__fd(bpf_object__find_program_by_name(object, name)))
        guard program >= 0 else { throw .system("dup", name) }
        return FileDescriptor(owning: program)
    }

    private static func open(_ probe: Probe) throws(KernelError) -> OpaquePointer {
        // The object's name begins the names of its maps: the first eight letters, then `.data`.
        let opened = probe.words.withUnsafeBytes { bytes in
            probe.name.withCString { name in
                var options = bpf_object_open_opts()
                options.sz = MemoryLayout<bpf_object_open_opts>.size
                options.object_name = name
                return bpf_object__open_mem(bytes.baseAddress, probe.size, &options)
            }
        }
        guard let opened else { throw .system("bpf_object__open_mem", probe.name) }
        return opened
    }

    /// Only the program of that name is loaded.
    private static func leaveOut(allBut name: String, of object: OpaquePointer) throws(KernelError) {
        guard let wanted = bpf_object__find_program_by_name(object, name) else {
            throw .system("bpf_object__find_program_by_name", name)
        }
        var program = bpf_object__next_program(object, nil)
        while let one = program {
            bpf_program__set_autoload(one, one == wanted)
            program = bpf_object__next_program(object, one)
        }
    }

    /// Writes the variables of the program (section .data) before it is loaded.
    private static func choose(
        _ object: OpaquePointer, states: StateSet, ipv4: Bool, ipv6: Bool
    ) throws(KernelError) {
        let families = (ipv4 ? 1 << UInt32(AF_INET) : 0) | (ipv6 ? 1 << UInt32(AF_INET6) : 0)
        // wanted_states, wanted_families, next_bucket: the program has no others.
        let variables: [UInt32] = [UInt32(states.rawValue), UInt32(families), 0]
        guard let map = bpf_object__find_map_by_name(object, "sockets.data"),
            bpf_map__set_initial_value(map, variables, variables.count * 4) == 0
        else { throw .system("bpf_map__set_initial_value", "sockets.data") }
    }
}

extension IteratorProgram.Kind {
    fileprivate var probe: Probe {
        switch self {
        case .sockets: .sockets
        case .descriptors: .descriptors
        }
    }

    /// Its name in the object.
    fileprivate var program: String {
        switch self {
        case .sockets: "sockets"
        case .descriptors(let nested): nested ? "descriptors_nested" : "descriptors"
        }
    }
}
