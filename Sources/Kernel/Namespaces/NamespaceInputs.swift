internal import CLinux
internal import Glibc
internal import Sockets

/// The inputs that belong to one network namespace. Used on a thread that is inside it.
struct NamespaceInputs {
    let inputs: Inputs
    let inode: UInt32

    private var key: String { "netns/\(inode)" }

    /// A file under /proc/sys/net or /proc/net, as this namespace has it. /proc/net is the process's first thread's:
    /// a thread that moved has its own under thread-self.
    func file(_ path: String) throws(KernelError) -> [UInt8] {
        let own = path.hasPrefix("/proc/net/") ? "/proc/thread-self/net/" + path.dropFirst(10) : path
        return try inputs.bytes(key + path) { () throws(KernelError) in try readFile(own) }
    }

    func dump(
        _ request: SockDiagRequest, consume: @escaping (UnsafeRawBufferPointer) -> Void
    ) throws(KernelError) {
        try inputs.stream(
            "\(key)/\(request.key)",
            live: { (consume) throws(KernelError) in
                var socket = try SockDiagSocket()
                try socket.dump(request, consume: consume)
            }, consume: consume)
    }

    /// - Parameters:
    ///   - again: a second walk of the same look: an input of its own.
    ///   - room: where the iterator's reads may write, see `IteratorProgram.read`.
    func iterate(
        _ program: IteratorProgram?, again: Bool = false, into room: (() -> UnsafeMutableRawBufferPointer)? = nil,
        consume: @escaping (UnsafeRawBufferPointer) -> Void
    ) throws(KernelError) {
        try inputs.stream(
            "\(key)/iter.tcp\(again ? ".again" : "")",
            live: { (consume) throws(KernelError) in
                try program?.read(into: room, consume: consume)
            }, consume: consume)
    }

    /// Whether MPTCP's own sockets have to be listed, which means to go through the kernel's whole table of their tokens, of
    /// all namespaces. A listener of MPTCP has a TCP socket that carries it. A connection can outlive its subflows: one that
    /// has a token was counted when it began (`mptcp_connect`, `subflow_check_req` in net/mptcp), and the counters are the
    /// namespace's. What was decided is an input; a recording of before has the list.
    /// - Parameter isCarried: a TCP socket carries MPTCP, or may.
    func mayHaveMPTCP(isCarried: Bool) -> Bool {
        let decided = try? inputs.bytes("\(key)/mptcp") { () throws(KernelError) in
            if isCarried { return Array("used".utf8) }
            let counters = ProcText(try readFile("/proc/thread-self/net/netstat"))
            return Array((CounterReader.isUnusedMPTCP(counters) ? "unused" : "used").utf8)
        }
        return decided.map { String(decoding: $0, as: UTF8.self) } != "unused"
    }

    /// if_indextoname(3)
    func interfaceName(_ index: UInt32) -> String? {
        let bytes = try? inputs.bytes("\(key)/interface.\(index)") { () throws(KernelError) in
            var name = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
            guard if_indextoname(index, &name) != nil else { throw .system("if_indextoname", "\(index)") }
            return name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
        }
        return bytes.map { String(decoding: $0, as: UTF8.self) }
    }
}

extension Inputs {
    /// Runs `body` on a thread inside the namespace: on the calling one where that is it already, or nothing is entered
    /// because a recording is read.
    /// - Parameter paths: ways to enter it; the first that still leads there is taken.
    func inside<Value: Sendable>(
        _ namespace: NetworkNamespace, paths: [String], body: @escaping @Sendable (NamespaceInputs) -> Value
    ) throws(KernelError) -> Value {
        let here = NamespaceInputs(inputs: self, inode: namespace.inode)
        if isReplay || namespace.isOwn { return body(here) }
        let file = try Self.open(namespace, paths)
        let raw = file.raw
        return try Worker<Result<Value, KernelError>> {
            let code = linger_enter_network_namespace(raw)
            guard code == 0 else {
                return .failure(KernelError(call: "setns", subject: "net:[\(here.inode)]", code: 0 &- code))
            }
            return .success(body(here))
        }.join().get()
    }

    private static func open(_ namespace: NetworkNamespace, _ paths: [String]) throws(KernelError) -> FileDescriptor {
        var failure = KernelError(call: "setns", subject: "net:[\(namespace.inode)]", code: ENOENT)
        for path in paths {
            do throws(KernelError) {
                let file = try FileDescriptor(opening: path)
                // The process that lent its path may have ended and its number be another's.
                var status = stat()
                if fstat(file.raw, &status) == 0, status.st_ino == UInt64(namespace.inode) { return file }
            } catch {
                failure = error
            }
        }
        throw failure
    }
}
