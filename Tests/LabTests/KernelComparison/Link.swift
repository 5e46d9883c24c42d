import Glibc
import Kernel
import Sockets
import TCP

/// A network namespace of the calling thread's own with one TUN device: the kernel's TCP on this side, on the other
/// whoever reads and writes its packets. All of it ends with the thread and this object.
final class Link {
    static let listeningPort: UInt16 = 80
    static let peerPort: UInt16 = 8080
    private static let kernelAddress = Address(v4: 0x0a09_0001)
    private static let peerAddress = Address(v4: 0x0a09_0002)

    private let namespace: MadeNamespace
    private let tun: Int32
    private var lookup: SocketLookup
    private var port: UInt16 = 1024
    private var buffer = [UInt8](repeating: 0, count: 4096)
    private var listening: Int32 = -1

    struct Failure: Error, CustomStringConvertible {
        var description: String
        init(_ call: String) { description = "\(call): \(String(cString: strerror(errno)))" }
    }

    init() throws {
        namespace = try MadeNamespace()
        for (setting, value) in [
            // Each challenge ACK and each answer to what is out of window is to be seen.
            ("tcp_invalid_ratelimit", "0"), ("tcp_challenge_ack_limit", "2147483647"), ("tcp_syncookies", "0"),
        ] {
            try OwnProcess.set("net/ipv4/\(setting)", to: value)
        }
        tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK)
        guard tun >= 0 else { throw Failure("open /dev/net/tun") }
        // struct ifreq: a name of 16 bytes, then the flags: IFF_TUN | IFF_NO_PI (linux/if_tun.h). TUNSETIFF.
        var request = [UInt8](repeating: 0, count: 40)
        request.replaceSubrange(0..<4, with: Array("lab0".utf8))
        request.replaceSubrange(16..<18, with: [0x01, 0x10])
        guard ioctl(tun, 0x4004_54ca, &request) == 0 else { throw Failure("ioctl TUNSETIFF") }
        let links = try LinkSocket()
        try links.addAddress(IPAddress(v4: 0x0a09_0001), prefix: 24, to: "lab0")
        try links.setUp("lab0")
        lookup = try SocketLookup()
        listening = try listen()
    }

    deinit {
        close(listening)
        close(tun)
    }

    // MARK: The kernel's end

    var listener: Int32 { listening }

    func freshPort() -> UInt16 {
        port = port == 60_000 ? 1025 : port + 1
        return port
    }

    private static func address(_ address: Address, _ port: UInt16) -> sockaddr_in {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = UInt32(truncatingIfNeeded: address.low).bigEndian
        return name
    }

    private static func with<Result>(
        _ name: sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafePointer(to: name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private func boundSocket(_ port: UInt16) throws -> Int32 {
        let flags = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_INET, flags, 0)
        guard descriptor >= 0 else { throw Failure("socket") }
        Self.set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        guard Self.with(Self.address(Self.kernelAddress, port), { bind(descriptor, $0, $1) }) == 0 else {
            close(descriptor)
            throw Failure("bind to port \(port)")
        }
        return descriptor
    }

    private func listen() throws -> Int32 {
        let descriptor = try boundSocket(Self.listeningPort)
        guard Glibc.listen(descriptor, 4096) == 0 else { throw Failure("listen") }
        return descriptor
    }

    func connect(from port: UInt16) throws -> Int32 {
        let descriptor = try boundSocket(port)
        Self.sendAtOnce(descriptor)
        let code = Self.with(Self.address(Self.peerAddress, Self.peerPort)) { Glibc.connect(descriptor, $0, $1) }
        guard code == 0 || errno == EINPROGRESS else { throw Failure("connect") }
        return descriptor
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    static func sendAtOnce(_ descriptor: Int32) { set(descriptor, Int32(IPPROTO_TCP), 1, 1) }  // TCP_NODELAY

    static func acknowledgeAtOnce(_ descriptor: Int32) { set(descriptor, Int32(IPPROTO_TCP), 12, 1) }  // TCP_QUICKACK

    static func reset(_ descriptor: Int32) {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        close(descriptor)
    }

    /// - Returns: false when the kernel refused it.
    static func make(_ call: Step.Call, on descriptor: Int32, read: inout Int) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 4096)
        switch call {
        case .send:
            return Glibc.send(descriptor, bytes, Peer.dataCount, Int32(MSG_NOSIGNAL)) == Peer.dataCount
        case .receive:
            let count = recv(descriptor, &bytes, bytes.count, 0)
            read = max(0, count)
            return count >= 0 || errno == EAGAIN
        case .shutdown:
            return Glibc.shutdown(descriptor, Int32(SHUT_WR)) == 0
        case .close:
            return close(descriptor) == 0
        case .abort:
            reset(descriptor)
            return true
        }
    }

    /// `nil`: no connection.
    func state(local: UInt16, remote: UInt16) throws -> State? {
        let found = try lookup.socket(
            local: Endpoint(address: IPAddress(v4: 0x0a09_0001), port: local),
            remote: Endpoint(address: IPAddress(v4: 0x0a09_0002), port: remote))
        switch found?.state {
        case nil, .listen, .closed: return nil
        case let state: return state
        }
    }

    // MARK: The peer's end

    func send(_ segment: Segment, from peer: UInt16, to subject: UInt16) throws {
        let packet = Packet(
            endpoints: Endpoints(
                version: .v4, source: Self.peerAddress, sourcePort: peer, destination: Self.kernelAddress,
                destinationPort: subject), segment: segment)
        let payload = [UInt8](repeating: 0x78, count: segment.payloadCount)
        let count = try buffer.withUnsafeMutableBytes { bytes in
            var span = MutableRawSpan(_unsafeBytes: bytes)
            return try packet.encode(into: &span, payload: payload.span.bytes, order: .linux)
        }
        guard write(tun, buffer, count) == count else { throw Failure("write to the TUN device") }
    }

    /// The next segment of this connection; others are dropped. `nil`: none is there.
    func receive(from subject: UInt16, to peer: UInt16) throws -> Segment? {
        while true {
            let count = read(tun, &buffer, buffer.count)
            if count < 0, errno == EAGAIN { return nil }
            guard count > 0 else { throw Failure("read from the TUN device") }
            guard let packet = try? Packet(parsing: buffer.span.bytes.extracting(0..<count)),
                packet.endpoints.sourcePort == subject, packet.endpoints.destinationPort == peer
            else { continue }
            return packet.segment
        }
    }

    /// Ends what the kernel keeps of a connection, whatever its state.
    func forget(_ ports: (subject: UInt16, peer: UInt16), next: SequenceNumber) {
        try? send(Segment(sequence: next, control: .rst), from: ports.peer, to: ports.subject)
        while (try? receive(from: ports.subject, to: ports.peer)) != nil {}
    }
}
