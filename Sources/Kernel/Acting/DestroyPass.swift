internal import CLibBPF
internal import CLinux
internal import Glibc
package import Sockets

/// Destroys many sockets in one walk over the kernel's table (`Probes/destroy.bpf.c`).
///
/// The state is checked under the socket's lock, in the same moment. TIME_WAIT and half-open requests have no such lock
/// and are not met: `SocketDestroyer` takes those.
package final class DestroyPass: Sendable {
    package enum Outcome: Sendable, Hashable {
        /// It is gone, or is a small socket now.
        case notMet
        case destroyed
        /// The kernel's number of the state that it is in now.
        case otherState(UInt8)
        /// errno
        case refused(Int32)
    }

    // libbpf's own structs; freed in deinit only.
    nonisolated(unsafe) private let object: OpaquePointer
    nonisolated(unsafe) private let link: OpaquePointer
    private let map: Int32

    /// Loads the program.
    /// - Parameter orders: cookies, and the states in which each may be destroyed.
    /// - Throws: where eBPF is refused, or the kernel has no bpf_sock_destroy (before Linux 6.5).
    package init(_ orders: [(cookie: UInt64, states: StateSet)]) throws(KernelError) {
        libbpf_set_print(nil)
        let probe = Probe.destroy
        let opened = probe.words.withUnsafeBytes { bytes in
            probe.name.withCString { name in
                var options = bpf_object_open_opts()
                options.sz = MemoryLayout<bpf_object_open_opts>.size
                options.object_name = name
                return bpf_object__open_mem(bytes.baseAddress, probe.size, &options)
            }
        }
        guard let opened else { throw .system("bpf_object__open_mem", probe.name) }
        do throws(KernelError) {
            guard let condemned = bpf_object__find_map_by_name(opened, "condemned"),
                let program = bpf_object__find_program_by_name(opened, "destroy"),
                bpf_map__set_max_entries(condemned, UInt32(max(1, orders.count))) == 0
            else { throw .system("bpf_object__find_map_by_name", probe.name) }
            let code = bpf_object__load(opened)
            guard code == 0 else { throw KernelError(call: "bpf(BPF_PROG_LOAD)", subject: "destroy", code: 0 &- code) }
            map = bpf_map__fd(condemned)
            for order in orders {
                var key = order.cookie
                var value = linger_destroy()
                value.states = UInt32(order.states.rawValue)
                guard bpf_map_update_elem(map, &key, &value, 0) == 0 else {
                    throw .system("bpf(BPF_MAP_UPDATE_ELEM)", "destroy")
                }
            }
            guard let attached = bpf_program__attach_iter(program, nil) else {
                throw .system("bpf(BPF_LINK_CREATE)", "destroy")
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

    /// Walks the network namespace of the calling thread. What was destroyed before is not looked at again.
    package func run() throws(KernelError) {
        let raw = bpf_iter_create(bpf_link__fd(link))
        guard raw >= 0 else { throw .system("bpf(BPF_ITER_CREATE)", "destroy") }
        let file = FileDescriptor(owning: raw)
        var byte: UInt8 = 0
        // It writes nothing: a read returns at the end, or with EAGAIN after a million sockets.
        while true {
            let count = Glibc.read(file.raw, &byte, 1)
            if count >= 0 { return }
            guard errno == EINTR || errno == EAGAIN else { throw .system("read", "destroy") }
        }
    }

    package func outcome(of cookie: UInt64) -> Outcome {
        var key = cookie
        var value = linger_destroy()
        guard bpf_map_lookup_elem(map, &key, &value) == 0 else { return .notMet }
        return switch UInt32(value.outcome) {
        case LINGER_DESTROYED.rawValue: .destroyed
        case LINGER_OTHER_STATE.rawValue: .otherState(value.seen)
        case LINGER_REFUSED.rawValue: .refused(0 &- value.code)
        default: .notMet
        }
    }
}
