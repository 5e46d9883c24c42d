internal import CLibBPF

extension Probe {
    /// Parses the embedded object; nothing is loaded yet. The caller closes it.
    func open() throws(KernelError) -> OpaquePointer {
        // The object's name begins the names of its maps: the first eight letters, then `.rodata`.
        let opened = words.withUnsafeBytes { bytes in
            name.withCString { name in
                var options = bpf_object_open_opts()
                options.sz = MemoryLayout<bpf_object_open_opts>.size
                options.object_name = name
                return bpf_object__open_mem(bytes.baseAddress, size, &options)
            }
        }
        guard let opened else { throw .system("bpf_object__open_mem", name) }
        return opened
    }
}
