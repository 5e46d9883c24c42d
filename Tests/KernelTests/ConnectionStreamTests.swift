import Glibc
import Sockets
import TCP
import Testing

@testable import Kernel

/// On the real kernel, with a connection over loopback of this process to itself.
@Suite struct ConnectionStreamTests {
    private func events(_ stream: ConnectionStream) throws -> (transitions: [Transition], openings: [Opening]) {
        var seen: (transitions: [Transition], openings: [Opening]) = ([], [])
        try stream.read(all: true) { event in
            switch event {
            case .transition(let one): seen.transitions.append(one)
            case .opening(let one): seen.openings.append(one)
            case .course: Issue.record("courses were not asked for")
            }
        }
        return seen
    }

    @Test("ports and states that are not wanted are left out by the kernel, and not counted")
    func choice() throws {
        let listener = try Loopback()
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
        let listener = try Loopback()
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
        let listener = try Loopback()
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
