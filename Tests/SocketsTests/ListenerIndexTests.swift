import Sockets
import TCP
import Testing

@Suite("the listener that a connection came through")
struct ListenerIndexTests {
    private static func socket(
        _ state: State, _ address: String, _ port: UInt16 = 443, namespace: UInt16 = 0, isV6Only: Bool = false
    ) -> Connection {
        let local = Endpoint(address: IPAddress(address) ?? IPAddress(v4: 1), port: port)
        return Connection(
            cookie: 1, inode: 1, state: state, local: local, remote: local, namespace: namespace, isV6Only: isV6Only)
    }

    /// Both ways to ask must agree.
    private static func listeners(_ sockets: [Connection], for connection: Connection) -> [Int] {
        let index = ListenerIndex(Snapshot(connections: sockets))
        let found = index.listeners(for: connection)
        #expect(index.listener(for: connection) == found.first)
        return found
    }

    @Test(
        "which of the listeners on a port an address belongs to",
        arguments: [
            (["10.0.0.5"], "10.0.0.5", [0]), (["10.0.0.5"], "10.0.0.6", []), ([], "10.0.0.5", []),
            // The exact address before the wildcard, wherever it stands.
            (["0.0.0.0", "10.0.0.5"], "10.0.0.5", [1]), (["10.0.0.5", "0.0.0.0"], "10.0.0.5", [0]),
            (["0.0.0.0", "10.0.0.5"], "10.0.0.6", [0]),
            (["::", "2001:db8::1"], "2001:db8::1", [1]), (["::", "2001:db8::1"], "2001:db8::2", [0]),
            // IPv4 comes through a dual-stack wildcard, under a mapped address or not.
            (["::"], "::ffff:10.0.0.5", [0]), (["::"], "10.0.0.5", [0]), (["::", "0.0.0.0"], "10.0.0.5", [1]),
            (["::", "::ffff:10.0.0.5"], "::ffff:10.0.0.5", [1]), (["::ffff:10.0.0.5"], "10.0.0.5", [0]),
            // An IPv6 connection never comes through an IPv4 listener.
            (["0.0.0.0"], "2001:db8::1", []),
            // SO_REUSEPORT: the kernel does not tell which.
            (["0.0.0.0", "0.0.0.0", "10.0.0.9", "0.0.0.0"], "10.0.0.5", [0, 1, 3]),
            (["10.0.0.5", "0.0.0.0", "10.0.0.5"], "10.0.0.5", [0, 2]),
        ] as [([String], String, [Int])])
    func addresses(listeners: [String], address: String, expected: [Int]) {
        let sockets = listeners.map { Self.socket(.listen, $0) }
        #expect(Self.listeners(sockets, for: Self.socket(.established, address)) == expected)
    }

    @Test("IPv4 does not come through a wildcard that is IPv6 only")
    func v6Only() {
        let sockets = [Self.socket(.listen, "::", isV6Only: true)]
        #expect(Self.listeners(sockets, for: Self.socket(.closeWait, "10.0.0.5")) == [])
        #expect(Self.listeners(sockets, for: Self.socket(.closeWait, "::ffff:10.0.0.5")) == [])
        #expect(Self.listeners(sockets, for: Self.socket(.closeWait, "2001:db8::1")) == [0])
    }

    @Test("another port, another namespace and what does not listen are no listeners")
    func others() {
        let sockets = [
            Self.socket(.listen, "0.0.0.0", 80), Self.socket(.listen, "0.0.0.0", namespace: 1),
            Self.socket(.established, "10.0.0.5"), Self.socket(.closed, "0.0.0.0"),
        ]
        #expect(Self.listeners(sockets, for: Self.socket(.established, "10.0.0.5")) == [])
        #expect(Self.listeners(sockets, for: Self.socket(.established, "10.0.0.5", namespace: 1)) == [1])
    }
}
