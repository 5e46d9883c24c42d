/// Names that a filter may use and only the host knows. The parser makes no system call: the command gives it this.
package struct NameResolver: Sendable {
    /// The TCP port of a service (`/etc/services`).
    package var service: @Sendable (String) -> UInt16?
    /// Every address of a host name; empty when it has none.
    package var host: @Sendable (String) -> [IPAddress]
    /// The index of an interface in the observer's own network namespace. Elsewhere interfaces are found by the names
    /// in the snapshot.
    package var interface: @Sendable (String) -> UInt32?
    /// The uid of a user name.
    package var user: @Sendable (String) -> UInt32?
    /// The id of a cgroup (v2) by its path: relative to the mount of the hierarchy, as `ss` takes it, or absolute.
    package var cgroup: @Sendable (String) -> UInt64?

    package init(
        service: @escaping @Sendable (String) -> UInt16? = { _ in nil },
        host: @escaping @Sendable (String) -> [IPAddress] = { _ in [] },
        interface: @escaping @Sendable (String) -> UInt32? = { _ in nil },
        user: @escaping @Sendable (String) -> UInt32? = { _ in nil },
        cgroup: @escaping @Sendable (String) -> UInt64? = { _ in nil }
    ) {
        self.service = service
        self.host = host
        self.interface = interface
        self.user = user
        self.cgroup = cgroup
    }

    /// Resolves nothing: numbers only.
    package static let none = NameResolver()
}
