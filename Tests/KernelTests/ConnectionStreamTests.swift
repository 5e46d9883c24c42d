import Glibc
import Sockets
import TCP
import Testing

@testable import Kernel

/// On the real kernel, with a connection over loopback of this process to itself.
@Suite struct ConnectionStreamTests {
    /// A listener on a port of its own.
    private struct Listener: ~Copyable {
        let descriptor: Int32
        let port: UInt16

        init() throws {
            let raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            descriptor = raw
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let code = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                    bind(raw, generic, size) == 0 && listen(raw, 8) == 0
                        && getsockname(raw, generic, &size) == 0
                }
            }
            port = UInt16(bigEndian: address.sin_port)
            try #require(code)
        }

        deinit { close(descriptor) }

        /// Connects, accepts, and closes the client first. Returns the accepted descriptor's number.
        func roundTrip() throws -> Int32 {
            let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            address.sin_port = port.bigEndian
            let connected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            try #require(connected == 0)
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

    private func events(_ stream: ConnectionStream) throws -> (transitions: [Transition], openings: [Opening]) {
        var seen: (transitions: [Transition], openings: [Opening]) = ([], [])
        try stream.read { event in
            switch event {
            case .transition(let one): seen.transitions.append(one)
            case .opening(let one): seen.openings.append(one)
            }
        }
        return seen
    }

    @Test("ports and states that are not wanted are left out by the kernel, and not counted")
    func choice() throws {
        let listener = try Listener()
        var options = StreamOptions()
        options.bounds.localPorts = listener.port...listener.port
        options.states = .init(.closeWait)
        options.bufferSize = 1 << 16
        let stream = try ConnectionStream(options)
        let descriptor = try listener.roundTrip()
        let seen = try events(stream)
        #expect(seen.transitions.map(\.old) == [.established, .closeWait])
        #expect(seen.transitions.map(\.new) == [.closeWait, .lastAck])
        #expect(seen.transitions.allSatisfy { $0.local.port == listener.port && $0.cookie != 0 })
        // Who accepted it, under the same cookie. The client connects from a port that is not chosen yet.
        let accepted = seen.openings.filter { $0.way == .accept }
        #expect(accepted.map(\.cookie) == seen.transitions.prefix(1).map(\.cookie))
        #expect(accepted.map(\.descriptor) == [descriptor])
        #expect(accepted.map(\.process.pid) == [getpid()])
        let counts = try stream.counts()
        #expect(counts.transitions == 2 && counts.isComplete)
    }

    @Test("a namespace that is not wanted is not told of")
    func namespace() throws {
        let listener = try Listener()
        var options = StreamOptions()
        options.bounds.localPorts = listener.port...listener.port
        // No namespace has this one.
        options.namespace = 1
        options.bufferSize = 1 << 16
        let stream = try ConnectionStream(options)
        _ = try listener.roundTrip()
        let seen = try events(stream)
        #expect(seen.transitions.isEmpty && seen.openings.isEmpty)
        #expect(try stream.counts() == StreamCounts())
    }

    @Test("stacks are read where they are asked for, and lead to the C library", arguments: [true, false])
    func stacks(wanted: Bool) throws {
        let listener = try Listener()
        var options = StreamOptions()
        options.bounds.localPorts = listener.port...listener.port
        options.stacks = wanted
        options.bufferSize = 1 << 16
        let stream = try ConnectionStream(options)
        _ = try listener.roundTrip()
        let opening = try #require(try events(stream).openings.first { $0.way == .accept })
        #expect(opening.frames.isEmpty != wanted)
        guard wanted else { return }
        let frames = Symbolizer().describe(opening.frames, of: opening.process)
        #expect(frames.first?.module?.contains("libc") == true)
        // The C library's function has no frame pointer: its caller is found all the same.
        let caller = frames.first { $0.module?.contains("libc") != true }
        #expect(caller?.symbol?.contains("roundTrip") == true, "\(frames.map(\.text))")
    }

    @Test("a tracepoint has its number though no tracefs is mounted")
    func tracepoint() throws {
        #expect(try TracepointIdentity.number(of: "syscalls/sys_exit_accept4") > 0)
        #expect(throws: KernelError.self) { try TracepointIdentity.number(of: "syscalls/no_such") }
    }
}
