internal import CLibBPF
internal import Glibc
internal import Sockets

/// One iterator, loaded into the kernel. It detaches and goes when the value does; nothing is pinned.
///
/// Each is an object of its own, so that two threads can load both at the same time: most of the 15 to 30 ms is libbpf
/// searching the kernel's types.
final class IteratorProgram: Sendable {
    enum Kind: Sendable {
        /// Lists the TCP sockets of the network namespace of the thread that reads it.
        case sockets(states: StateSet, ipv4: Bool, ipv6: Bool)
        /// Lists the descriptors of TCP sockets of all processes.
        /// - Parameter nested: we run in a PID namespace of our own, and want its numbers.
        case descriptors(nested: Bool)
    }

    private let name: String
    // libbpf's own structs; freed in deinit only.
    nonisolated(unsafe) private let object: OpaquePointer
    nonisolated(unsafe) private let link: OpaquePointer

    /// Opens the embedded object, fits it to the running kernel (CO-RE) and loads it.
    init(_ kind: Kind) throws(KernelError) {
        libbpf_set_print(nil)
        let probe: Probe
        switch kind {
        case .sockets:
            probe = .sockets
            name = "sockets"
        case .descriptors(let nested):
            probe = .descriptors
            name = nested ? "descriptors_nested" : "descriptors"
        }
        let opened = try Self.open(probe)
        do throws(KernelError) {
            if case .sockets(let states, let ipv4, let ipv6) = kind {
                try Self.choose(opened, states: states, ipv4: ipv4, ipv6: ipv6)
            }
            let program = try Self.only(name, of: opened)
            let code = bpf_object__load(opened)
            guard code == 0 else { throw KernelError(call: "bpf(BPF_PROG_LOAD)", subject: name, code: 0 &- code) }
            guard let attached = bpf_program__attach_iter(program, nil) else {
                throw .system("bpf(BPF_LINK_CREATE)", name)
            }
            link = attached
            object = opened
        } catch {
            bpf_object__close(opened)
            throw error
        }
    }

    deinit {
        bpf_link__destroy(link)
        bpf_object__close(object)
    }

    /// Reads the iterator from its beginning to its end.
    func read(consume: @escaping (UnsafeRawBufferPointer) -> Void) throws(KernelError) {
        let raw = bpf_iter_create(bpf_link__fd(link))
        guard raw >= 0 else { throw .system("bpf(BPF_ITER_CREATE)", name) }
        let file = FileDescriptor(owning: raw)
        // A read hands out at most the iterator's own buffer, eight pages.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try file.read(into: buffer, subject: name)
            if count == 0 { return }
            consume(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    private static func open(_ probe: Probe) throws(KernelError) -> OpaquePointer {
        // The object's name begins the names of its maps: the first eight letters, then `.rodata`.
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

    /// The program of that name; every other one is left out of the load.
    private static func only(_ name: String, of object: OpaquePointer) throws(KernelError) -> OpaquePointer {
        guard let wanted = bpf_object__find_program_by_name(object, name) else {
            throw .system("bpf_object__find_program_by_name", name)
        }
        var program = bpf_object__next_program(object, nil)
        while let one = program {
            bpf_program__set_autoload(one, one == wanted)
            program = bpf_object__next_program(object, one)
        }
        return wanted
    }

    /// Writes the constants of the program (`const volatile`, section .rodata) before it is loaded.
    private static func choose(
        _ object: OpaquePointer, states: StateSet, ipv4: Bool, ipv6: Bool
    ) throws(KernelError) {
        let families = (ipv4 ? 1 << UInt32(AF_INET) : 0) | (ipv6 ? 1 << UInt32(AF_INET6) : 0)
        // wanted_states, wanted_families: the program has no other constants.
        let constants: [UInt32] = [UInt32(states.rawValue), UInt32(families)]
        guard let map = bpf_object__find_map_by_name(object, "sockets.rodata"),
            bpf_map__set_initial_value(map, constants, constants.count * 4) == 0
        else { throw .system("bpf_map__set_initial_value", "sockets.rodata") }
    }
}
