internal import Glibc
package import Sockets

/// Runs something inside a network namespace.
package enum NamespaceThread {
    /// - Returns: what `body` returns. It runs on a thread of its own where the namespace is another's.
    package static func run<Value: Sendable>(
        in namespace: NetworkNamespace, _ body: @escaping @Sendable () -> Value
    ) throws(KernelError) -> Value {
        let inputs = Inputs(mode: .live)
        let host = try inputs.host()
        if namespace.inode == host.namespace { return body() }
        let pids = (try? inputs.entries("/proc"))?.compactMap { Int32($0) } ?? []
        let found = NamespaceFinder(inputs: inputs, own: host.namespace).all(pids)
        guard let place = found.namespaces.firstIndex(where: { $0.inode == namespace.inode }) else {
            throw KernelError(call: "setns", subject: "net:[\(namespace.inode)]", code: ENOENT)
        }
        var other = found.namespaces[place]
        other.isOwn = false
        return try inputs.inside(other, paths: found.paths[place]) { _ in body() }
    }
}
