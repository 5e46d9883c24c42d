package import Sockets

/// What the user asks for, beside the filter.
package struct ClearRequest: Sendable {
    /// `nil`: the gentlest that works, connection by connection.
    package var level: Level?
    package var permits: Set<Guard> = []
    /// Milliseconds; what is younger is guarded.
    package var young: UInt32 = 5000
    package var limit: Int?
    /// Who we are.
    package var own = Own()

    /// This process, and the session that it runs in.
    package struct Own: Sendable {
        package var pid: Int32 = 0
        /// The processes that it descends from.
        package var ancestors: Set<Int32> = []
        /// The ends of the ssh connection, seen from this host.
        package var session: (local: Endpoint, remote: Endpoint)?

        package init() {}

        package init(pid: Int32, ancestors: Set<Int32>, sshConnection: String?) {
            self.pid = pid
            self.ancestors = ancestors
            session = sshConnection.flatMap(Self.ends)
        }

        /// SSH_CONNECTION (ssh(1)): client address, client port, server address, server port.
        static func ends(_ text: String) -> (local: Endpoint, remote: Endpoint)? {
            let words = text.split(separator: " ")
            guard words.count == 4, let client = IPAddress(String(words[0])), let clientPort = UInt16(words[1]),
                let server = IPAddress(String(words[2])), let serverPort = UInt16(words[3])
            else { return nil }
            return (Endpoint(address: server, port: serverPort), Endpoint(address: client, port: clientPort))
        }

        /// A dual-stack server speaks IPv4 under a mapped address.
        func isSession(_ connection: Connection) -> Bool {
            guard let session else { return false }
            func same(_ one: Endpoint, _ other: Endpoint) -> Bool {
                one.port == other.port && one.address.unmapped == other.address.unmapped
            }
            return same(connection.local, session.local) && same(connection.remote, session.remote)
        }
    }

    package init(level: Level? = nil) { self.level = level }
}
