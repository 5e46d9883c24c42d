import Glibc
import Testing

/// A port of its own on the loopback interface.
struct Loopback: ~Copyable {
    let descriptor: Int32
    let address: sockaddr_in
    var port: UInt16 { UInt16(bigEndian: address.sin_port) }

    /// - Parameter listens: without, who connects is refused.
    init(listens: Bool = true) throws {
        let raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        descriptor = raw
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(raw, generic, size) == 0 && (!listens || listen(raw, 8) == 0)
                    && getsockname(raw, generic, &size) == 0
            }
        }
        self.address = address
        try #require(code)
    }

    deinit { close(descriptor) }

    static func connect(_ client: Int32, _ address: sockaddr_in) -> Int32 {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// SO_LINGER 0: its close is a reset.
    static func resetOnClose(_ client: Int32) {
        var choice = linger(l_onoff: 1, l_linger: 0)
        setsockopt(client, SOL_SOCKET, SO_LINGER, &choice, socklen_t(MemoryLayout<linger>.size))
    }

    /// Connects, accepts, and closes the client first. Returns the accepted descriptor's number.
    func roundTrip() throws -> Int32 {
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(Self.connect(client, address) == 0)
        let server = accept(descriptor, nil, nil)
        try #require(server >= 0)
        close(client)
        // The peer's FIN has come when there is nothing more to read.
        var byte: UInt8 = 0
        try #require(recv(server, &byte, 1, 0) == 0)
        close(server)
        return server
    }
}
