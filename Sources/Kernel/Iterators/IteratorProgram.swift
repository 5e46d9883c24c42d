internal import CLibBPF
internal import Glibc
internal import Sockets
internal import Synchronization

/// The two iterators, loaded into the kernel. Everything detaches and goes when the value does; nothing is pinned.
final class IteratorProgram: Sendable {
    enum Iterator: String, Sendable {
        case sockets
        case descriptors
    }

    /// libbpf's object; freed in deinit only.
    nonisolated(unsafe) private let object: OpaquePointer
    nonisolated(unsafe) private let socketsLink: OpaquePointer
    nonisolated(unsafe) private let descriptorsLink: OpaquePointer

    /// Compiles nothing: opens the embedded object, fits it to the running kernel (CO-RE) and loads it. 30 to 70 ms.
    init(states: StateSet, ipv4: Bool, ipv6: Bool) throws(KernelError) {
        libbpf_set_print(nil)
        let probe = Probe.iterators
        // The object's name begins the names of its maps: the first eight letters, then `.rodata`.
        let opened = probe.words.withUnsafeBytes { bytes in
            probe.name.withCString { name in
                var options = bpf_object_open_opts()
                options.sz = MemoryLayout<bpf_object_open_opts>.size
                options.object_name = name
                return bpf_object__open_mem(bytes.baseAddress, probe.size, &options)
            }
        }
        guard let opened else { throw .system("bpf_object__open_mem") }
        do throws(KernelError) {
            try Self.choose(opened, states: states, ipv4: ipv4, ipv6: ipv6)
            let code = bpf_object__load(opened)
            guard code == 0 else { throw KernelError(call: "bpf(BPF_PROG_LOAD)", code: 0 &- code) }
            let sockets = try Self.attach(opened, .sockets)
            do throws(KernelError) {
                descriptorsLink = try Self.attach(opened, .descriptors)
            } catch {
                bpf_link__destroy(sockets)
                throw error
            }
            socketsLink = sockets
            object = opened
        } catch {
            bpf_object__close(opened)
            throw error
        }
    }

    deinit {
        bpf_link__destroy(socketsLink)
        bpf_link__destroy(descriptorsLink)
        bpf_object__close(object)
    }

    /// Reads one iterator to its end. `sockets` lists those of the calling thread's network namespace.
    func read(_ iterator: Iterator, consume: @escaping (UnsafeRawBufferPointer) -> Void) throws(KernelError) {
        let link = iterator == .sockets ? socketsLink : descriptorsLink
        let raw = bpf_iter_create(bpf_link__fd(link))
        guard raw >= 0 else { throw KernelError(call: "bpf(BPF_ITER_CREATE)", subject: iterator.rawValue, code: errno) }
        let file = FileDescriptor(owning: raw)
        // A read hands out at most the iterator's own buffer, eight pages.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try file.read(into: buffer, subject: "iter/\(iterator.rawValue)")
            if count == 0 { return }
            consume(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// Writes the constants of the program (`const volatile`, section .rodata) before it is loaded.
    private static func choose(_ object: OpaquePointer, states: StateSet, ipv4: Bool, ipv6: Bool) throws(KernelError) {
        let families = (ipv4 ? 1 << UInt32(AF_INET) : 0) | (ipv6 ? 1 << UInt32(AF_INET6) : 0)
        // wanted_states, wanted_families: the program has no other constants.
        let constants: [UInt32] = [UInt32(states.rawValue), UInt32(families)]
        guard let map = bpf_object__find_map_by_name(object, "iterator.rodata"),
            bpf_map__set_initial_value(map, constants, constants.count * 4) == 0
        else { throw .system("bpf_map__set_initial_value", "iterator.rodata") }
    }

    private static func attach(_ object: OpaquePointer, _ iterator: Iterator) throws(KernelError) -> OpaquePointer {
        guard let program = bpf_object__find_program_by_name(object, iterator.rawValue),
            let link = bpf_program__attach_iter(program, nil)
        else { throw KernelError(call: "bpf(BPF_LINK_CREATE)", subject: iterator.rawValue, code: errno) }
        return link
    }
}
