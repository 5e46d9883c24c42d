import Kernel
import Sockets
import TCP
import Testing

@Suite struct SocketLookupTests {
    private static let here = IPAddress(v4: 0x7f00_0001)

    @Test func `a connection, its listener, and nothing`() throws {
        let states = try Worker {
            Result {
                let namespace = try MadeNamespace()
                try LinkSocket().setUp("lo")
                let listener = try LabSocket(.ipv4)
                try listener.bind(to: Endpoint(address: Self.here, port: 80))
                try listener.listen(backlog: 5)
                let client = try LabSocket(.ipv4)
                try client.connect(to: Endpoint(address: Self.here, port: 80))
                let local = Endpoint(address: Self.here, port: client.localPort)
                var lookup = try SocketLookup()
                let server = Endpoint(address: Self.here, port: 80)
                let connection = try lookup.socket(local: local, remote: server)
                let other = try lookup.socket(local: server, remote: local)
                let stranger = Endpoint(address: Self.here, port: 9)
                let found = [
                    connection, other, try lookup.socket(local: server, remote: stranger),
                    try lookup.socket(local: stranger, remote: local),
                ]
                _ = namespace.inode
                let ends = connection.map { $0.local == local && $0.remote == server && $0.cookie != 0 }
                return (found.map { $0?.state }, ends)
            }
        }.join().get()
        #expect(states.0 == [.established, .established, .listen, nil])
        #expect(states.1 == true)
    }
}
