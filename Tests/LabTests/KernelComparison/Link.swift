import Kernel
import Sockets
import TCP

/// A network namespace of the calling thread's own with one TUN device: the kernel's TCP on this side, on the other
/// whoever reads and writes its packets. All of it ends with the thread and this object.
final class Link {
    static let listeningPort: UInt16 = 80
    static let peerPort: UInt16 = 8080
    private static let kernel = (address: Address(v4: 0x0a09_0001), shown: IPAddress(v4: 0x0a09_0001))
    private static let peer = (address: Address(v4: 0x0a09_0002), shown: IPAddress(v4: 0x0a09_0002))

    let listener: LabSocket
    private let namespace: MadeNamespace
    private let device: TunDevice
    private var lookup: SocketLookup
    private var port: UInt16 = 1024
    private var buffer = [UInt8](repeating: 0, count: 4096)

    init() throws {
        namespace = try MadeNamespace()
        for (setting, value) in [
            // Each challenge ACK and each answer to what is out of the window is to be seen.
            ("tcp_invalid_ratelimit", "0"), ("tcp_challenge_ack_limit", "2147483647"), ("tcp_syncookies", "0"),
        ] {
            try OwnProcess.set("net/ipv4/\(setting)", to: value)
        }
        device = try TunDevice(named: "lab0")
        let links = try LinkSocket()
        try links.addAddress(Self.kernel.shown, prefix: 24, to: "lab0")
        try links.setUp("lab0")
        lookup = try SocketLookup()
        listener = try LabSocket(.ipv4)
        try listener.bind(to: Endpoint(address: Self.kernel.shown, port: Self.listeningPort))
        try listener.listen(backlog: 4096)
    }

    // MARK: The kernel's end

    func freshPort() -> UInt16 {
        port = port == 60_000 ? 1025 : port + 1
        return port
    }

    func connect(from port: UInt16) throws -> LabSocket {
        let socket = try LabSocket(.ipv4)
        try socket.bind(to: Endpoint(address: Self.kernel.shown, port: port))
        try socket.sendAtOnce()
        try socket.connect(to: Endpoint(address: Self.peer.shown, port: Self.peerPort))
        return socket
    }

    /// `nil`: no connection.
    func state(local: UInt16, remote: UInt16) throws -> State? {
        let found = try lookup.socket(
            local: Endpoint(address: Self.kernel.shown, port: local),
            remote: Endpoint(address: Self.peer.shown, port: remote))
        switch found?.state {
        case nil, .listen, .closed: return nil
        case let state: return state
        }
    }

    // MARK: The peer's end

    func send(_ segment: Segment, from peer: UInt16, to subject: UInt16) throws {
        let packet = Packet(
            endpoints: Endpoints(
                version: .v4, source: Self.peer.address, sourcePort: peer, destination: Self.kernel.address,
                destinationPort: subject), segment: segment)
        let payload = [UInt8](repeating: 0x78, count: segment.payloadCount)
        try buffer.withUnsafeMutableBytes { bytes in
            var span = MutableRawSpan(_unsafeBytes: bytes)
            let count = try packet.encode(into: &span, payload: payload.span.bytes, order: .linux)
            try device.send(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        }
    }

    /// The next segment of this connection; others are dropped. `nil`: none is there.
    func receive(from subject: UInt16, to peer: UInt16) throws -> Segment? {
        var segment: Segment?
        var isThere = true
        while isThere, segment == nil {
            isThere = try device.receive { bytes in
                guard let packet = try? Packet(parsing: bytes), packet.endpoints.sourcePort == subject,
                    packet.endpoints.destinationPort == peer
                else { return }
                segment = packet.segment
            }
        }
        return segment
    }

    /// Ends what the kernel keeps of a connection, whatever its state.
    func forget(_ ports: (subject: UInt16, peer: UInt16), next: SequenceNumber) {
        try? send(Segment(sequence: next, control: .rst), from: ports.peer, to: ports.subject)
        while (try? receive(from: ports.subject, to: ports.peer)) != nil {}
    }
}
